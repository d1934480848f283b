// Package simulate is the subcommand simulate: the stand-in for Chronicle as a
// server, for people to try pipelines against. It must not know the input, nor
// what a pipeline does with what it gets.
//
// A simulation lives from its flags to the end of serving: it fills the history,
// tells how to get there, and then appends new detections and scripts the faults of
// the connections to come, until it is interrupted or its time is up.
package simulate
