package plugin

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestPrefetch(t *testing.T) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 5*prefetchSize/16)
	broken := errors.New("broken")
	for name, test := range map[string]struct {
		r    io.Reader
		want error
	}{
		"whole":               {bytes.NewReader(body), nil},
		"error with the end":  {iotest.DataErrReader(bytes.NewReader(body)), nil},
		"in small reads":      {iotest.HalfReader(bytes.NewReader(body)), nil},
		"broken behind it":    {io.MultiReader(bytes.NewReader(body), iotest.ErrReader(broken)), broken},
		"reads of no bytes":   {&blanks{r: bytes.NewReader(body)}, nil},
		"broken without data": {iotest.ErrReader(broken), broken},
	} {
		t.Run(name, func(t *testing.T) {
			p := prefetch(t.Context(), test.r)
			got, err := io.ReadAll(iotest.OneByteReader(io.LimitReader(p, 10)))
			if name != "broken without data" {
				require.NoError(t, err)
				var rest []byte
				rest, err = io.ReadAll(p)
				require.Equal(t, string(body), string(append(got, rest...)))
			}
			require.ErrorIs(t, err, test.want)
			p.wait()
			_, again := p.Read(make([]byte, 1))
			if test.want == nil {
				require.ErrorIs(t, again, io.EOF)
			} else {
				require.ErrorIs(t, again, test.want)
			}
		})
	}
}

// blanks returns nothing at every other read, as readers may.
type blanks struct {
	r     io.Reader
	blank bool
}

func (b *blanks) Read(p []byte) (int, error) {
	if b.blank = !b.blank; b.blank {
		return 0, nil
	}
	return b.r.Read(p)
}

// Who stops reading stops the server: no more is read ahead than there are
// buffers. The end of the context ends a reader that waits for the decoder, and
// a decoder that waits for it.
func TestPrefetchIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		endless := &counted{}
		p := prefetch(ctx, endless)
		synctest.Wait()
		require.Equal(t, prefetchCount, endless.reads)
		buffer := make([]byte, prefetchSize)
		for range 2 {
			_, err := io.ReadFull(p, buffer)
			require.NoError(t, err)
		}
		synctest.Wait()
		require.Equal(t, prefetchCount+1, endless.reads, "one buffer is still the decoder's")

		cancel()
		p.wait()
		_, err := io.Copy(io.Discard, p)
		require.ErrorIs(t, err, context.Canceled)
		require.LessOrEqual(t, endless.reads, 2*prefetchCount)
	})
}

type counted struct{ reads int }

func (c *counted) Read(b []byte) (int, error) {
	c.reads++
	return len(b), nil
}
