package plugin

import (
	"context"
	"io"
)

const (
	// prefetchSize is how much of the answer is read at once.
	prefetchSize = 256 << 10

	// prefetchCount is how many such buffers there are: one that is decoded, one
	// that is full, one that is being read into.
	prefetchCount = 3
)

// A prefetcher reads the answer ahead of the decoder, so that the kernel and
// TLS work while the decoder does. It holds no more than its few buffers: a
// decoder that stops reading stops the server too.
type prefetcher struct {
	free    chan []byte
	full    chan fetched
	done    chan struct{} // closed when nothing reads the answer any more
	current fetched       // of which Read has returned a part
	rest    []byte
}

// A fetched is what one read has returned.
type fetched struct {
	buffer []byte
	n      int
	err    error
}

// prefetch reads r until that fails or ctx ends, by which a read that waits has
// to end, too.
func prefetch(ctx context.Context, r io.Reader) *prefetcher {
	p := &prefetcher{
		free: make(chan []byte, prefetchCount),
		full: make(chan fetched, prefetchCount),
		done: make(chan struct{}),
	}
	for range prefetchCount {
		p.free <- nil // made when it is wanted, which on a quiet stream is late
	}
	go p.run(ctx, r)
	return p
}

func (p *prefetcher) run(ctx context.Context, r io.Reader) {
	defer close(p.done)
	for {
		var buffer []byte
		select {
		case buffer = <-p.free:
		case <-ctx.Done():
			return
		}
		if buffer == nil {
			buffer = make([]byte, prefetchSize)
		}
		n, err := r.Read(buffer)
		p.full <- fetched{buffer, n, err} // has room for every buffer
		if err != nil {
			return
		}
	}
}

// Read implements io.Reader.
func (p *prefetcher) Read(b []byte) (n int, err error) {
	for len(p.rest) == 0 {
		if p.current.err != nil {
			return 0, p.current.err
		}
		p.next()
	}
	n = copy(b, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

// next waits for the next result, and gives the buffer of the last one back.
func (p *prefetcher) next() {
	if p.current.buffer != nil {
		p.free <- p.current.buffer // has room for every buffer
	}
	select {
	case p.current = <-p.full:
	case <-p.done:
		select {
		case p.current = <-p.full: // the last
		default:
			p.current = fetched{err: context.Canceled}
		}
	}
	p.rest = p.current.buffer[:p.current.n]
}

// wait waits until nothing reads the answer any more, which its context's end
// or an error brings about.
func (p *prefetcher) wait() { <-p.done }
