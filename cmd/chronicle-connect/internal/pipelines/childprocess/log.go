package childprocess

import (
	"bytes"
	"sync"
)

// A Log is what a process prints, so far. The zero value is one of nothing.
type Log struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *Log) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is all of it.
func (b *Log) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}

// Tail is the last n bytes of it, or all where there are less.
func (b *Log) Tail(n int) string {
	text := b.String()
	return text[max(0, len(text)-n):]
}
