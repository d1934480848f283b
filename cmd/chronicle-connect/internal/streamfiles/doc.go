// Package streamfiles lets pipelines run as streams of one process as they are.
//
// Benthos takes a file of a stream to be an input, a pipeline and an output; what
// streams share, such as resources, the HTTP server and metrics, it takes from other
// files. A pipeline that runs by itself has all of that in one file. A Split makes of
// such files what Benthos wants: copies without what is shared, line by line, and one
// file of each kind of what is shared. It must not know what a component is.
package streamfiles
