package chronicle

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// isDelimited says whether an answer tells where its body ends: in chunks, by a
// length, or as a stream of HTTP/2. Any other body ends with its connection, and that
// may have been cut (RFC 9112, 8). A compression is no substitute: behind the end of
// one of its members another may follow.
func isDelimited(response *http.Response) bool {
	return response.ProtoMajor > 1 || response.ContentLength >= 0 || len(response.TransferEncoding) > 0
}

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
// read, not before. It hands on what it has before it waits for what comes behind
// the end of a member: a stream may go on there for hours, or with nothing at all.
type gzipReader struct {
	compressed io.Reader // a ByteReader once there is plain, so that nothing is read ahead
	plain      *gzip.Reader
	between    bool // a member has ended, and none began
}

func (r *gzipReader) Read(b []byte) (n int, err error) {
	if r.plain == nil || r.between {
		if err := r.begin(); err != nil {
			return 0, err
		}
	}
	n, err = r.plain.Read(b)
	if err == io.EOF { //nolint:errorlint // The end of a member, never wrapped.
		r.between, err = true, nil
	}
	return n, err
}

// begin reads the header of a member. An end before it is one in good order, unless
// there was nothing at all.
func (r *gzipReader) begin() (err error) {
	if r.plain == nil {
		r.compressed = bufio.NewReader(r.compressed)
		r.plain, err = gzip.NewReader(r.compressed)
		if errors.Is(err, io.EOF) {
			r.plain, err = nil, io.ErrUnexpectedEOF
		}
	} else {
		err = r.plain.Reset(r.compressed)
		if err == io.EOF { //nolint:errorlint // Reset hands it on as it is.
			return io.EOF
		}
	}
	if err != nil {
		return fmt.Errorf("decompressing the answer: %w", err)
	}
	r.plain.Multistream(false)
	r.between = false
	return nil
}
