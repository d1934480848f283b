package chronicle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

func TestPrefetch(t *testing.T) {
	body := make([]byte, 3*prefetchSize+12345)
	_, _ = rand.NewChaCha8([32]byte{}).Read(body)
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		r    io.Reader
		body []byte
		want error
	}{
		"whole":               {bytes.NewReader(body), body, io.EOF},
		"error with the end":  {iotest.DataErrReader(bytes.NewReader(body)), body, io.EOF},
		"in small reads":      {&portions{r: bytes.NewReader(body)}, body, io.EOF},
		"broken behind it":    {io.MultiReader(bytes.NewReader(body), iotest.ErrReader(broken)), body, broken},
		"reads of no bytes":   {&blanks{r: bytes.NewReader(body), each: 2}, body, io.EOF},
		"nothing but blanks":  {&blanks{r: bytes.NewReader(body), each: 2 * maxBlankReads}, nil, io.ErrNoProgress},
		"broken without data": {iotest.ErrReader(broken), nil, broken},
	} {
		t.Run(name, func(t *testing.T) {
			p := prefetch(t.Context(), test.r)
			got, err := takeAll(p)
			require.ErrorIs(t, err, test.want)
			require.True(t, bytes.Equal(test.body, got), "%d bytes of other contents than the %d of the stream", len(got), len(test.body))
			p.wait()
			_, again := p.AppendTo(nil)
			require.ErrorIs(t, again, test.want)
		})
	}
}

// takeAll takes what comes until an error does.
func takeAll(p *prefetcher) (all []byte, err error) {
	for {
		before := len(all)
		if all, err = p.AppendTo(all); err != nil {
			return all, err
		}
		if n := len(all) - before; n == 0 || n > takenAtOnce {
			return all, fmt.Errorf("%d bytes were taken at once", n)
		}
	}
}

// portions reads as TLS does: of a length of its own.
type portions struct{ r io.Reader }

func (p *portions) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), 16<<10-23)]) }

// blanks returns something only at each so manieth read, as readers may.
type blanks struct {
	r           io.Reader
	each, reads int
}

func (b *blanks) Read(p []byte) (int, error) {
	if b.reads++; b.reads%b.each != 0 {
		return 0, nil
	}
	return b.r.Read(p)
}

// What came in portions is taken together, and who stops taking stops the
// server: no more is read than the ring holds. The end of the context ends a
// reader that waits for room, and a decoder that waits for bytes gets what there
// is before it learns of it.
func TestPrefetchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		endless := &counted{most: prefetchSize / 8}
		p := prefetch(ctx, endless)
		synctest.Wait()
		require.Equal(t, prefetchSize, endless.bytes)

		taken, err := p.AppendTo(nil)
		require.NoError(t, err)
		require.Len(t, taken, takenAtOnce)
		synctest.Wait()
		require.Equal(t, prefetchSize+takenAtOnce, endless.bytes)

		cancel()
		p.wait()
		rest, err := takeAll(p)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, rest, prefetchSize)
		require.Equal(t, prefetchSize+takenAtOnce, endless.bytes)
	})
}

// counted never ends, and counts.
type counted struct{ most, bytes int }

func (c *counted) Read(b []byte) (int, error) {
	n := min(len(b), c.most)
	c.bytes += n
	return n, nil
}

// A byte that came is there to be taken while the next one is waited for.
func TestPrefetchHandsOnAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		p := prefetch(t.Context(), r)
		for _, sent := range []string{"[", "{}", "]"} {
			_, err := io.WriteString(w, sent)
			require.NoError(t, err)
			got, err := p.AppendTo([]byte("kept "))
			require.NoError(t, err)
			require.Equal(t, "kept "+sent, string(got))
		}
		require.NoError(t, w.Close())
		p.wait()
	})
}

// lingering is a body that is no stream, and whose second read returns only some
// time after it was closed.
type lingering struct {
	closed  chan struct{}
	reads   int
	reading bool
}

func (l *lingering) Read(b []byte) (int, error) {
	if l.reads++; l.reads == 1 {
		return copy(b, "<html>"), nil
	}
	l.reading = true
	<-l.closed
	time.Sleep(time.Second)
	l.reading = false
	return 0, errors.New("closed")
}

// Nothing reads the answer any more once reading it has returned.
func TestReadingWaitsForThePrefetcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		body := &lingering{closed: make(chan struct{})}
		conn := &Connection{pieces: make(chan stream.Piece)}
		conn.ctx, conn.cancel = context.WithCancelCause(t.Context())
		conn.silence = newSilenceTimer(Timeouts{Idle: Timeout{Limit: time.Minute}}, conn.cancel)
		context.AfterFunc(conn.ctx, func() { close(body.closed) })
		response := &http.Response{Body: io.NopCloser(body)}
		var problem *stream.SyntaxError
		require.ErrorAs(t, conn.read(response, stream.Limits{}), &problem)
		require.Equal(t, 2, body.reads)
		require.False(t, body.reading)
	})
}

// endsWhenLeft is a body that ends in good order once nobody listens any more.
type endsWhenLeft struct {
	context.Context //nolint:containedctx // It is one, and counts what is asked of it.
	io.Reader
}

func (e *endsWhenLeft) Read(b []byte) (int, error) {
	n, err := e.Reader.Read(b)
	if n == 0 {
		<-e.Done()
	}
	return n, err
}

// What ends since the silence was too long is ended by the silence.
func TestEndBehindASilence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		conn := &Connection{pieces: make(chan stream.Piece, 1)}
		conn.ctx, conn.cancel = context.WithCancelCause(t.Context())
		conn.silence = newSilenceTimer(Timeouts{Idle: Timeout{Limit: time.Minute, Origin: "idle"}}, conn.cancel)
		body := &endsWhenLeft{conn.ctx, strings.NewReader(`[{"heartbeat":true}`)}
		response := &http.Response{Body: io.NopCloser(body), ContentLength: 100}
		require.EqualError(t, conn.read(response, stream.Limits{}), "reading the stream: nothing was heard from the server for 1m0s (idle)")
	})
}
