package chronicle

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// plainBody undoes a compression that came though it was not asked for.
func plainBody(header http.Header, body io.Reader) (io.Reader, error) {
	// The names are case-insensitive, x-gzip is another one of gzip, and the last one
	// was applied last (RFC 9110, 8.4). Proxies add names in headers of their own.
	encoding := strings.Join(header.Values("Content-Encoding"), ",")
	codings := strings.Split(strings.ToLower(encoding), ",")
	for _, coding := range slices.Backward(codings) {
		switch strings.TrimSpace(coding) {
		case "", "identity":
		case "gzip", "x-gzip":
			body = &gzipReader{compressed: body}
		default:
			return nil, &stream.SyntaxError{Problem: fmt.Sprintf("the answer has Content-Encoding %q, want none or gzip", encoding)}
		}
	}
	return body, nil
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
