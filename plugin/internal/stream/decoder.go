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

// Fit is how many of some detections go into one piece.
func (l Limits) Fit(detections []Detection) (n int) {
	bytes := 0
	for ; n < len(detections); n++ {
		bytes += len(detections[n].Raw)
		if n > 0 && (l.MaxCount > 0 && n >= l.MaxCount || l.MaxBytes > 0 && bytes > l.MaxBytes) {
			break
		}
	}
	return n
}

// A Decoder reads one connection's stream, piece by piece. It is not safe for
// concurrent use. The grammar it follows, with more white space than shown and
// with the commas between elements optional, since servers have left them out:
//
//	stream:  '[' element ',' element … (']' or the end of the connection)
//	element: '{' key ':' value ',' … '}'
//	the value of detections: '[' detection ',' detection … ']' or null
//
// A comma may stand before a closing bracket, and elements may come without the
// array around them: servers have done both. A byte order mark before the array is
// read over.
type Decoder struct {
	limits Limits
	list   string // the key of the detections
	answer bool   // there is one element, and it answers a search
	win    window
	value  scanner
	spans  fieldSpans // of the detection that was read last
	names  memo
	place  place
	comma  bool // a comma was read since the last element, member or detection
	first  bool // no member or detection of the one being read came yet
	bare   bool // there is no array around the elements
	whole  int  // detections and elements that were read to their end

	element element
	batch   []Detection
	aside   Detection // for the next piece
	bytes   int       // of batch
	usual   int       // how many detections the last piece with any had
	listed  bool      // the element has a list of detections
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

// NewDecoder returns a decoder of the stream that comes from a source.
func NewDecoder(source Source, limits Limits) *Decoder {
	return &Decoder{limits: limits, list: "detections", win: window{source: source}}
}

// NewAnswerDecoder returns a decoder of the answer to a search: an object like an
// element of the stream, with its detections under the key list, and with another
// one that says whether some were left out.
func NewAnswerDecoder(source Source, limits Limits, list string) *Decoder {
	return &Decoder{limits: limits, list: list, answer: true, win: window{source: source}}
}

// Next waits for the next piece. At the end it returns
//
//   - io.EOF where the server ended the stream between two elements,
//   - an error that wraps io.ErrUnexpectedEOF where it ended inside an element,
//     or before the array began,
//   - a *SyntaxError where the stream is not what it should be,
//   - the source's own error where reading ended otherwise.
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
			switch c {
			case '[':
				d.win.skip(1)
			case '{':
				d.bare = true
			case byteOrderMark[0]:
				if err := d.skipByteOrderMark(); err != nil {
					return Piece{}, err
				}
				continue
			default:
				return Piece{}, d.noArray()
			}
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
			full, err := d.detection(c)
			if err != nil {
				return Piece{}, err
			}
			if full {
				piece := d.cutPiece()
				d.keep(d.aside)
				d.aside = Detection{}
				return piece, nil
			}
		case afterArray:
			return Piece{}, d.wrong("%s behind the array's closing bracket, want nothing", quote(d.win.unread))
		}
	}
}

// Progress counts the detections and elements that were read to their end so far,
// and one more once the first element has begun. A source may ask while Next waits
// for it.
func (d *Decoder) Progress() int {
	if d.whole == 0 && (d.place == beforeArray || d.place == betweenElements) {
		return 0
	}
	return d.whole + 1
}

// Announced says whether a comma has announced another element, of which nothing
// came yet.
func (d *Decoder) Announced() bool {
	return d.place == betweenElements && d.comma && d.whole > 0
}

// peek returns the next byte that is not white space.
func (d *Decoder) peek() (byte, error) {
	for {
		unread := d.win.unread
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

// byteOrderMark is what some proxies and servers put before a text. RFC 8259, 8.1,
// has readers of JSON ignore it.
const byteOrderMark = "\ufeff"

func (d *Decoder) skipByteOrderMark() error {
	for i := range len(byteOrderMark) {
		for len(d.win.unread) <= i {
			if err := d.more(); err != nil {
				return err
			}
		}
		if d.win.unread[i] != byteOrderMark[i] {
			return d.noArray()
		}
	}
	d.win.skip(len(byteOrderMark))
	return nil
}

func (d *Decoder) noArray() error {
	return d.wrong("the body begins with %s, want a JSON array of elements", quote(d.win.unread))
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
	return fmt.Errorf("the stream ended at byte %d, %s: %w", d.win.offset+int64(len(d.win.unread)), where, io.ErrUnexpectedEOF)
}

// scanDetection reads until the detection that the window begins with is whole,
// and returns its length.
func (d *Decoder) scanDetection() (n int, err error) {
	if n = quickDetection(d.win.unread, &d.spans); n != unsettled && n <= maxDetection {
		return n, nil
	}
	if n, err = d.scanValue(maxDetection); err != nil {
		return 0, err
	}
	// Of a value that is whole and right, the quick pass only finds the fields.
	quickDetection(d.win.unread[:n], &d.spans)
	return n, nil
}

// scanValue reads until the value that the window begins with is whole, and
// returns its length.
func (d *Decoder) scanValue(limit int) (n int, err error) {
	d.value.reset()
	for {
		// No further than the limit, however much was read at once, or the
		// answer would depend on that. The end of a number takes one byte more.
		unread := d.win.unread
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
