// Package plugin adds the input chronicle_detection_alerts to Benthos and
// Redpanda Connect. Importing it registers the input; everything else is
// configuration:
//
//	import _ "github.com/chronicle-connect/chronicle-connect/plugin"
//
// The input holds the stream of detection alerts that Google Chronicle (Google
// SecOps) serves, and makes each detection a message. Registered with it are the
// processors chronicle_filter, which drops detections that nobody wants,
// chronicle_version, which numbers the versions of a detection, and chronicle_ocsf,
// chronicle_ecs and chronicle_format, which turn one into an OCSF Detection Finding or an
// ECS document; the outputs chronicle_file, which appends lines to a file, and
// chronicle_refused, which keeps what a destination won't take; and methods of Bloblang:
// chronicle_summary, which returns the view of a detection that people need, those that
// read severities and types alike everywhere, and those that the templates of the two
// formats are written with.
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
//
// # What a host program sees
//
// Beside the configuration there is [Failure], which says why an input gave up,
// and [Diagnosis], an error that says what a person can do about it. [Refused] and
// [RefusedFile] are for hosts that send what chronicle_refused has kept. Package
// chronicletest is a stand-in for Chronicle, to test pipelines with. How the input
// is built inside is in docs/architecture.md.
package plugin
