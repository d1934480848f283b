package stream

import (
	"bytes"
	"io"
)

// FieldsOf returns the fields of a detection that came by another way than a stream,
// as those of a stream are read. It is false for bytes that are not one detection.
func FieldsOf(raw []byte) (fields Fields, ok bool) {
	wrapped := bytes.Join([][]byte{[]byte(`[{"detections":[`), raw, []byte(`]}]`)}, nil)
	decoder := NewDecoder(&once{wrapped}, Limits{})
	piece, err := decoder.Next()
	if err != nil || piece.Kind != Batch || !piece.Complete || len(piece.Detections) != 1 || !bytes.Equal(piece.Detections[0].Raw, raw) {
		return Fields{}, false
	}
	var reader FieldReader
	return reader.Read(&piece.Detections[0]), true
}

// once is a source of bytes that are there already.
type once struct{ unread []byte }

// AppendTo implements Source.
func (o *once) AppendTo(b []byte) ([]byte, error) {
	if len(o.unread) == 0 {
		return b, io.EOF
	}
	b, o.unread = append(b, o.unread...), nil
	return b, nil
}
