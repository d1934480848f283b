package chronicle

import (
	"context"
	"io"
	"sync"
)

const (
	// prefetchSize is how much of the answer is held at most until the decoder
	// takes it: enough for neither to wait for the other often, when either is
	// held up for a moment.
	prefetchSize = 2 << 20

	// takenAtOnce is the most that the decoder takes at once.
	takenAtOnce = 256 << 10

	// maxBlankReads is how many reads in a row may return neither a byte nor
	// an error before the reader is held to be broken, as in bufio.
	maxBlankReads = 100
)

// A prefetcher reads the answer ahead of the decoder, so that the kernel, TLS
// and decompression work while the decoder does. What came in small portions
// meanwhile, as TLS records do, the decoder takes as one. It holds no more than
// its ring: a decoder that stops taking stops the server too.
type prefetcher struct {
	done chan struct{} // closed when nothing reads the answer any more

	mu      sync.Mutex // guards what follows, never held while reading or copying
	changed *sync.Cond
	ring    []byte
	read    int64 // bytes that came in so far; the next one's place is that modulo the ring
	taken   int64 // bytes that the decoder took
	err     error // why reading ended
	over    bool  // the context has ended
}

// prefetch reads r until that fails or ctx ends, by which a read that waits has
// to end, too.
func prefetch(ctx context.Context, r io.Reader) *prefetcher {
	p := &prefetcher{done: make(chan struct{}), ring: make([]byte, prefetchSize)}
	p.changed = sync.NewCond(&p.mu)
	detach := context.AfterFunc(ctx, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		p.changed.Broadcast()
	})
	go func() {
		defer close(p.done)
		defer detach()
		p.run(r)
	}()
	return p
}

func (p *prefetcher) run(r io.Reader) {
	for blank := 0; blank < maxBlankReads; {
		room := p.room()
		if room == nil {
			p.came(0, context.Canceled)
			return
		}
		n, err := r.Read(room)
		p.came(n, err)
		if err != nil {
			return
		}
		if blank++; n > 0 {
			blank = 0
		}
	}
	p.came(0, io.ErrNoProgress)
}

// room waits until there is some and returns what of it lies together, nil if
// the context ends first.
func (p *prefetcher) room() []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.over && p.held() == len(p.ring) {
		p.changed.Wait()
	}
	if p.over {
		return nil
	}
	from := int(p.read % prefetchSize)
	return p.ring[from:min(prefetchSize, from+prefetchSize-p.held())]
}

// held is how much the decoder can take. It is called with mu held.
func (p *prefetcher) held() int { return int(p.read - p.taken) }

func (p *prefetcher) came(n int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read += int64(n)
	p.err = err
	p.changed.Broadcast()
}

// AppendTo implements stream.Source.
func (p *prefetcher) AppendTo(b []byte) ([]byte, error) {
	next, err := p.next()
	if err != nil {
		return b, err
	}
	b = append(b, next...)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken += int64(len(next))
	p.changed.Broadcast()
	return b, nil
}

// next waits for bytes and returns those to take next, or why there are no more.
func (p *prefetcher) next() ([]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.held() == 0 {
		if p.err != nil {
			return nil, p.err
		}
		p.changed.Wait()
	}
	from := int(p.taken % prefetchSize)
	return p.ring[from:min(prefetchSize, from+min(p.held(), takenAtOnce))], nil
}

// wait waits until nothing reads the answer any more, which its context's end
// or an error brings about.
func (p *prefetcher) wait() { <-p.done }
