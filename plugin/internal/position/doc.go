// Package position knows where the stream may be resumed: what is in flight,
// which position is safe to store, where it is stored, and what was handed on
// before.
//
// A [Position] is a plain value. The [Tracker] is told of every position that is
// read together with the messages before it, and of every acknowledgement; it
// knows the newest position with nothing unacknowledged before it, which is the
// only one that may be stored. The [Keeper] is the one writer: it puts that
// position into the [Store], together, never a message at a time, and once more
// when it is closed. [Replays] recognise what the server sends again behind a
// position. A [Claim] keeps two inputs of a process from sharing one, and the lock of a
// [Directory] two processes.
//
// All of them outlive connections: an acknowledgement of what an earlier
// connection brought counts for what it acknowledges, and never moves a later
// position backwards.
//
// It must not know where positions come from, nor Benthos: the cache behind a
// store, and who is told what becomes of it, are interfaces of its own.
package position
