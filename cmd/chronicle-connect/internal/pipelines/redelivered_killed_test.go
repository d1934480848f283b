package pipelines

import (
	"hash/fnv"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A temper is that of a webhook that refuses a detection the first few times that it
// comes.
type temper struct {
	mu      sync.Mutex // guards what follows
	asked   map[string]int
	taken   map[string]bool
	patient bool // it takes everything
}

func (w *temper) answer(body string) servers.Answer {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[body]++
	hash := fnv.New32()
	_, _ = hash.Write([]byte(body)) // it never fails
	if !w.patient && w.asked[body] <= 1+int(hash.Sum32()%4) {
		return servers.Answer{Status: http.StatusUnprocessableEntity, Body: "not now"}
	}
	w.taken[body] = true
	return servers.Answer{Status: http.StatusOK}
}

// requests is how many there were.
func (w *temper) requests() (n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, times := range w.asked {
		n += times
	}
	return n
}

// A redelivery is killed, or stopped, wherever it may be, while the pipeline goes on
// writing to the file. Nothing is lost.
func TestRedeliverKilledAtRandomPoints(t *testing.T) {
	t.Parallel()
	random, _ := seededRandom(t)
	webhook := &temper{asked: map[string]int{}, taken: map[string]bool{}}
	answering := servers.StartAnswering(t, webhook.answer)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	d := programtest.DeployFile(t, server, "http.yaml",
		"HTTP_URL="+answering.URL, "HTTP_SUCCESS=", "HTTP_AUTHORIZATION=", "CHRONICLE_FORMAT=", "CHRONICLE_MIN_SEVERITY=")
	path := filepath.Join(d.StateDir, "http_refused.jsonl")
	pipeline := d.Start()
	killed := 0
	for round := range 12 {
		at := sent.Append(300, ledger.FeedSize)
		if round == 0 {
			waiting.For(t, "something to be refused", func() bool { return d.Stored().Equal(at) })
		}
		p := d.StartCommand("redeliver", path)
		waiting.For(t, "the file to be moved aside", func() bool {
			_, err := os.Stat(path + ".redelivering")
			return err == nil || p.Ended()
		})
		before, enough := webhook.requests(), random.IntN(400)
		waiting.For(t, "it to be at work", func() bool { return webhook.requests() >= before+enough || p.Ended() })
		if signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM}[random.IntN(2)]; !p.Ended() {
			time.Sleep(time.Duration(random.IntN(20)) * time.Millisecond) // anywhere, the end included
			_ = p.TrySignal(signal)                                       // it may have ended
		}
		p.WaitExit(waiting.Patience)
		if _, err := os.Stat(path + ".redelivering"); err == nil {
			killed++
		}
	}
	waiting.For(t, "the pipeline to have all", func() bool { return d.Stored().Equal(sent.Last()) })
	pipeline.Stop()

	webhook.mu.Lock()
	webhook.patient = true
	webhook.mu.Unlock()
	p := d.StartCommand("redeliver", path)
	require.Zero(t, p.WaitExit(waiting.Patience), "exit code")
	left, err := filepath.Glob(filepath.Join(d.StateDir, "http_refused*"))
	require.NoError(t, err)
	require.Empty(t, left)
	var lost []string
	for id, body := range sent.ByID(t) {
		if !webhook.taken[strings.TrimSuffix(string(body), "\n")] {
			lost = append(lost, id)
		}
	}
	slices.Sort(lost)
	require.Empty(t, lost)
	t.Logf("%d detections, %d requests, killed at work %d times", sent.Count(), webhook.requests(), killed)
}
