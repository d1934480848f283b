// Package rpcplugin is the input as an RPC plugin of Redpanda Connect: a program
// that a host starts, configures and reads from over gRPC.
//
// A [Command] without flags serves one host until that closes it, stops it or dies,
// behind a process that does nothing but notice if this one is killed (guard.go). The
// service (service.go) answers the protocol's five calls. Init takes the host's
// values apart (config.go) and builds the input in a Benthos of its own
// (reader.go), which lints, reconnects, redelivers and stores positions as it does
// everywhere. Connect starts the reading. A reader hands one answer after another
// to whoever calls ReadBatch; the outbox (outbox.go) cuts batches to what an answer
// may hold, and releases them by the acknowledgements that come back. What is too
// large for any answer goes to a file (oversized.go).
//
// What the input logs goes to the host line by line (log.go), and errors also as
// what ReadBatch answers, which is the only thing that a host logs as an error.
//
// Two things hold everything together. A batch is acknowledged by an Ack that names
// it and carries no error, and by nothing else: not by the end of the process, of
// the host or of a call. And ids of batches are never the same in two processes,
// since a host goes on acknowledging what it had from a plugin that has died.
//
// It must not know how the input works, nor what is linked.
package rpcplugin
