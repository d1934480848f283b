// Package refused keeps the messages that a destination won't ever take, each with
// the reason; the output chronicle_refused hands them to it. A [Record] is what is
// known of one, a [File] what they are appended to.
//
// A message that is kept here counts as delivered, so the position moves on: what is in
// the file has to be there for good, which package linefile sees to.
//
// It must not know Benthos, nor which destination that was and why it refused: who
// writes a record says that.
package refused
