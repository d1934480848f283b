package pipelines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
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

// bridgeSecret is what both halves of the bridge are started with.
const bridgeSecret = "BRIDGE_SECRET=8c6e29e1f7"

// A receiver is the other half of bridge.yaml, in a host that has none of our code.
type receiver struct {
	t       *testing.T
	dir     string
	address string
	secret  string // as NAME=value
}

// newReceiver writes the example's file, with an address of its own and after some
// changes.
func newReceiver(t *testing.T, changes ...string) *receiver {
	t.Helper()
	r := &receiver{t: t, dir: t.TempDir(), address: fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t)), secret: bridgeSecret}
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
	host.Env = append(host.Environ(), r.secret)
	childprocess.Start(r.t, host)
	return host
}

// kill returns once the port is free for the next one.
func (r *receiver) kill(host *exec.Cmd) {
	r.t.Helper()
	require.NoError(r.t, host.Process.Kill())
	_ = host.Wait() // it was killed
}

func (r *receiver) taken() []byte {
	text, _ := os.ReadFile(filepath.Join(r.dir, "detections.jsonl")) // there is none at first
	return text
}

func (r *receiver) url() string { return "http://" + r.address + "/chronicle" }

// settings are those of bridge.yaml.
func (r *receiver) settings() []string { return []string{"BRIDGE_URL=" + r.url(), bridgeSecret} }

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
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings()...)
	host, p := r.start(), d.Start()
	waiting.For(t, "some detections", func() bool { return bytes.Count(r.taken(), []byte("\n")) >= 50 })
	r.kill(host)
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
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings()...)
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
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings()...)
	r.start()
	p := d.Start()
	waiting.For(t, "the detection to be taken", func() bool { return d.Stored().Equal(last) })
	p.Stop()
	require.Equal(t, 1, bytes.Count(r.taken(), []byte("\n")), "it counted as delivered before")
	require.Empty(t, refusedFiles(t, d))
}

// The other half drops a request without the secret, and answers 401.
func TestBridgeReceiverWantsTheSecret(t *testing.T) {
	t.Parallel()
	_, secret, _ := strings.Cut(bridgeSecret, "=")
	for name, test := range map[string]struct {
		receiver string   // its variable
		header   []string // Authorization
		query    string
		taken    bool
	}{
		"the secret":                                     {receiver: bridgeSecret, header: []string{"Bearer " + secret}, taken: true},
		"no header":                                      {receiver: bridgeSecret},
		"an empty header":                                {receiver: bridgeSecret, header: []string{""}},
		"another secret":                                 {receiver: bridgeSecret, header: []string{"Bearer " + secret + "0"}},
		"the beginning of the secret":                    {receiver: bridgeSecret, header: []string{"Bearer " + secret[:5]}},
		"the secret by another scheme":                   {receiver: bridgeSecret, header: []string{"Basic " + secret}},
		"no secret behind the scheme":                    {receiver: bridgeSecret, header: []string{"Bearer "}},
		"a wrong header before a right one":              {receiver: bridgeSecret, header: []string{"Bearer x", "Bearer " + secret}},
		"the status that a mapping sets":                 {receiver: bridgeSecret, query: "?status=200"},
		"a receiver with an empty secret":                {receiver: "BRIDGE_SECRET=", header: []string{"Bearer "}},
		"a receiver with an empty secret, and no header": {receiver: "BRIDGE_SECRET="},
		"a receiver without a secret, named null":        {receiver: "ANOTHER=", header: []string{"Bearer null"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newReceiver(t)
			r.secret = test.receiver
			r.start()
			var status int
			waiting.For(t, "an answer", func() bool {
				request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, r.url()+test.query, strings.NewReader(`{"id":"de_1"}`))
				require.NoError(t, err)
				request.Header["Authorization"] = test.header
				answer, err := http.DefaultClient.Do(request)
				if err != nil {
					return false // it is not listening yet
				}
				defer answer.Body.Close()
				status = answer.StatusCode
				return true
			})
			if test.taken {
				require.Equal(t, http.StatusOK, status)
				require.JSONEq(t, `{"id":"de_1"}`, string(r.taken()))
				return
			}
			require.Equal(t, http.StatusUnauthorized, status)
			require.Empty(t, r.taken())
		})
	}
}

// With another secret than the receiver's nothing is delivered and nothing is lost.
func TestBridgeWithAnotherSecret(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	last := server.Append(json.RawMessage(`{"id":"de_1"}`))
	r := newReceiver(t)
	r.secret += "0"
	host := r.start()
	d := programtest.DeployFile(t, server, "bridge.yaml", r.settings()...)
	p := d.Start()
	p.WaitLog("(401)")
	require.Empty(t, r.taken())
	require.True(t, d.Stored().Before(last))
	r.kill(host)
	r.secret = bridgeSecret
	r.start()
	waiting.For(t, "the detection to be taken", func() bool { return d.Stored().Equal(last) })
	p.Stop()
	require.NotContains(t, p.Log.String(), strings.TrimPrefix(bridgeSecret, "BRIDGE_SECRET="))
	require.Empty(t, refusedFiles(t, d))
}

// Without TLS nothing leaves the machine, and the log names https.
func TestBridgeInClearText(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	server.Append(json.RawMessage(`{"id":"de_1"}`))
	requests := servers.StartAnswering(t, func(string) servers.Answer { return servers.Answer{Status: 200} })
	_, port, err := net.SplitHostPort(strings.TrimPrefix(requests.URL, "http://"))
	require.NoError(t, err)
	// Linux connects to this machine by it, so that a request would arrive.
	d := programtest.DeployFile(t, server, "bridge.yaml", "BRIDGE_URL=http://0.0.0.0:"+port, bridgeSecret)
	p := d.Start()
	p.WaitLog("want https")
	p.Terminate()
	require.Empty(t, requests.Bodies())
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
	d := programtest.DeployFile(t, server, "bridge.yaml", "BRIDGE_URL="+answering.URL, bridgeSecret)
	const retry = "output.broker.outputs.0.retry.backoff."
	d.Args = append(d.Args, "--set", retry+"initial_interval=10ms", "--set", retry+"max_interval=50ms")
	p := d.Start()
	waiting.For(t, "the detection to be taken", func() bool { return d.Stored().Equal(last) })
	p.Stop()
	require.Greater(t, len(answering.Bodies()), len(noes))
	require.Empty(t, refusedFiles(t, d))
}
