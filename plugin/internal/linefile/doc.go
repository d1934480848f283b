// Package linefile appends lines to files, each of them whole or not at all. A [File]
// is what the output chronicle_file writes to, and what package refused keeps its
// records in.
//
// What goes wrong in production, and what this package does about it:
//
//   - The disk is full, and a write stops in the middle of a line: the file is cut back
//     to what it was before the append, so the next line does not continue a part of
//     another one.
//   - The process is killed, or the machine loses power: the next append removes the
//     part of a line that was left behind. Lines are on the disk (fsync) when an append
//     returns without an error, so a part of a line was never acknowledged.
//   - Somebody renames or removes the file: each append opens it by its name, and writes
//     its lines again where the name led to another file by the time they were written.
//   - Another process appends to the same file: each append holds a lock (flock).
//   - Somebody who can write to the folder puts a symbolic link where the file is to be:
//     the link is refused.
//
// It knows neither Benthos nor what a line says. It does not retry: that is up to the
// caller, who knows when to stop.
package linefile
