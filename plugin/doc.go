// Package plugin adds the input chronicle_detection_alerts to Benthos and
// Redpanda Connect. Importing it registers the input; everything else is
// configuration:
//
//	import _ "github.com/chronicle-connect/chronicle-connect/plugin"
//
// The input holds the stream of detection alerts that Google Chronicle (Google
// SecOps) serves, and makes each detection a message.
//
// # A detection's way
//
// A [connection] signs in, asks for the stream from a position, reads it ahead
// (prefetch.go) and decodes it in a goroutine of its own (package
// internal/stream). ReadBatch takes the pieces, reads the detections' fields,
// drops what the pipeline has had before (digest.go, replay.go),
// registers the rest with the tracker and returns it as a message batch. When
// Benthos acknowledges the batch the tracker releases it. The keeper stores the
// newest position that has nothing unacknowledged before it.
//
// When a connection ends, classify.go judges why, fail.go decides what follows,
// retry.go says when the next one may be opened, and the cursor knows where it
// resumes: behind the last complete element that was read, since everything
// before that is tracked. diagnosis.go and its neighbours say what a person can
// do about it; outage.go and progress.go tell the log how it went on.
//
// Benthos gets the input in two wrappers: one that hands out again what the
// pipeline rejected (redeliver.go), and one that ends the reading when the
// pipeline begins to stop (stop.go).
//
// # What is promised
//
// Every detection that the server sends is delivered at least once, across
// crashes of the process, as long as the checkpoint cache keeps what was
// stored in it. Within a process, no detection reaches the pipeline twice
// because of a reconnection, as far back as dedupe_window reaches; what the
// pipeline rejects comes again, and its neighbours may come along. Batches are
// read in the order sent; what the pipeline does with that order is its own.
//
// After a crash, detections that were delivered and not yet covered by a
// stored position are delivered again.
package plugin
