package pipelines

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
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
	*proof.Audit
	t        *testing.T
	server   *chronicletest.Server
	random   *rand.Rand
	scripted int
}

func newUpset(t *testing.T, options ...chronicletest.Option) *upset {
	return newUpsetOf(t, programtest.Deploy, options...)
}

// newUpsetOf is an upset of what deploy deploys.
func newUpsetOf(t *testing.T, deploy func(*testing.T, *chronicletest.Server, programtest.Settings) *programtest.Deployment, options ...chronicletest.Option) *upset {
	random, seed := seededRandom(t)
	server := chronicletest.NewServer(append(options, chronicletest.WithHeartbeatInterval(200*time.Millisecond))...)
	t.Cleanup(server.Close)
	deployed := deploy(t, server, programtest.Settings{Input: []string{
		"start_time: 1h",
		"max_batch_count: 100",
		"max_consecutive_failures: 0",
		"idle_timeout: 2s",
		"first_byte_timeout: 2s",
		"backoff: {initial_interval: 10ms, max_interval: 100ms}",
	}, Rest: slowly})
	u := &upset{Audit: proof.NewAudit(t, ledger.New(server, seed), deployed), t: t, server: server, random: random}
	begin := time.Now().Add(-50 * time.Minute)
	for i := 0; u.Ledger.Count() < 3000; i++ {
		u.Ledger.AppendAt(begin.Add(time.Duration(i)*time.Second), u.batchSize(random), 1200)
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
			u.Ledger.Append(u.batchSize(random), 1200)
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
		for u.Size() == bytes && ctx.Err() == nil {
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
func (u *upset) run(round int, signal syscall.Signal) *programtest.Process {
	u.t.Helper()
	p := u.startUntil(round, signal)
	if signal == syscall.SIGKILL {
		p.Kill()
		return p
	}
	p.Signal(signal)
	p.WaitExit(10 * time.Second)
	return p
}

// startUntil starts a process and waits for the random moment to signal it.
func (u *upset) startUntil(round int, signal syscall.Signal) *programtest.Process {
	u.t.Helper()
	moment := moments[round%len(moments)]
	u.scriptFaults()
	u.Begin()
	requests, before := len(u.server.Requests()), u.Size()
	p := u.Start()
	ctx, cancel := context.WithTimeout(u.t.Context(), 2*time.Second)
	defer cancel()
	moment.reach(ctx, u, requests, before)
	// Not a wait for anything: the random moment is what the test is about.
	delay := time.Duration(u.random.Int64N(int64(moment.within)))
	time.Sleep(delay)
	u.t.Logf("round %d: signal %d %s after %s, from detection %d on", round, signal, delay, moment.name, u.From)
	return p
}
