// Package configfiles knows which files a command line has Benthos read. It must
// not know what is in them.
package configfiles
