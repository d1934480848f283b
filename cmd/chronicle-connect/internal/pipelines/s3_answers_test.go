//go:build !minimal

package pipelines

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A proxy that answers for S3 with a page passes for success with the SDK, so the
// object is read back.
func TestS3Answers(t *testing.T) {
	t.Parallel()
	gateway := servers.StartReal(t, "s3")
	require.NoError(t, os.Mkdir(filepath.Join(gateway.Dir, servers.S3Bucket), 0o700))
	behind, err := url.Parse("http://" + gateway.Addr())
	require.NoError(t, err)
	// The Host header is signed, so it stays.
	through := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.Host = r.In.Host
	}}
	var pages atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if pages.Add(1) <= 5 {
			_, _ = w.Write([]byte("<html>sign in</html>")) // fails only where the client broke off
			return
		}
		// The answer may begin before the request is read.
		_ = http.NewResponseController(w).EnableFullDuplex()
		through.ServeHTTP(w, r)
	}))
	t.Cleanup(proxy.Close)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	d := programtest.DeployFile(t, server, "s3.yaml", append(s3Settings(gateway), "S3_ENDPOINT="+proxy.URL, "S3_READ_BACK=")...)
	d.Args = append(d.Args, withoutWaits("output.broker.outputs.0.retry")...)
	process := d.Start()
	waiting.For(t, "the object", func() bool {
		stored, asked := d.Stored(), pages.Load()
		require.False(t, asked <= 5 && stored.Equal(last), "after %d pages the position is past the detection", asked)
		return stored.Equal(last)
	})
	process.Stop()
	ids, err := servers.IDsOfObjects(func() (servers.Objects, error) { return servers.S3Objects("http://" + gateway.Addr()) })()
	require.NoError(t, err)
	require.Equal(t, []string{"de_1"}, ids)
	require.Contains(t, process.Log.String(), "the object read back is not what was sent: <html>sign in")
}
