package pipelines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A receiver is the other half of bridge.yaml, in a host that has none of our code.
type receiver struct {
	t       *testing.T
	dir     string
	address string
}

// newReceiver writes the example's file, with an address of its own and after some
// changes.
func newReceiver(t *testing.T, changes ...string) *receiver {
	t.Helper()
	r := &receiver{t: t, dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))}
	text, err := os.ReadFile(repository.Path(t, "examples", "stock-connect", "bridge-receiver.yaml"))
	require.NoError(t, err)
	changed := string(text)
	for i, changes := 0, append(changes, "127.0.0.1:4197", r.address); i < len(changes); i += 2 {
		require.Contains(t, changed, changes[i])
		changed = strings.Replace(changed, changes[i], changes[i+1], 1)
	}
	require.NoError(t, os.WriteFile(filepath.Join(r.dir, "receiver.yaml"), []byte(changed), 0o600))
	return r
}

// start runs it, until the test ends or it is killed.
func (r *receiver) start() *exec.Cmd {
	r.t.Helper()
	host := exec.Command(programtest.StockHost(r.t), "run", "--set", "http.enabled=false", "receiver.yaml")
	host.Dir = r.dir
	childprocess.Start(r.t, host)
	return host
}

func (r *receiver) taken() []byte {
	text, _ := os.ReadFile(filepath.Join(r.dir, "detections.jsonl")) // there is none at first
	return text
}

func (r *receiver) settings() string { return "BRIDGE_URL=http://" + r.address + "/chronicle" }

// Both halves together deliver everything, byte for byte, though each is killed in the
// middle.
func TestBridge(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	l := ledger.New(server, 1)
	for range 30 {
		l.Append(10, 1200)
	}
	r := newReceiver(t)
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings())
	host, p := r.start(), d.Start()
	waiting.For(t, "some detections", func() bool { return bytes.Count(r.taken(), []byte("\n")) >= 50 })
	require.NoError(t, host.Process.Signal(syscall.SIGKILL))
	r.start()
	l.Append(100, 1200)
	half := bytes.Count(r.taken(), []byte("\n"))
	waiting.For(t, "some more", func() bool { return bytes.Count(r.taken(), []byte("\n")) > half })
	p.Kill()
	p = d.Start()
	waiting.For(t, "the position to be behind everything", func() bool { return d.Stored().Equal(l.Last()) })
	p.Stop()
	taken := r.taken()
	for _, line := range l.From(0) {
		require.Contains(t, string(taken), string(line))
	}
}

// The metadata is the input's, and nothing else.
func TestBridgeMetadata(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append(json.RawMessage(`{"id":"de_1","type":"RULE_DETECTION","detection":[{"ruleName":"é\r\nX-Evil: 1"}]}`))
	r := newReceiver(t, "output:\n", "output:\n  processors: [ mapping: root = metadata() ]\n")
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings())
	r.start()
	p := d.Start()
	waiting.For(t, "the detection", func() bool { return bytes.HasSuffix(r.taken(), []byte("\n")) })
	p.Stop()
	var metadata map[string]string
	require.NoError(t, json.Unmarshal(r.taken(), &metadata))
	require.Equal(t, "de_1", metadata["chronicle_detection_id"])
	require.Equal(t, "RULE_DETECTION", metadata["chronicle_detection_type"])
	require.Equal(t, "é\r\nX-Evil: 1", metadata["chronicle_rule_name"])
	for key := range metadata {
		require.True(t, strings.HasPrefix(key, "chronicle_"), key)
	}
}

// What the other half's output rejects is not acknowledged.
func TestBridgeToAnOutputThatRejects(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	const fails = "output:\n  switch:\n    retry_until_success: false\n    cases:\n      - check: count(\"all\") < 3\n        output: { reject: not now }\n      - output:\n          file:\n            path: ./detections.jsonl\n            codec: lines\n"
	r := newReceiver(t, "output:\n  file:\n    path: ./detections.jsonl\n    codec: lines\n", fails)
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings())
	r.start()
	p := d.Start()
	waiting.For(t, "the detection to be taken", func() bool { return d.Stored().Equal(last) })
	p.Stop()
	require.Equal(t, 1, bytes.Count(r.taken(), []byte("\n")), "it counted as delivered before")
	require.Empty(t, refusedFiles(t, d))
}

// refusedFiles are those of detections that were refused.
func refusedFiles(t *testing.T, d *programtest.Deployment) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(d.StateDir, "*_refused.jsonl"))
	require.NoError(t, err)
	return files
}

// Only 2xx is a yes, and only what is said to be wrong with the detection a refusal.
func TestBridgeAnswers(t *testing.T) {
	t.Parallel()
	var noes []servers.Answer
	for _, status := range []int{300, 302, 304, 399, 401, 403, 404, 408, 499} {
		noes = append(noes, servers.Answer{Status: status, Header: http.Header{"Location": {"/elsewhere"}}})
	}
	answering := servers.StartAnswering(t, func(string) servers.Answer { return servers.Answer{Status: 200} }, noes...)
	server := chronicletest.NewServer()
	defer server.Close()
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	d := programtest.DeployFile(t, server, "bridge.yaml", "BRIDGE_URL="+answering.URL)
	const retry = "output.broker.outputs.0.retry.backoff."
	d.Args = append(d.Args, "--set", retry+"initial_interval=10ms", "--set", retry+"max_interval=50ms")
	p := d.Start()
	waiting.For(t, "the detection to be taken", func() bool { return d.Stored().Equal(last) })
	p.Stop()
	require.Greater(t, len(answering.Bodies()), len(noes))
	require.Empty(t, refusedFiles(t, d))
}
