package stream

import "io"

const (
	// blockSize is how much is asked of the reader at once. A block is also
	// what a message that is kept keeps alive, so it is not larger than what
	// a fast connection needs.
	blockSize = 256 << 10

	// minRead is the least room worth a read: less at the end of a block would
	// turn one read from the network into two.
	minRead = 16 << 10

	// maxBlankReads is how many reads in a row may return neither a byte nor
	// an error before the reader is held to be broken, as in bufio.
	maxBlankReads = 100
)

// A window is the part of the stream that was read and is not consumed. Its
// bytes lie in a block that is never written twice where something was handed
// out of it: detections are slices of blocks, not copies.
type window struct {
	r          io.Reader
	block      []byte
	start, end int   // block[start:end] is the window
	offset     int64 // of block[start] in the stream
	handedOut  bool  // something in block belongs to the caller now
}

func (w *window) bytes() []byte { return w.block[w.start:w.end] }

// skip consumes n bytes.
func (w *window) skip(n int) {
	w.start += n
	w.offset += int64(n)
}

// take consumes n bytes and hands them out. Its capacity ends with it, so that
// appending to it cannot reach the bytes behind.
func (w *window) take(n int) []byte {
	b := w.block[w.start : w.start+n : w.start+n]
	w.handedOut = true
	w.skip(n)
	return b
}

// more reads at least one more byte into the window, or returns the reader's
// error. The window's bytes may move; slices that were handed out stay.
func (w *window) more() error {
	if len(w.block)-w.end < minRead {
		w.makeRoom()
	}
	for range maxBlankReads {
		n, err := w.r.Read(w.block[w.end:])
		w.end += n
		if n > 0 {
			// An error that came along with bytes comes again at the next read.
			return nil
		}
		if err != nil {
			return err
		}
	}
	return io.ErrNoProgress
}

func (w *window) makeRoom() {
	kept := w.bytes()
	// A value that fills half a block is a long one: doubling keeps the number
	// of times it is copied logarithmic.
	size := max(blockSize, 2*len(kept))
	if !w.handedOut && w.start > 0 && len(w.block) >= size {
		copy(w.block, kept)
	} else {
		block := make([]byte, size)
		copy(block, kept)
		w.block = block
		w.handedOut = false
	}
	w.start, w.end = 0, len(kept)
}
