package proofs_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httputil"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A position that waits counts where the answer says that it is whole. The end of a
// body that ends with its connection may be a cut, so the position is dropped.
func TestEndOfABodyThatMayBeACut(t *testing.T) {
	chunked := func(body string) string {
		var text strings.Builder
		w := httputil.NewChunkedWriter(&text)
		_, _ = io.WriteString(w, body)
		_ = w.Close()
		return "Transfer-Encoding: chunked\r\n\r\n" + text.String() + "\r\n"
	}
	length := func(more int) func(body string) string {
		return func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body)+more, body) }
	}
	none := func(body string) string { return "\r\n" + body }
	for _, test := range []struct {
		name, status string
		rest         func(body string) string // headers that tell the length, and the body
		packed       bool
		end          string
		counts       bool
	}{
		{name: "HTTP/1.0", status: "HTTP/1.0 200 OK", rest: none},
		{name: "HTTP/1.0, a whole array", status: "HTTP/1.0 200 OK", rest: none, end: "]"},
		{name: "HTTP/1.0, compressed", status: "HTTP/1.0 200 OK", rest: none, packed: true},
		{name: "HTTP/1.0 with a length", status: "HTTP/1.0 200 OK", rest: length(0), counts: true},
		{name: "Connection: close", status: "HTTP/1.1 200 OK\r\nConnection: close", rest: none},
		{name: "no headers at all", status: "HTTP/1.1 200 OK", rest: none},
		{name: "Connection: close with a length", status: "HTTP/1.1 200 OK\r\nConnection: close", rest: length(0), counts: true},
		{name: "a length that is not reached", status: "HTTP/1.1 200 OK", rest: length(1)},
		{name: "a length, compressed", status: "HTTP/1.1 200 OK", rest: length(0), packed: true, counts: true},
		{name: "chunks", status: "HTTP/1.1 200 OK\r\nConnection: close", rest: chunked, counts: true},
		{name: "chunks, compressed", status: "HTTP/1.1 200 OK", rest: chunked, packed: true, counts: true},
		{name: "chunks without the last one", status: "HTTP/1.1 200 OK", rest: func(body string) string {
			return strings.TrimSuffix(chunked(body), "0\r\n\r\n")
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			rig.ForBothAPIs(t, func(t *testing.T, api rig.Settings) {
				r := rig.For(t, api)
				start, ahead := rig.RFC3339(time.Now().Add(-time.Hour)), rig.RFC3339(time.Now().Add(-time.Minute))
				want := start
				if test.counts {
					want = ahead
				}
				body, head := fmt.Sprintf("[{\"heartbeat\":true,%q:%q}", pages(api), ahead)+test.end, test.status+"\r\n"
				if test.packed {
					body, head = string(rig.Compressed(t, body)), head+"Content-Encoding: gzip\r\n"
				}
				r.Server.Control(func(w http.ResponseWriter, _ *chronicletest.StreamCall) bool {
					conn, _, err := http.NewResponseController(w).Hijack()
					if err != nil {
						return false
					}
					_, _ = io.WriteString(conn, head+test.rest(body))
					_ = conn.Close()
					return true
				})
				r.Start(hasty(nil))
				require.NoError(t, r.Server.WaitForRequests(t.Context(), 2))
				require.Equal(t, []string{start, want}, asked(r)[:2])
			})
		})
	}
}

// A stream of HTTP/2 has an end of its own, without a length or chunks.
func TestEndOfAStreamOfHTTP2(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	f := newFront(t, server, true)
	ahead := rig.RFC3339(time.Now().Add(-time.Minute))
	server.Control(answering(fmt.Sprintf("[{\"continuationTime\":%q}", ahead)))
	stream, _ := pipelineToFile(t, server, t.TempDir(), f.input()+"start_time: 1h")
	ran := make(chan error, 1)
	go func() { ran <- stream.Run(context.Background()) }()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	require.NoError(t, server.WaitForRequests(ctx, 2))
	require.NoError(t, stream.StopWithin(10*time.Second))
	require.NoError(t, <-ran)
	require.Equal(t, ahead, server.Requests()[1].ContinuationTime)
	protocols, _, _ := f.seen()
	require.Equal(t, "HTTP/2.0", protocols[1])
}
