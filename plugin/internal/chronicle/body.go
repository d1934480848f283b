package chronicle

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// plainBody undoes a compression that came though it was not asked for.
func plainBody(header http.Header, body io.Reader) (io.Reader, error) {
	encoding := header.Get("Content-Encoding")
	// The names are case-insensitive, and x-gzip is another one of gzip (RFC 9110,
	// 8.4.1).
	switch strings.ToLower(strings.TrimSpace(encoding)) {
	case "", "identity":
		return body, nil
	case "gzip", "x-gzip":
		return &gzipReader{compressed: body}, nil
	default:
		return nil, &stream.SyntaxError{Problem: fmt.Sprintf("the answer has Content-Encoding %q, want none or gzip", encoding)}
	}
}

// A gzipReader waits for the header of what it decompresses when it is first
// read, not before.
type gzipReader struct {
	compressed io.Reader
	plain      *gzip.Reader
}

func (r *gzipReader) Read(b []byte) (n int, err error) {
	if r.plain == nil {
		r.plain, err = gzip.NewReader(r.compressed)
		if errors.Is(err, io.EOF) {
			err = io.ErrUnexpectedEOF // not the end of a stream in good order
		}
		if err != nil {
			return 0, fmt.Errorf("decompressing the answer: %w", err)
		}
	}
	return r.plain.Read(b)
}
