package stream

// beginElement reads what stands between two elements: a comma perhaps, the
// beginning of the next one, or the end of the array.
func (d *Decoder) beginElement(c byte) error {
	switch {
	case c == '{':
		d.element = element{offset: d.win.offset, answer: d.answer, unknown: d.element.unknown[:0]}
		d.batch, d.bytes, d.listed = nil, 0, false
		d.first, d.comma = true, false
		d.place = inElement
	case c == ']' && !d.bare:
		d.place = afterArray
	case c == ',' && !d.comma:
		d.comma = true
	default:
		return d.wrong("%s between elements, want an object", quote(d.win.unread))
	}
	d.win.skip(1)
	return nil
}

// separated takes the commas of the members of an element, or the detections
// of a batch, and says whether one of those follows. A comma before the closing
// bracket was seen of a method beside these, and loses nothing.
func (d *Decoder) separated(c, closing byte, what string) (begins bool, err error) {
	switch {
	case c == closing:
		d.win.skip(1)
		d.comma = false
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
	key := d.names.text(d.win.unread[:n])
	d.win.skip(n)
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
	if key == d.list && c == '[' {
		d.win.skip(1)
		d.listed, d.first = true, true
		d.place = inDetections
		return false, nil
	}
	at := d.win.offset
	if n, err = d.scanValue(maxMember); err != nil {
		return false, err
	}
	value := d.win.unread[:n]
	if key == d.list {
		if !isNull(value) {
			return false, d.wrong("%s is %s, want an array", key, quote(value))
		}
	} else if err := d.element.set(key, value); err != nil {
		return false, &SyntaxError{Offset: at, Problem: err.Error()}
	}
	d.win.skip(n)
	return false, nil
}

// detection reads one detection, or the comma between two, or the end of them
// all. Where one would make the piece too large it is put aside, for the next.
func (d *Decoder) detection(c byte) (full bool, err error) {
	begins, err := d.separated(c, ']', "a detection")
	if err != nil {
		return false, err
	}
	if !begins {
		if c == ']' {
			d.place, d.first = inElement, false
		}
		return false, nil
	}
	if c != '{' {
		return false, d.wrong("a detection that begins with %q, want an object", rune(c))
	}
	n, err := d.scanDetection()
	if err != nil {
		return false, err
	}
	detection := Detection{Raw: d.win.take(n), spans: d.spans}
	if d.limits.MaxBytes > 0 && len(d.batch) > 0 && d.bytes+n > d.limits.MaxBytes {
		d.aside = detection
		return true, nil
	}
	d.keep(detection)
	return false, nil
}

func (d *Decoder) keep(detection Detection) {
	if d.batch == nil {
		// Batches of one stream tend to have the same size.
		d.batch = make([]Detection, 0, d.usual)
	}
	d.batch = append(d.batch, detection)
	d.bytes += len(detection.Raw)
	d.element.carried = true
	d.whole++
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
	if len(d.batch) > 0 {
		d.usual = len(d.batch)
	}
	d.batch, d.bytes = nil, 0
	return piece
}

func (d *Decoder) endElement() Piece {
	piece := d.cutPiece()
	piece.Complete = true
	piece.Kind = d.element.kind(d.listed)
	piece.Err = d.element.err
	piece.Truncated = d.element.truncated
	elsewhere := d.element.unknownList && !d.element.carried
	if elsewhere && piece.Kind == Batch {
		piece.Kind = Unknown
	}
	if elsewhere || piece.Kind == Unknown {
		piece.Keys = append(piece.Keys, d.element.unknown...)
	}
	d.place, d.comma = betweenElements, false
	d.whole++
	return piece
}
