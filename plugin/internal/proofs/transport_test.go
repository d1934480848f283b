package proofs_test

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A front is TLS before the stand-in, as Google's front end is, with HTTP/2 or
// without.
type front struct {
	*httptest.Server

	mu        sync.Mutex // guards what follows
	protocols []string   // of the requests so far
	opened    int        // connections
	closed    int
}

func newFront(t *testing.T, server *chronicletest.Server, http2 bool) *front {
	t.Helper()
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
		ErrorLog:      log.New(t.Output(), "", 0),
	}
	f := &front{}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		f.mu.Lock()
		f.protocols = append(f.protocols, r.Proto)
		f.mu.Unlock()
		// Without it the server closes the request's body at the first write of
		// the answer, in HTTP/1.1. A proxy that has not seen the end of that body by
		// then takes it for a failed write, and breaks off.
		if err := http.NewResponseController(w).EnableFullDuplex(); err != nil && r.ProtoMajor == 1 {
			t.Errorf("Answering while the request is read: %v", err)
		}
		proxy.ServeHTTP(w, r)
	}))
	f.Config.ConnState = f.count
	f.Config.ErrorLog = log.New(t.Output(), "", 0)
	f.EnableHTTP2 = http2
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

// input is the fields of an input that goes through the front.
func (f *front) input() string {
	root := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}))
	return "base_url: " + f.URL + "\n    tls:\n      root_cas: |\n        " + strings.ReplaceAll(root, "\n", "\n        ") + "\n    "
}

func (f *front) count(_ net.Conn, state http.ConnState) {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch state {
	case http.StateNew:
		f.opened++
	case http.StateClosed:
		f.closed++
	}
}

func (f *front) seen() (protocols []string, opened, open int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.protocols), f.opened, f.opened - f.closed
}

// Over TLS, in HTTP/1.1 and in HTTP/2: cuts and silence inside a batch end the
// connection for good, HTTP/2's shared one included, and the next one resumes.
func TestTLSAndHTTP2(t *testing.T) {
	for _, test := range []struct {
		protocol string
		http2    bool
	}{{"HTTP/1.1", false}, {"HTTP/2.0", true}} {
		t.Run(test.protocol, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			f := newFront(t, server, test.http2)
			var want bytes.Buffer
			generator := chronicletest.NewGenerator(2)
			for range 4 {
				batch := generator.Detections(300, 2000)
				for _, detection := range batch {
					want.Write(detection)
					want.WriteByte('\n')
				}
				server.Append(batch...)
			}
			server.Script(
				chronicletest.Step{AfterElements: 1, AfterBytes: 200_000, Then: chronicletest.Cut},
				chronicletest.Step{AfterElements: 1, AfterBytes: 300_000, Then: chronicletest.Stall},
			)
			stream, output := pipelineToFile(t, server, t.TempDir(), f.input()+"start_time: 1h\n    idle_timeout: 1s")
			got := runUntil(t, stream, output, want.Len())
			require.True(t, bytes.Equal(want.Bytes(), got), "the file has not what was sent")
			protocols, _, _ := f.seen()
			require.Equal(t, []string{test.protocol, test.protocol, test.protocol}, protocols)
		})
	}
}

// Without the root certificate the connection is refused, and the reason said.
func TestUnknownCertificate(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	f := newFront(t, server, true)
	stream, _ := pipelineToFile(t, server, t.TempDir(), "base_url: "+f.URL+"\n    max_consecutive_failures: 1\n    backoff: {initial_interval: 1ms, max_interval: 1ms}")
	require.NoError(t, stream.Run(t.Context()))
	require.ErrorContains(t, plugin.Failure(stream.Resources()), "certificate signed by unknown authority")
}

// A transport keeps an HTTP/2 connection whose stream was cancelled, for the
// next request. Here there is none, so nothing may be left of it.
func TestHTTP2ConnectionsAreClosed(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	f := newFront(t, server, true)
	const attempts = 30
	for range attempts {
		server.Script(chronicletest.Step{Body: []byte("<html>"), Then: chronicletest.Stall})
	}
	extra := fmt.Sprintf("max_consecutive_failures: %d\n    backoff: {initial_interval: 1ms, max_interval: 1ms}", attempts-1)
	stream, _ := pipelineToFile(t, server, t.TempDir(), f.input()+extra)
	require.NoError(t, stream.Run(t.Context()))
	require.ErrorContains(t, plugin.Failure(stream.Resources()), "giving up after 30 failures")
	require.Eventually(t, func() bool {
		_, opened, open := f.seen()
		return opened == attempts && open == 0
	}, 10*time.Second, 10*time.Millisecond)
}
