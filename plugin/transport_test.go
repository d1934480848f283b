package plugin_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// front puts TLS before the stand-in, as Google's front end is, with HTTP/2 or
// without.
func front(t *testing.T, server *chronicletest.Server, http2 bool) (f *httptest.Server, protocols func() []string) {
	t.Helper()
	target, err := url.Parse(server.URL)
	require.NoError(t, err)
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		FlushInterval: -1,
	}
	var mu sync.Mutex
	var seen []string
	f = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		seen = append(seen, r.Proto)
		mu.Unlock()
		proxy.ServeHTTP(w, r)
	}))
	f.EnableHTTP2 = http2
	f.StartTLS()
	t.Cleanup(f.Close)
	return f, func() []string {
		mu.Lock()
		defer mu.Unlock()
		return seen
	}
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
			f, protocols := front(t, server, test.http2)
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
			root := string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: f.Certificate().Raw}))
			extra := fmt.Sprintf("base_url: %s\n    start_time: 1h\n    idle_timeout: 1s\n    tls:\n      root_cas: |\n        %s",
				f.URL, strings.ReplaceAll(root, "\n", "\n        "))
			stream, output := pipelineToFile(t, server, t.TempDir(), extra)
			ran := make(chan error, 1)
			go func() { ran <- stream.Run(context.Background()) }()
			waitForSize(t, output, want.Len())
			require.NoError(t, stream.StopWithin(10*time.Second))
			require.NoError(t, <-ran)
			require.NoError(t, plugin.Failure(stream.Resources()))
			got, err := os.ReadFile(output)
			require.NoError(t, err)
			require.True(t, bytes.Equal(want.Bytes(), got), "the file has not what was sent")
			require.Equal(t, []string{test.protocol, test.protocol, test.protocol}, protocols())
		})
	}
}

// Without the root certificate the connection is refused, and the reason said.
func TestUnknownCertificate(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	f, _ := front(t, server, true)
	stream, _ := pipelineToFile(t, server, t.TempDir(), "base_url: "+f.URL+"\n    max_consecutive_failures: 1\n    backoff: {initial_interval: 1ms, max_interval: 1ms}")
	require.NoError(t, stream.Run(t.Context()))
	require.ErrorContains(t, plugin.Failure(stream.Resources()), "certificate signed by unknown authority")
}
