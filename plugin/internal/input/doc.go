// Package input is the Benthos input itself: connect, read, acknowledge, redeliver,
// stop, and what follows from the end of a connection.
//
// An input is made by [New] and lives until Benthos closes it. Connect opens a
// connection where reading is (connect.go, cursor.go); ReadBatch takes pieces of
// the stream (read.go), drops what the pipeline has had before and makes messages
// of the rest (digest.go, message.go), registers them with the tracker and hands
// them on with what releases them (ack.go). When a connection ends, classify.go
// judges why, fail.go decides what follows, and retry.go says when the next one
// may be opened.
//
// Benthos gets it in two wrappers: one that hands out again what the pipeline
// rejected (redeliver.go), and one that ends the reading when the pipeline begins
// to stop (stop.go). Beside the reading run the position's keeper, which reports
// to storing.go, and the gauges.
//
// It must not know how a stream is asked for or decoded, where a position is safe,
// nor the names of fields: settings and advice have those.
package input
