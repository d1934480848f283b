// Package rig runs the input inside a real Benthos against the stand-in, for tests
// inside a synctest bubble.
//
// A [Rig] is what outlives a process: the server, the network, the cache. A
// [Process] is one run of the input, read by the test in the place of a pipeline;
// what it logs, counts and traces is there to be asked.
//
// It is for tests alone. What only one test needs is in that test.
package rig
