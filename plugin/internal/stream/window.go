package stream

// A Source is where a decoder has the stream from.
type Source interface {
	// AppendTo waits until more of the stream has come, appends it to b, and
	// returns the extended b as append does. With an error nothing is appended:
	// io.EOF where the stream ended in good order.
	//
	// How much it appends is a matter of memory: that much, less what a cut
	// detection brings along, is what a message that is kept keeps alive.
	AppendTo(b []byte) ([]byte, error)
}

// A window is the part of the stream that was read and is not consumed.
// Detections are slices of it, not copies: behind its end there may be room that
// is appended to, but what is in it is never written again.
type window struct {
	source Source
	unread []byte
	offset int64 // of unread[0] in the stream
}

// skip consumes n bytes.
func (w *window) skip(n int) {
	w.unread = w.unread[n:]
	w.offset += int64(n)
}

// take consumes n bytes and hands them out. Its capacity ends with it, so that
// appending to it cannot reach the bytes behind.
func (w *window) take(n int) []byte {
	b := w.unread[:n:n]
	w.skip(n)
	return b
}

// more waits for at least one more byte, or returns the source's error. The
// window's bytes may move; slices that were handed out stay.
func (w *window) more() (err error) {
	w.unread, err = w.source.AppendTo(w.unread)
	return err
}
