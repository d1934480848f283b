package chronicletest

import "time"

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

// plainHeartbeat is the heartbeat that tells no position.
var plainHeartbeat = element{body: []byte(`{"heartbeat": true}`)}

// layout is where a detection batch has its position.
type layout int

const (
	positionFirst layout = iota // beside the detections, before them
	positionLast                // beside the detections, after them
	positionAhead               // in a heartbeat, and the detections in the next element
)

// render makes a part of the history, whose position that is, into elements.
func (l layout) render(p part, position string) []element {
	switch {
	case p.raw != nil:
		return []element{{body: p.raw}}
	case l == positionAhead:
		ahead := element{head: []byte(`{"heartbeat": true, ` + position + "}")}
		if p.detections == nil {
			return []element{ahead}
		}
		return []element{ahead, {head: []byte(`{"detections": [`), body: p.detections, tail: []byte("]}")}}
	case p.detections == nil:
		return []element{{head: []byte("{" + position + "}")}}
	case l == positionLast:
		return []element{{head: []byte(`{"detections": [`), body: p.detections, tail: []byte("], " + position + "}")}}
	}
	return []element{{head: []byte("{" + position + `, "detections": [`), body: p.detections, tail: []byte("]}")}}
}

// timestampLayout prints times as Google does: UTC, with microseconds.
const timestampLayout = "2006-01-02T15:04:05.000000Z"

// stampMember is a member of an element that holds a time.
func stampMember(name string, at time.Time) string {
	return `"` + name + `": "` + at.UTC().Format(timestampLayout) + `"`
}
