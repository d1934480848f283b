// Package journal knows when something is worth a line in the log, and words it:
// an outage and its end, how a backlog is caught up with, messages that stay in
// flight for too long, warnings that may come as often as there are elements.
//
// Each type follows one thing, is told what happens together with the time, and
// says what there is to say. None has a clock, and only a [Sample] writes, to a
// [Log] that it is given.
//
// It must not know why things happen, nor Benthos.
package journal
