package main

import (
	"context"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// seededRandom is logged, and by that shown where the test fails. The seed in the
// environment makes the same choices again, as far as timing lets it.
func seededRandom(t *testing.T) (random *rand.Rand, seed uint64) {
	t.Helper()
	const variable = "CHRONICLE_CONNECT_TEST_SEED"
	seed = rand.Uint64()
	if given := os.Getenv(variable); given != "" {
		var err error
		seed, err = strconv.ParseUint(given, 10, 64)
		require.NoError(t, err, variable)
	}
	t.Logf("%s=%d", variable, seed)
	return rand.New(rand.NewPCG(seed, 0)), seed
}

// slowly makes a pipeline take its time for every batch, so that there is work in
// flight at all times: what was read is several batches ahead of what is in the
// file.
const slowly = `pipeline: {threads: 1, processors: [sleep: {duration: '${! if batch_index() == 0 { "50ms" } else { "0s" } }'}]}`

// An upset is a pipeline to a file while a history goes on growing and
// connections break, and signals that end its process at random moments.
type upset struct {
	*audit
	random   *rand.Rand
	scripted int
}

func newUpset(t *testing.T, options ...chronicletest.Option) *upset {
	random, seed := seededRandom(t)
	server := chronicletest.NewServer(append(options, chronicletest.WithHeartbeatInterval(200*time.Millisecond))...)
	t.Cleanup(server.Close)
	u := &upset{random: random, audit: &audit{
		ledger: newLedger(server, seed),
		deployment: deploy(t, server, settings{input: []string{
			"start_time: 1h",
			"max_batch_count: 100",
			"max_consecutive_failures: 0",
			"idle_timeout: 2s",
			"backoff: {initial_interval: 10ms, max_interval: 100ms}",
		}, rest: slowly}),
	}}
	begin := time.Now().Add(-50 * time.Minute)
	for i := 0; u.ledger.count() < 3000; i++ {
		u.ledger.appendAt(begin.Add(time.Duration(i)*time.Second), u.batchSize(random), 1200)
	}
	return u
}

// batchSize is mostly that of a quiet stream, and now and then that of a burst,
// which is handed on in several pieces.
func (u *upset) batchSize(random *rand.Rand) int {
	if random.IntN(4) == 0 {
		return 150 + random.IntN(450)
	}
	return 1 + random.IntN(40)
}

// keepAppending lets the history grow until the returned function is called.
func (u *upset) keepAppending() (enough func()) {
	random := rand.New(rand.NewPCG(u.random.Uint64(), 0))
	stop := make(chan struct{})
	var appending sync.WaitGroup
	appending.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(200+random.IntN(200)) * time.Millisecond): // the pace of a server
			}
			u.ledger.append(u.batchSize(random), 1200)
		}
	})
	return sync.OnceFunc(func() {
		close(stop)
		appending.Wait()
	})
}

// scriptFaults sees to it that the next streams are slow, so that there is a
// middle to hit, and that many of them break.
func (u *upset) scriptFaults() {
	for ; u.scripted-len(u.server.Requests()) < 3; u.scripted++ {
		step := chronicletest.Step{ChunkBytes: 32 << 10, ChunkDelay: 5 * time.Millisecond}
		if fault := u.random.IntN(5); fault > 1 {
			step.AfterElements, step.AfterBytes = u.random.IntN(8), u.random.IntN(300_000)
			step.Then = chronicletest.Cut
			if fault == 4 {
				step.Then = chronicletest.Stall
			}
		}
		u.server.Script(step)
	}
}

// A moment is what a signal follows, and by how much at the most.
type moment struct {
	name string
	// reach waits, at the most until ctx ends: a stream that stalls at once lets
	// nothing happen. Before the process began there were as many stream
	// requests, and bytes in the file.
	reach  func(ctx context.Context, u *upset, requests, bytes int)
	within time.Duration
	early  bool // the process may not be ready for signals yet
}

// starting is before the configuration is read, or not long after.
var starting = moment{
	name:   "starting",
	reach:  func(context.Context, *upset, int, int) {},
	within: 120 * time.Millisecond,
	early:  true,
}

var connecting = moment{
	name: "connecting",
	reach: func(ctx context.Context, u *upset, requests, _ int) {
		_ = u.server.WaitForRequests(ctx, requests+1)
	},
	within: 20 * time.Millisecond,
	early:  true,
}

var delivering = moment{
	name: "delivering",
	reach: func(ctx context.Context, u *upset, _, bytes int) {
		for u.size() == bytes && ctx.Err() == nil {
			time.Sleep(time.Millisecond)
		}
	},
	within: 500 * time.Millisecond,
}

var reconnecting = moment{
	name: "reconnecting",
	reach: func(ctx context.Context, u *upset, requests, _ int) {
		_ = u.server.WaitForRequests(ctx, requests+2)
	},
	within: 300 * time.Millisecond,
}

// moments come in turn.
var moments = []moment{starting, delivering, connecting, delivering, reconnecting}

// run starts a process and signals it at a random moment.
func (u *upset) run(round int, signal syscall.Signal) *process {
	u.t.Helper()
	moment := moments[round%len(moments)]
	u.scriptFaults()
	u.begin()
	requests, before := len(u.server.Requests()), u.size()
	p := u.start()
	ctx, cancel := context.WithTimeout(u.t.Context(), 2*time.Second)
	defer cancel()
	moment.reach(ctx, u, requests, before)
	// Not a wait for anything: the random moment is what the test is about.
	delay := time.Duration(u.random.Int64N(int64(moment.within)))
	time.Sleep(delay)
	u.t.Logf("round %d: signal %d %s after %s, from detection %d on", round, signal, delay, moment.name, u.from)
	if signal == syscall.SIGKILL {
		p.kill()
		return p
	}
	require.NoError(u.t, p.command.Process.Signal(signal))
	p.waitExit(10 * time.Second)
	return p
}

// Whenever the process is killed, the next one goes on so that nothing is lost,
// and repeats no more than what came after the stored position.
func TestKilledAtRandomPoints(t *testing.T) {
	t.Parallel() // it is waiting that takes the time
	// A burst comes in parts here, each with a position inside of what was
	// appended.
	u := newUpset(t, chronicletest.WithMaxBatch(350))
	enough := u.keepAppending()
	defer enough()
	for round := range 20 {
		u.run(round, syscall.SIGKILL)
		whole, repeated, torn := u.end()
		t.Logf("delivered %d detections, %d of them again, and %d bytes of another", whole, repeated, torn)
	}
	enough()
	u.finish()
	t.Logf("%d detections, %d repetitions", u.done, u.repeated)
}

// A kill when everything is acknowledged and the position is stored, which takes
// no stop, repeats nothing.
func TestKilledAtRest(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{"start_time: 1h"}})}
	for range 3 {
		var last time.Time
		for range 5 {
			last = a.ledger.append(20, 1200)
		}
		a.begin()
		p := a.start()
		waitFor(t, "the position of the last batch", func() bool { return a.stored().Equal(last) })
		p.kill()
		whole, repeated, torn := a.end()
		require.Equal(t, []int{100, 0, 0}, []int{whole, repeated, torn})
	}
	a.ledger.append(20, 1200)
	a.finish()
	require.Zero(t, a.repeated)
}

// A kill may leave a part of a detection at the end of the file. It doesn't count
// as delivered: all of it follows.
func TestKilledWhileWriting(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{"start_time: 1h"}})}
	a.ledger.append(1, 1200)
	small := a.ledger.bytesFrom(0)
	a.ledger.append(1, 30_000_000) // takes the kernel a while
	a.begin()
	p := a.start()
	waitFor(t, "the small detection", func() bool { return a.size() >= small })
	// In more haste than waitFor, to hit the write of the large one.
	for deadline := time.Now().Add(patience); a.size() == small && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	p.kill()
	whole, _, torn := a.end()
	t.Logf("delivered %d detections and %d bytes of another", whole, torn)
	a.finish()
}

// The stored position never covers what the output was not done with.
func TestKilledWithTheOutputBlocked(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	hook := newWebhook(t, 13)
	l := newLedger(server, 1)
	for range 12 {
		l.append(5, 1200)
	}
	d := deploy(t, server, settings{input: []string{"start_time: 1h"}, output: hook.output(1)})
	p := d.start()
	waitFor(t, "the position of the second batch", func() bool { return l.until(d.stored()) == 10 })
	waitFor(t, "a post to wait for its answer", func() bool { return len(hook.got(0)) == 13 && hook.holds() == 1 })
	p.kill()
	require.Equal(t, 10, l.until(d.stored()))

	waitFor(t, "the webhook to notice", func() bool { return hook.holds() == 0 })
	hook.answerAll()
	p = d.start()
	waitFor(t, "the rest", func() bool { return len(hook.got(13)) >= l.count()-10 })
	p.stop()
	require.Equal(t, l.detections(10, l.count()), hook.got(13))
}

// What begins now has begun, though nothing came before the process was killed,
// and even if the server was down: what is created while the process is down
// arrives.
func TestKilledBeforeTheFirstBatch(t *testing.T) {
	for name, steps := range map[string][]chronicletest.Step{
		"connected": nil,
		"refused":   {{Refuse: &chronicletest.Refusal{Status: 503, RetryAfter: "3000"}}},
	} {
		t.Run(name, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			server.AppendAt(time.Now().Add(-time.Minute), []byte(`{"id":"de_before"}`))
			server.Script(steps...)
			a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{`start_time: ""`}})}
			a.begin()
			p := a.start()
			require.NoError(t, server.WaitForRequests(t.Context(), 1))
			waitFor(t, "the position of the start", func() bool { return !a.stored().IsZero() })
			p.kill()
			whole, _, torn := a.end()
			require.Zero(t, whole+torn)

			for range 3 {
				a.ledger.append(20, 1200)
			}
			// Killed again, and before it connects.
			server.ScriptToken(chronicletest.TokenStep{Stall: true})
			a.begin()
			p = a.start()
			waitFor(t, "a request for a token", func() bool { return server.TokenRequests() == 2 })
			p.kill()
			a.end()

			a.ledger.append(20, 1200)
			a.finish()
			require.Zero(t, a.repeated)
			var asked []bool
			for _, request := range server.Requests() {
				asked = append(asked, request.ContinuationTime != "")
			}
			require.Equal(t, []bool{false, true}, asked, "requests that name a time")
		})
	}
}

// The file cache empties a file before it writes to it. A kill at that moment
// costs nothing: another copy of the position is whole.
func TestKilledWhileStoring(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{`start_time: ""`}})}
	a.begin()
	p := a.start()
	require.NoError(t, server.WaitForRequests(t.Context(), 1))
	last := a.ledger.append(20, 1200)
	waitFor(t, "the position of the batch", func() bool { return a.stored().Equal(last) })
	p.kill()
	a.end()
	require.NoError(t, os.Truncate(filepath.Join(a.state, "chronicle_detection_alerts"), 0))

	a.ledger.append(20, 1200)
	a.finish()
	require.Zero(t, a.repeated)
}
