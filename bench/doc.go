// Command bench measures how fast detections get through chronicle-connect, and
// in how much memory, beside two other readers of the same bytes from the same
// server in the same run:
//
//   - drain: curl, which throws the bytes away. Nothing reads faster.
//   - stock: Benthos' own http_client input with its line scanner and stock
//     processors, which is what one would do without the plugin. It keeps no
//     position, drops no repeats, reads no metadata, and doesn't hand the bytes
//     on as they were received.
//   - alike: the same with the metadata and the repeats, as far as stock
//     processors get.
//   - ours: the input chronicle_detection_alerts.
//
// Each measurement is a process of its own against a server in this process,
// over loopback. The server has the whole backlog in memory, so that what is
// measured is the reader.
//
// The pipelines of config/ are measured as they are, each to a stand-in of its
// destination that takes everything.
//
// What the files hold:
//
//	backlog.go    the bytes: detection batches of a size and number
//	server.go     serves them, over HTTP/1.1, TLS or HTTP/2
//	contender.go  the readers
//	process.go    runs one, and asks the kernel what it took
//	measure.go    one measurement, repeated
//	steps.go      what each step of the input takes, by the plugin's benchmark
//	pipelines.go  the pipelines of config/, to stand-ins for their destinations
//	destination.go  what they deliver to
//	suite.go      what is measured
//	table.go, plot.go  what a person gets to see
//	guard.go      what CI refuses
package main
