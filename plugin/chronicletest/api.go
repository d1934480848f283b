package chronicletest

import "time"

// api is what one of Google's streaming APIs has of its own. Everything else,
// from the history to the faults, is common to all of them.
type api interface {
	// serves tells whether path is that of the API's stream.
	serves(path string) bool
	// scope is the OAuth scope that the API wants.
	scope() string
	// read checks a request's fields.
	read(fields payload, w window) (start, *Refusal)
	// element renders a part of the history.
	element(p part) element
}

// window is the span of positions that can be resumed from.
type window struct {
	oldest, newest time.Time
	retention      time.Duration
}

// start is where and how a stream begins.
type start struct {
	resume bool      // whether at counts; otherwise the stream begins now
	at     time.Time // resume after this position
	batch  int       // most detections in one batch; 0 if the request names none
}

// element is one element of a stream as it goes over the wire: head and tail
// are the API's, and the body is the history's own bytes.
type element struct {
	head, body, tail []byte
}

// size is the element's length in bytes.
func (e element) size() int { return len(e.head) + len(e.body) + len(e.tail) }

// first is the element's first n bytes, piece by piece.
func (e element) first(n int) element {
	e.head = e.head[:min(n, len(e.head))]
	n -= len(e.head)
	e.body = e.body[:min(n, len(e.body))]
	n -= len(e.body)
	e.tail = e.tail[:min(n, len(e.tail))]
	return e
}
