package stream

import (
	"errors"
	"fmt"
	"io"
)

const (
	// maxDetection is the size at which a detection is held to be hostile.
	// Real ones have kilobytes, exceptionally a few megabytes.
	maxDetection = 32 << 20
	// maxMember is the same for every other value of an element.
	maxMember = 1 << 20
)

// Limits are how large a piece may become.
type Limits struct {
	// MaxCount is the most detections in a piece; 0 means no limit.
	MaxCount int
	// MaxBytes is the most bytes of detections in a piece; 0 means no limit.
	// A detection larger than that is a piece of its own.
	MaxBytes int
}

// A Decoder reads one connection's stream, piece by piece. It is not safe for
// concurrent use. The grammar it follows, with more white space than shown and
// with the commas between elements optional, since servers have left them out:
//
//	stream:  '[' element ',' element … (']' or the end of the connection)
//	element: '{' key ':' value ',' … '}'
//	the value of detections: '[' detection ',' detection … ']' or null
type Decoder struct {
	limits Limits
	win    window
	value  scanner
	names  interner
	place  place
	comma  bool // a comma was read since the last element, member or detection
	first  bool // no member or detection of the one being read came yet

	element element
	batch   []Detection
	bytes   int  // of batch
	listed  bool // the element has a list of detections
	err     error
}

// A place is what the decoder expects next.
type place uint8

const (
	beforeArray place = iota
	betweenElements
	inElement
	inDetections
	afterArray
)

// NewDecoder returns a decoder of the stream that r reads.
func NewDecoder(r io.Reader, limits Limits) *Decoder {
	return &Decoder{limits: limits, win: window{r: r}}
}

// Next waits for the next piece. At the end it returns
//
//   - io.EOF where the server ended the stream between two elements,
//   - an error that wraps io.ErrUnexpectedEOF where it ended inside an element,
//     or before the array began,
//   - a *SyntaxError where the stream is not what it should be,
//   - the reader's own error where reading ended otherwise.
//
// The detections of an element that was cut and that no piece has returned are
// dropped: the server sends them again from the last position. Every later
// call returns the same error.
func (d *Decoder) Next() (Piece, error) {
	if d.err != nil {
		return Piece{}, d.err
	}
	piece, err := d.next()
	if err != nil {
		d.err = err
		return Piece{}, err
	}
	return piece, nil
}

func (d *Decoder) next() (Piece, error) {
	for {
		c, err := d.peek()
		if err != nil {
			return Piece{}, err
		}
		switch d.place {
		case beforeArray:
			if c != '[' {
				return Piece{}, d.wrong("the body begins with %s, want a JSON array of elements", quote(d.win.bytes()))
			}
			d.win.skip(1)
			// As if one had been read: none may come before the first element.
			d.comma = true
			d.place = betweenElements
		case betweenElements:
			if err := d.beginElement(c); err != nil {
				return Piece{}, err
			}
		case inElement:
			ended, err := d.member(c)
			if err != nil {
				return Piece{}, err
			}
			if ended {
				return d.endElement(), nil
			}
		case inDetections:
			if d.full(c) {
				return d.cutPiece(), nil
			}
			overflowed, err := d.detection(c)
			if err != nil {
				return Piece{}, err
			}
			if overflowed != nil {
				piece := d.cutPiece()
				d.keep(*overflowed)
				return piece, nil
			}
		case afterArray:
			return Piece{}, d.wrong("%s behind the array's closing bracket, want nothing", quote(d.win.bytes()))
		}
	}
}

// peek returns the next byte that is not white space.
func (d *Decoder) peek() (byte, error) {
	for {
		unread := d.win.bytes()
		for i, c := range unread {
			if !isSpace(c) {
				d.win.skip(i)
				return c, nil
			}
		}
		d.win.skip(len(unread))
		if err := d.more(); err != nil {
			return 0, err
		}
	}
}

// more reads on, and tells an end between elements from one inside.
func (d *Decoder) more() error {
	err := d.win.more()
	if !errors.Is(err, io.EOF) || d.place == betweenElements || d.place == afterArray {
		return err
	}
	where := "inside an element"
	if d.place == beforeArray {
		where = "before the array began"
	}
	return fmt.Errorf("the stream ended at byte %d, %s: %w", d.win.offset+int64(len(d.win.bytes())), where, io.ErrUnexpectedEOF)
}

func (d *Decoder) beginElement(c byte) error {
	switch {
	case c == '{':
		d.element = element{offset: d.win.offset, unknown: d.element.unknown[:0]}
		d.batch, d.bytes, d.listed = nil, 0, false
		d.first, d.comma = true, false
		d.place = inElement
	case c == ']':
		d.place = afterArray
	case c == ',' && !d.comma:
		d.comma = true
	default:
		return d.wrong("%s between elements, want an object", quote(d.win.bytes()))
	}
	d.win.skip(1)
	return nil
}

// separated takes the commas of the members of an element, or the detections
// of a batch, and says whether one of those follows.
func (d *Decoder) separated(c, closing byte, what string) (begins bool, err error) {
	switch {
	case c == closing && !d.comma:
		d.win.skip(1)
		return false, nil
	case c == ',' && !d.comma && !d.first:
		d.win.skip(1)
		d.comma = true
		return false, nil
	case c != ',' && c != closing && (d.comma || d.first):
		d.comma, d.first = false, false
		return true, nil
	}
	return false, d.wrong("unexpected %q, want a comma, %s or %q", rune(c), what, rune(closing))
}

// member reads one member of an element, or the element's end.
func (d *Decoder) member(c byte) (ended bool, err error) {
	begins, err := d.separated(c, '}', "a key")
	if err != nil || !begins {
		return c == '}' && err == nil, err
	}
	if c != '"' {
		return false, d.wrong("unexpected %q, want a key in quotes", rune(c))
	}
	n, err := d.scanValue(maxMember)
	if err != nil {
		return false, err
	}
	key := d.names.text(d.win.bytes()[:n])
	d.win.skip(n)
	d.element.keys++
	if c, err = d.peek(); err != nil {
		return false, err
	}
	if c != ':' {
		return false, d.wrong("unexpected %q, want a colon after the key %s", rune(c), quote([]byte(key)))
	}
	d.win.skip(1)
	if c, err = d.peek(); err != nil {
		return false, err
	}
	if key == "detections" && c == '[' {
		d.win.skip(1)
		d.listed, d.first = true, true
		d.place = inDetections
		return false, nil
	}
	at := d.win.offset
	if n, err = d.scanValue(maxMember); err != nil {
		return false, err
	}
	value := d.win.bytes()[:n]
	if key == "detections" {
		if !isNull(value) {
			return false, d.wrong("detections is %s, want an array", quote(value))
		}
		d.listed = true
	} else if err := d.element.set(key, value, &d.names); err != nil {
		return false, &SyntaxError{Offset: at, Problem: err.Error()}
	}
	d.win.skip(n)
	return false, nil
}

// detection reads one detection, or the comma between two, or the end of them
// all. Where it would make the piece too large it is returned, not kept.
func (d *Decoder) detection(c byte) (overflowed *Detection, err error) {
	begins, err := d.separated(c, ']', "a detection")
	if err != nil {
		return nil, err
	}
	if !begins {
		if c == ']' {
			d.place, d.first = inElement, false
		}
		return nil, nil
	}
	if c != '{' {
		return nil, d.wrong("a detection that begins with %q, want an object", rune(c))
	}
	n, err := d.scanValue(maxDetection)
	if err != nil {
		return nil, err
	}
	detection := newDetection(d.win.take(n), d.value.members, &d.names)
	if d.limits.MaxBytes > 0 && len(d.batch) > 0 && d.bytes+n > d.limits.MaxBytes {
		return &detection, nil
	}
	d.keep(detection)
	return nil, nil
}

func (d *Decoder) keep(detection Detection) {
	d.batch = append(d.batch, detection)
	d.bytes += len(detection.Raw)
}

// full says whether another detection begins while the piece has its most.
func (d *Decoder) full(c byte) bool {
	return d.limits.MaxCount > 0 && len(d.batch) >= d.limits.MaxCount && c == '{'
}

func (d *Decoder) cutPiece() Piece {
	piece := Piece{
		Detections: d.batch,
		Kind:       Batch,
		Position:   d.element.position,
		Offset:     d.element.offset,
	}
	d.batch, d.bytes = nil, 0
	return piece
}

func (d *Decoder) endElement() Piece {
	piece := d.cutPiece()
	piece.Complete = true
	piece.Kind = d.element.kind(d.listed)
	piece.Err = d.element.err
	if piece.Kind == Unknown {
		piece.Keys = append(piece.Keys, d.element.unknown...)
	}
	d.place, d.comma = betweenElements, false
	return piece
}

// scanValue reads until the value that the window begins with is whole, and
// returns its length.
func (d *Decoder) scanValue(limit int) (n int, err error) {
	d.value.reset()
	for {
		// No further than the limit, however much was read at once, or the
		// answer would depend on that. The end of a number takes one byte more.
		unread := d.win.bytes()
		unread = unread[:min(len(unread), limit+1)]
		whole, err := d.value.scan(unread)
		if err != nil {
			return 0, &SyntaxError{Offset: d.win.offset + int64(d.value.pos), Problem: err.Error()}
		}
		if whole {
			return d.value.pos, nil
		}
		if len(unread) > limit {
			return 0, d.wrong("a value of more than %d bytes", limit)
		}
		if err := d.more(); err != nil {
			return 0, err
		}
	}
}

// wrong makes a syntax error at the window's first byte.
func (d *Decoder) wrong(format string, args ...any) error {
	return &SyntaxError{Offset: d.win.offset, Problem: fmt.Sprintf(format, args...)}
}
