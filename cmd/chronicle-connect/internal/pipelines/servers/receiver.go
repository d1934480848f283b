package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/childprocess"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// receiverAddr makes the test binary a receiver: an HTTP server that listens
// there, as a process of its own so that it can be killed.
const receiverAddr = "CHRONICLE_CONNECT_TEST_RECEIVER"

// What a receiver process is told beside its address.
const (
	receiverLog  = "CHRONICLE_CONNECT_TEST_RECEIVER_LOG"  // path of the file that it appends to
	receiverKind = "CHRONICLE_CONNECT_TEST_RECEIVER_KIND" // of receiverKinds
)

var receiverKinds = map[string]func(*http.Request, []byte) reply{
	"webhook":    webhookReply,
	"hec":        hecReply,
	"pagerduty":  pagerDutyReply,
	"jira":       jiraReply,
	"jira-late":  jiraReply,
	"servicenow": serviceNowReply,
}

// BecomeReceiver makes this process a receiver where StartReceiver has started it to
// be that, and returns where it has not. A package that starts receivers calls it in
// TestMain.
func BecomeReceiver() {
	addr := os.Getenv(receiverAddr)
	if addr == "" {
		return
	}
	fmt.Fprintln(os.Stderr, runReceiver(addr, os.Getenv(receiverLog), os.Getenv(receiverKind)))
	os.Exit(1)
}

// A reply is what a receiver makes of a request.
type reply struct {
	status int
	body   string
	taken  []string // what it keeps of the body
}

// runReceiver serves until it is killed. It writes down what it takes before it
// answers. Now and then it takes nothing and says to come again.
func runReceiver(addr, path, kind string) error {
	take, each := receiverKinds[kind], int64(1)
	if strings.HasPrefix(kind, "jira") || kind == "servicenow" {
		each = 2 // requests for a detection, which has no more bad luck for that
	}
	log, err := os.OpenFile(path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	var requests atomic.Int64
	var mu sync.Mutex // guards log, so that its lines are whole
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client broke off
		}
		switch n := requests.Add(1); {
		case n%(97*each) == 0:
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		case n%(89*each) == 0:
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		answer := take(r, body)
		var lines bytes.Buffer
		for _, taken := range answer.taken {
			line, err := json.Marshal(Receipt{r.Header.Get("Idempotency-Key"), taken})
			if err != nil {
				panic(err) // strings can be marshalled
			}
			lines.Write(append(line, '\n'))
		}
		mu.Lock()
		_, err = log.Write(lines.Bytes())
		mu.Unlock()
		if err != nil {
			answer = reply{status: http.StatusInternalServerError, body: err.Error()}
		}
		w.WriteHeader(answer.status)
		fmt.Fprint(w, answer.body)
	})
	return (&http.Server{Addr: addr, Handler: handler, ReadHeaderTimeout: time.Minute}).ListenAndServe()
}

// A Receiver is such a process, seen from the test.
type Receiver struct {
	t    *testing.T
	kind string
	Addr string
	path string // of what it took

	command *exec.Cmd
	log     *childprocess.Log
}

// StartReceiver starts a receiver of a kind: webhook, which takes one detection a
// request, hec, which answers as Splunk does, pagerduty, jira, jira-late or
// servicenow. It ends with the test.
func StartReceiver(t *testing.T, kind string) *Receiver {
	t.Helper()
	r := &Receiver{
		t: t, kind: kind,
		Addr: fmt.Sprintf("127.0.0.1:%d", FreePort(t)),
		path: filepath.Join(t.TempDir(), "taken.jsonl"),
	}
	r.Restart()
	t.Cleanup(r.Kill)
	return r
}

// Kill ends it in the middle of whatever it is at.
func (r *Receiver) Kill() {
	_ = r.command.Process.Kill() // fails only if it has ended already
	_ = r.command.Wait()         // likewise
}

// Restart starts it at the address and with the file that it had before.
func (r *Receiver) Restart() {
	r.t.Helper()
	r.log = &childprocess.Log{}
	r.command = exec.Command(os.Args[0])
	r.command.Env = append(os.Environ(), receiverAddr+"="+r.Addr, receiverLog+"="+r.path, receiverKind+"="+r.kind)
	r.command.Stdout, r.command.Stderr = r.log, r.log
	childprocess.EndWithParent(r.command)
	require.NoError(r.t, r.command.Start())
	waiting.For(r.t, "the receiver to serve", func() bool { return dials(r.Addr) == nil })
}
