// Package delivery decides how messages reach a destination that answers each request:
// what is sent next and when, and which messages are dead letters. A [Machine] is that
// decision. It is handed messages, answers and the time, and does no I/O.
//
// # The rules
//
//   - Messages are sent in the order added, one request at a time.
//   - A delivered message is done. A rejected one is a dead letter. Any other answer is
//     followed by a retry, after a backoff that concerns the destination as a whole.
//   - After maxRejections rejections in a row without a delivery, a setting is more
//     likely wrong than every message. Rejected messages then wait, and the next in the
//     queue is tried, one request per backoff.
//   - A message that has been refused for Options.DeadLetterAfter waits too as soon as
//     another is behind it, so that it doesn't hold up the queue.
//   - A delivery releases what waits: it is sent at once, ahead of the queue, and is a
//     dead letter if it is refused again.
//   - An answer that shows the destination to be down never leads to a dead letter, and
//     ends a release: the delivery before it no longer says that the destination works.
//   - A request of several messages is halved until the message at fault is alone.
//
// # Invariants
//
//   - A message has exactly one outcome, or is still held, or was withdrawn.
//   - Apart from the first maxRejections rejections in a row, a message becomes a dead
//     letter only in the same answer as a delivery, or after one with no failure between.
//   - Between two requests lies a backoff, unless the first had an outcome, was halved or
//     gave way to a message that had never failed.
package delivery
