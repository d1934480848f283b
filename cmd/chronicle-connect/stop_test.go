package main

import (
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A webhook is what an http_client output posts to. It answers as many posts as
// it is told to, and holds the others.
type webhook struct {
	*httptest.Server

	mu       sync.Mutex // guards what follows
	answers  int        // how many more posts are answered
	refused  string     // a line that is answered with a refusal
	held     int        // posts that wait for an answer
	answered []string   // bodies, each as a line
	changed  chan struct{}
}

func newWebhook(t *testing.T, answers int) *webhook {
	w := &webhook{answers: answers, changed: make(chan struct{})}
	w.Server = httptest.NewServer(http.HandlerFunc(w.receive))
	t.Cleanup(w.Close)
	return w
}

func (w *webhook) receive(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client broke off
	}
	w.mu.Lock()
	w.held++
	for w.answers == 0 {
		changed := w.changed
		w.mu.Unlock()
		select {
		case <-changed:
		case <-r.Context().Done():
		}
		w.mu.Lock()
		if r.Context().Err() != nil {
			w.held--
			w.mu.Unlock()
			return
		}
	}
	defer w.mu.Unlock()
	w.held--
	w.answers--
	line := string(body) + "\n"
	if line == w.refused {
		out.WriteHeader(http.StatusBadRequest)
		return
	}
	w.answered = append(w.answered, line)
	out.WriteHeader(http.StatusNoContent)
}

// refuse answers a line with a refusal from now on, "" none.
func (w *webhook) refuse(line string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refused = line
}

// answerAll answers every post from now on, and those that are held.
func (w *webhook) answerAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers = math.MaxInt
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *webhook) holds() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.held
}

// got is what was answered from the i-th post on.
func (w *webhook) got(i int) []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.answered[i:])
}

// output is the part of a config that posts to the webhook, and waits for its
// answers as long as a test likes.
func (w *webhook) output(inFlight int) string {
	return fmt.Sprintf("http_client: {url: %s, max_in_flight: %d, timeout: 1h, retries: 0}", w.URL, inFlight)
}

// detections are some of a ledger, as strings.
func (l *ledger) detections(from, to int) (lines []string) {
	for _, line := range l.from(from)[:to-from] {
		lines = append(lines, string(line))
	}
	return lines
}

// SIGTERM at any moment: every process ends by itself and with 0, and the next
// one repeats nothing but parts of a batch that was not complete.
func TestStopAtRandomPoints(t *testing.T) {
	t.Parallel() // it is waiting that takes the time
	u := newUpset(t)
	enough := u.keepAppending()
	defer enough()
	for round := range 10 {
		p := u.run(round, syscall.SIGTERM)
		whole, repeated, torn := u.end()
		t.Logf("delivered %d detections, %d of them again", whole, repeated)
		status := p.command.ProcessState.Sys().(syscall.WaitStatus)
		if status.Signaled() && moments[round%len(moments)].early {
			continue // before Benthos catches signals, which makes it a kill
		}
		require.Zero(t, p.command.ProcessState.ExitCode(), "exit code; %s", p.command.ProcessState)
		require.Zero(t, torn)
		require.Equal(t, u.ledger.wholeBatches(u.from+whole), u.ledger.until(u.stored()), "the position covers the batches that were delivered")
	}
	enough()
	u.finish()
	t.Logf("%d detections, %d repetitions", u.done, u.repeated)
}

// wholeBatches is how many of the first n detections are of batches that the
// first n have to the end. The positions inside of a batch are a microsecond
// apart; two batches may be as close, but not in these tests' pace.
func (l *ledger) wholeBatches(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n > 0 && n < len(l.positions) && l.positions[n].Sub(l.positions[n-1]) == time.Microsecond {
		n--
	}
	return n
}

// What the output is at is finished, and then covered by the position.
func TestStopWithWorkInFlight(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	hook := newWebhook(t, 15)
	l := newLedger(server, 1)
	for range 12 {
		l.append(5, 1200)
	}
	d := deploy(t, server, settings{
		input:  []string{"start_time: 1h"},
		output: hook.output(4),
		rest:   "logger: {level: debug}",
	})
	p := d.start()
	waitFor(t, "posts to wait for their answers", func() bool { return hook.holds() == 4 })
	p.terminate()
	// The receiver is so slow that the reading has ended long before it answers.
	p.waitLog("Waiting for pending acks to resolve before shutting down.")
	hook.answerAll()
	require.Zero(t, p.waitExit(10*time.Second), "exit code")
	covered := l.until(d.stored())
	require.GreaterOrEqual(t, covered, 15+4, "what was answered and what was held")
	require.Less(t, covered, l.count(), "it went on reading after the signal")
	require.ElementsMatch(t, l.detections(0, covered), hook.got(0), "the position covers what was delivered, and nothing else")

	l.append(5, 1200)
	p = d.start()
	waitFor(t, "the rest", func() bool { return len(hook.got(0)) >= l.count() })
	p.stop()
	require.ElementsMatch(t, l.detections(covered, l.count()), hook.got(covered), "nothing is lost and nothing repeated")
	require.Equal(t, l.count(), l.until(d.stored()))
}

// What is refused while the process stops is not delivered any more, and holds
// the position back from what was delivered after it.
func TestStopWithWorkRefused(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	hook := newWebhook(t, 0)
	l := newLedger(server, 1)
	for range 4 {
		l.append(1, 1200)
	}
	d := deploy(t, server, settings{
		input:  []string{"start_time: 1h"},
		output: hook.output(4),
		rest:   "logger: {level: debug}",
	})
	p := d.start()
	waitFor(t, "posts to wait for their answers", func() bool { return hook.holds() == 4 })
	p.terminate()
	p.waitLog("Waiting for pending acks to resolve before shutting down.")
	hook.refuse(l.detections(1, 2)[0])
	hook.answerAll()
	require.Zero(t, p.waitExit(10*time.Second), "exit code")
	require.Equal(t, 1, l.until(d.stored()), "what is before the refused one")
	require.Len(t, hook.got(0), 3)

	hook.refuse("")
	p = d.start()
	waitFor(t, "the rest", func() bool { return len(hook.got(3)) >= 3 })
	p.stop()
	require.ElementsMatch(t, l.detections(1, 4), hook.got(3))
	require.Equal(t, 4, l.until(d.stored()))
}

// An output that never answers can't hold the process up for longer than
// shutdown_timeout. What it was at is not covered by the position.
func TestStopWithTheOutputBlocked(t *testing.T) {
	for _, set := range []string{"auto_replay_nacks: true", "auto_replay_nacks: false"} {
		t.Run(set, func(t *testing.T) {
			t.Parallel() // it is waiting that takes the time
			server := chronicletest.NewServer()
			defer server.Close()
			// One in flight, so that the answers are of the first two batches and
			// of a part of the third.
			hook := newWebhook(t, 13)
			l := newLedger(server, 1)
			for range 12 {
				l.append(5, 1200)
			}
			d := deploy(t, server, settings{
				input:  []string{"start_time: 1h", set},
				output: hook.output(1),
				rest:   "shutdown_timeout: 4s",
			})
			p := d.start()
			waitFor(t, "a post to wait for its answer", func() bool { return len(hook.got(0)) == 13 && hook.holds() == 1 })
			p.terminate()
			// After three quarters of the time Benthos lets go of what is in
			// flight. If all ends by that, it is as good as any other end; if
			// not, the exit code is 1 a second after the timeout.
			require.Zero(t, p.waitExit(4*time.Second+5*time.Second), "exit code")
			require.NotContains(t, p.log.String(), "goroutine profile", "it dumped its stack")
			require.Equal(t, 10, l.until(d.stored()), "the position covers the batches that were answered to the end")
			require.Equal(t, l.detections(0, 13), hook.got(0))

			waitFor(t, "the webhook to notice", func() bool { return hook.holds() == 0 })
			hook.answerAll()
			p = d.start()
			waitFor(t, "the rest", func() bool { return len(hook.got(13)) >= l.count()-10 })
			p.stop()
			require.Equal(t, l.detections(10, l.count()), hook.got(13))
			require.Equal(t, l.count(), l.until(d.stored()))
		})
	}
}

// A wait of almost an hour ends at once, before the first connection and after.
func TestStopWithTheServerRefusing(t *testing.T) {
	refuse := chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3000"}}
	for name, steps := range map[string][]chronicletest.Step{
		"from the start":      {refuse},
		"after a first batch": {{AfterElements: 1, AfterBytes: 1000, Then: chronicletest.Cut}, refuse},
	} {
		t.Run(name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{"start_time: 1h"}})}
			a.ledger.append(5, 1200)
			a.ledger.append(5, 1200)
			server.Script(steps...)
			a.begin()
			p := a.start()
			p.waitLog("the server answered 503")
			p.stop()
			whole, _, torn := a.end()
			require.Equal(t, 5*(len(steps)-1), whole)
			require.Zero(t, torn)
			require.Equal(t, whole, a.ledger.until(a.stored()))
			a.ledger.append(5, 1200)
			a.finish()
			require.Zero(t, a.repeated)
		})
	}
}

func TestStopWithTheTokenEndpointStalled(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{"start_time: 1h"}})}
	a.ledger.append(5, 1200)
	server.ScriptToken(chronicletest.TokenStep{Stall: true})
	a.begin()
	p := a.start()
	waitFor(t, "a request for a token", func() bool { return server.TokenRequests() == 1 })
	p.stop()
	a.end()
	require.Empty(t, server.Requests())
	a.finish()
	require.Zero(t, a.repeated)
}

// In the middle of 40 MB that are one batch: the pieces that were handed on are
// finished, and the position stays before the batch, which comes again.
func TestStopWithHalfABatch(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []chronicletest.Step
		bytes int // in the file when the process is stopped
	}{
		{
			name:  "stalled",
			steps: []chronicletest.Step{{AfterElements: 1, AfterBytes: 20 << 20, Then: chronicletest.Stall}},
			bytes: 18 << 20,
		},
		{
			name:  "trickles",
			steps: []chronicletest.Step{{ChunkBytes: 64 << 10, ChunkDelay: 20 * time.Millisecond}},
			bytes: 2 << 20,
		},
		{
			// What comes over the second connection again is not handed on again.
			name: "cut, then stalled",
			steps: []chronicletest.Step{
				{AfterElements: 1, AfterBytes: 10 << 20, Then: chronicletest.Cut},
				{AfterElements: 0, AfterBytes: 20 << 20, Then: chronicletest.Stall},
			},
			bytes: 18 << 20,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			const piece = 250
			server := chronicletest.NewServer()
			defer server.Close()
			a := &audit{
				ledger: newLedger(server, 1),
				deployment: deploy(t, server, settings{input: []string{
					"start_time: 1h", fmt.Sprintf("max_batch_count: %d", piece),
				}}),
			}
			before := a.ledger.append(5, 1200)
			a.ledger.append(10_000, 4000)
			server.Script(test.steps...)
			a.begin()
			p := a.start()
			waitFor(t, "a part of the batch", func() bool { return a.size() >= test.bytes })
			p.stop()
			whole, _, torn := a.end()
			require.Zero(t, torn)
			require.Zero(t, (whole-5)%piece, "pieces are finished")
			require.Less(t, whole, 5+10_000)
			require.Equal(t, before, a.stored())
			a.finish()
			require.Equal(t, whole-5, a.repeated)
		})
	}
}
