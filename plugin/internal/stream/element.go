package stream

import (
	"bytes"
	"fmt"
	"strings"
)

// A Kind is what a whole element turned out to be.
type Kind uint8

const (
	// Unknown is an element with keys, none of which is known, or with a position
	// beside an unknown list instead of detections.
	Unknown Kind = iota
	// Empty is {}, or nothing but nulls, which is how a message with nothing in
	// it is written.
	Empty
	// Heartbeat is what the server sends every 15 s or so to show that the
	// connection is alive. It may carry a place to resume from.
	Heartbeat
	// Batch carries detections, a place to resume from, or both.
	Batch
	// Failure carries the server's error, after which it ends the connection.
	Failure
)

// A Piece is a whole element, or a part of a detection batch that is larger
// than the limits of the decoder.
type Piece struct {
	// Detections are in the order received, their fields not read yet. They are
	// all of the element's where the element was not cut into pieces.
	Detections []Detection
	// Complete says that the element's closing brace is in: this is its last
	// piece, and all that follows is known. Before, Position tells only what
	// came ahead of the detections.
	Complete bool
	// Kind is what the element is.
	Kind Kind
	// Position is where the stream can be resumed after this element. It is
	// not to be used where Kind is Failure.
	Position Position
	// Truncated says that an answer lacks detections that are too many for it.
	Truncated bool
	// Err is the server's error where Kind is Failure.
	Err *ServerError
	// Keys are the element's unknown keys, the first few of them, where Kind is
	// Unknown, and where it has no detections but a list of another name, which its
	// position may stand behind. That is not to be used then.
	Keys []string
	// Offset is the number of bytes of the stream before the element.
	Offset int64
}

// A Position is what an element says about resuming after it; what it does not
// say is empty. Backstory sends continuation times; the Chronicle API sends a
// page token while a window has more, a page start time once it has not.
type Position struct {
	ContinuationTime  string
	NextPageToken     string
	NextPageStartTime string
}

// A ServerError is an error that came as an element of the stream:
// {"error": {"code": 503, "status": "UNAVAILABLE", "message": "…"}} in Google's
// documentation, a plain string in some clients' recordings.
type ServerError struct {
	// Status is the canonical code, such as UNAVAILABLE; empty if none came.
	Status string
	// Code is the HTTP status that the error stands for; "" if none came.
	Code string
	// Message is the server's own words, or the whole value where it has
	// another shape.
	Message string
	// Value is the value as it was sent, details included.
	Value []byte
}

func (e *ServerError) Error() string {
	words := []string{"the server sent an error"}
	if e.Code != "" {
		words = append(words, e.Code)
	}
	if e.Status != "" {
		words = append(words, e.Status)
	}
	return strings.Join(words, " ") + ": " + e.Message
}

// messageLimit is how much of a server's message is kept.
const messageLimit = 1000

func newServerError(value []byte) *ServerError {
	e := ServerError{Value: bytes.Clone(value)}
	if message, isString := text(value); isString {
		e.Message = message
	}
	eachMember(value, func(key string, v []byte) {
		switch key {
		case "status":
			e.Status, _ = text(v)
		case "message":
			e.Message, _ = text(v)
		case "code":
			e.Code = string(v)
		}
	})
	if e.Message == "" {
		e.Message = string(value)
	}
	if len(e.Message) > messageLimit {
		e.Message = strings.ToValidUTF8(e.Message[:messageLimit], "") + "…"
	}
	return &e
}

// keysShown is how many keys of an unknown element are worth a log line, and
// keyShown how many bytes of each.
const (
	keysShown = 8
	keyShown  = 64
)

// An element is what is known so far of the one being decoded.
type element struct {
	offset    int64
	position  Position
	err       *ServerError
	heartbeat bool
	unknown   []string
	// unknownList says that a value of those is a list with something in it, such
	// as detections under another name.
	unknownList bool
	carried     bool // a detection came
	answer      bool // it answers a search
	truncated   bool
}

// set takes one member other than detections. A null is the same as no member,
// as in all of Google's JSON; of a key that comes twice the last one counts.
func (e *element) set(key string, value []byte) error {
	var field *string
	switch key {
	case "heartbeat":
		switch string(value) {
		case "true", "false", "null", `"true"`:
			e.heartbeat = strings.Contains(string(value), "true")
			return nil
		}
		return fmt.Errorf("heartbeat is %s, want true", quote(value))
	case "error":
		e.err = nil
		if !isNull(value) && !isEmpty(value) {
			e.err = newServerError(value)
		}
		return nil
	// Google's pages show the keys in either writing.
	case "continuationTime", "continuation_time":
		field = &e.position.ContinuationTime
	case "nextPageToken", "next_page_token":
		field = &e.position.NextPageToken
	case "nextPageStartTime", "next_page_start_time":
		field = &e.position.NextPageStartTime
	case "respTooLargeDetectionsTruncated", "resp_too_large_detections_truncated":
		if e.answer {
			e.truncated = string(value) == "true"
			return nil
		}
		fallthrough
	default:
		if len(e.unknown) < keysShown {
			e.unknown = append(e.unknown, key[:min(len(key), keyShown)])
		}
		e.unknownList = e.unknownList || value[0] == '[' && !isEmpty(value)
		return nil
	}
	said, isString := text(value)
	if !isString && !isNull(value) {
		return fmt.Errorf("%s is %s, want a string", key, quote(value))
	}
	*field = said
	return nil
}

// kind is what the element is, once all of its keys are known.
func (e *element) kind(detections bool) Kind {
	switch {
	case e.err != nil:
		return Failure
	case detections:
		return Batch
	case e.heartbeat:
		return Heartbeat
	case e.position != Position{}:
		return Batch
	case len(e.unknown) > 0:
		return Unknown
	}
	return Empty
}
