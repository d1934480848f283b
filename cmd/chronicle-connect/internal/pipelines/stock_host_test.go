package pipelines

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// atOnce makes inputs go on at once after a failure.
var atOnce = []string{
	"start_time: 1h",
	"max_consecutive_failures: 0",
	"backoff: {initial_interval: 10ms, max_interval: 100ms}",
}

// A host that has none of our code in it delivers what the stand-in sends, byte for
// byte and once, however often the stream breaks; told to stop, it stops, and goes on
// where it was.
func TestStockHostThroughCuts(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	l := ledger.New(server, 1)
	for range 60 {
		l.Append(100, 1200)
	}
	for i := range 20 {
		server.Script(chronicletest.Step{AfterElements: 1 + i%4, AfterBytes: 1000 * i, Then: chronicletest.Cut})
	}
	a := proof.NewAudit(t, l, programtest.DeployStock(t, server, programtest.Settings{Input: atOnce}))
	a.Finish()
	require.GreaterOrEqual(t, len(server.Requests()), 20, "the stream was not broken")
	l.Append(100, 1200)
	a.Finish()
	require.Zero(t, a.Repeated)
}

func stock(t *testing.T, server *chronicletest.Server, set programtest.Settings) *programtest.Deployment {
	t.Helper()
	return programtest.DeployStock(t, server, set)
}

// Whenever the host is killed, the plugin ends with it, and the next host goes on so
// that nothing is lost, and repeats no more than what came after the stored position.
func TestStockHostKilled(t *testing.T) {
	t.Parallel()
	u := newUpsetOf(t, stock, chronicletest.WithMaxBatch(350))
	enough := u.keepAppending()
	defer enough()
	for round := range 10 {
		p := u.startUntil(round, syscall.SIGKILL)
		plugins := descendants(t, p.Pid())
		p.Kill()
		waiting.For(t, "the plugin to end with its host", func() bool { return !alive(plugins) })
		whole, repeated, torn := u.End()
		t.Logf("delivered %d detections, %d of them again, and %d bytes of another", whole, repeated, torn)
	}
	enough()
	u.Finish()
	t.Logf("%d detections, %d repetitions", u.Done, u.Repeated)
}

// Whenever the plugin is killed, the host starts another one, which repeats what came
// after the stored position. Nothing is lost.
func TestStockPluginKilled(t *testing.T) {
	t.Parallel()
	random, seed := seededRandom(t)
	server := chronicletest.NewServer(chronicletest.WithMaxBatch(350))
	defer server.Close()
	l := ledger.New(server, seed)
	begin := time.Now().Add(-50 * time.Minute)
	for i := range 300 {
		l.AppendAt(begin.Add(time.Duration(i)*time.Second), 1+random.IntN(40), 1200)
	}
	d := programtest.DeployStock(t, server, programtest.Settings{Input: append(atOnce, "max_batch_count: 100"), Rest: slowly})
	p := d.Start()
	const kills = 10
	for range kills {
		size := d.Size()
		waiting.For(t, "something to be delivered", func() bool { return d.Size() > size })
		time.Sleep(time.Duration(random.Int64N(int64(300 * time.Millisecond)))) // the random moment is what the test is about
		// The guard, which the host started, and the plugin, which that has started.
		var plugins []int
		waiting.For(t, "the plugin to run", func() bool {
			plugins = descendants(t, p.Pid())
			return len(plugins) == 2 && isPlugin(plugins[1])
		})
		kill(t, plugins[1])
		waiting.For(t, "the plugin to be gone", func() bool { return !alive(plugins) })
	}
	l.Append(1, 1200)
	last := l.From(l.Count() - 1)[0]
	waiting.For(t, "the last detection", func() bool { return bytes.HasSuffix(d.Written(0), last) })
	p.Stop()
	require.Equal(t, l.Last(), d.Stored())

	place := make(map[string]int, l.Count())
	for i, line := range l.From(0) {
		place[string(line)] = i
	}
	next, back, count := 0, 0, 0
	for line := range bytes.Lines(d.Written(0)) {
		i, sent := place[string(line)]
		require.True(t, sent, "nobody has sent %.200q", line)
		require.LessOrEqual(t, i, next, "detections are missing")
		if i < next {
			back++
		}
		next = i + 1
		count++
	}
	require.Equal(t, l.Count(), next)
	require.LessOrEqual(t, back, kills, "it went back more often than it was killed")
	t.Logf("%d detections, %d repetitions", l.Count(), count-l.Count())
}

// What the host's output rejects comes again, and the position waits for it.
func TestStockHostRejects(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	l := ledger.New(server, 1)
	for range 20 {
		l.Append(10, 1200)
	}
	path := filepath.Join(t.TempDir(), "taken.jsonl")
	d := programtest.DeployStock(t, server, programtest.Settings{
		Input: atOnce,
		Output: fmt.Sprintf(`
    switch:
      retry_until_success: false
      cases:
        - check: 'count("all") %% 7 == 0'
          output: {reject: "not now"}
        - output: {file: {path: %q, codec: lines}}`, path),
	})
	p := d.Start()
	waiting.For(t, "the position to be behind everything", func() bool { return d.Stored().Equal(l.Last()) })
	p.Stop()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	for _, line := range l.From(0) {
		require.Contains(t, string(text), string(line))
	}
	require.Greater(t, bytes.Count(text, []byte("\n")), l.Count()-1)
}

// Three bad messages in a batch of 50 hold up the others only for some seconds, though
// the output takes or rejects batches as a whole, as a host does.
func TestStockHostRejectsBatchesWithBadMessages(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	const size, bad = 50, 3
	var batch []json.RawMessage
	for i := range size {
		batch = append(batch, json.RawMessage(fmt.Sprintf(`{"id":"de_%d"}`, i)))
	}
	server.Append(batch...)
	path := filepath.Join(t.TempDir(), "taken.jsonl")
	p := programtest.DeployStock(t, server, programtest.Settings{
		Input: atOnce,
		Output: fmt.Sprintf(`
    reject_errored:
      file: {path: %q, codec: lines}
    processors:
      - log: {message: one of a batch}
      - archive: {format: lines}
      - mapping: 'root = if content().string().re_match("\"de_(7|23|41)\"") { throw("bad") }'`, path),
	}).Start()
	taken := func() (lines []string) {
		text, _ := os.ReadFile(path) // which is not there at first
		return strings.Fields(string(text))
	}
	waiting.For(t, "the good messages", func() bool { return len(taken()) >= size-bad })
	attempts := strings.Count(p.Log.String(), "one of a batch")
	p.Kill() // a stop would wait for the bad ones
	lines := taken()
	slices.Sort(lines)
	require.Len(t, slices.Compact(lines), size-bad, "each once")
	require.LessOrEqual(t, attempts, 12*size)
	t.Logf("%d messages were handed out %d times", size, attempts)
}

// A wrong setting ends the start, by the name of the field.
func TestStockHostRefusesWrongSettings(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	for setting, want := range map[string]string{
		"checkpoint_limit: 0":                    "checkpoint_limit: got 0, want 1 or more",
		"backoff: {initial_interval: soon}":      "backoff.initial_interval",
		"regoin: europe":                         "field regoin not recognised",
		"oversized_path: ./a\n          api: v3": "api: got",
	} {
		p := programtest.DeployStock(t, server, programtest.Settings{Input: []string{setting}}).Start()
		require.NotZero(t, p.WaitExit(waiting.Patience))
		require.Contains(t, p.Log.String(), want)
	}
	require.Empty(t, server.Requests())
}

// A temporary directory whose path is too long for a socket ends the start, by the name
// of the variable that moves it.
func TestStockHostWithALongTemporaryDirectory(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	d := programtest.DeployStock(t, server, programtest.Settings{})
	directory := filepath.Join(t.TempDir(), strings.Repeat("d", 120))
	require.NoError(t, os.Mkdir(directory, 0o700))
	d.Env = append(d.Env, "TMPDIR="+directory)
	p := d.Start()
	require.NotZero(t, p.WaitExit(waiting.Patience))
	require.Contains(t, p.Log.String(), "TMPDIR")
	require.Empty(t, server.Requests())
}

// Two inputs in one host are two plugins, each with its position.
func TestStockHostOfTwoInputs(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	l := ledger.New(server, 1)
	for range 10 {
		l.Append(10, 1200)
	}
	set := programtest.Settings{Input: atOnce}
	d := programtest.DeployStock(t, server, set, set)
	p := d.Start()
	last := func() bool { return bytes.Count(d.Written(0), l.From(l.Count() - 1)[0]) >= 2 }
	waiting.For(t, "everything twice", last)
	// Either comes back by itself.
	before := descendants(t, p.Pid())
	require.Len(t, before, 4)
	for _, pid := range before[2:] {
		kill(t, pid)
	}
	waiting.For(t, "the plugins to be gone", func() bool { return !alive(before) })
	l.Append(10, 1200)
	waiting.For(t, "what came since, twice", last)
	p.Stop()
	for _, line := range l.From(0) {
		require.GreaterOrEqual(t, bytes.Count(d.Written(0), line), 2)
	}
	for _, line := range l.From(l.Count() - 10) {
		require.Equal(t, 2, bytes.Count(d.Written(0), line))
	}
}

// A detection that no answer can hold is kept beside the position, and the others
// pass it.
func TestStockHostCannotTakeADetection(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	small, large := json.RawMessage(`{"id":"de_1"}`), json.RawMessage(`{"id":"de_2","x":"`+strings.Repeat("x", 5_000_000)+`"}`)
	server.Append(small, large)
	last := server.Append(json.RawMessage(`{"id":"de_3"}`))
	d := programtest.DeployStock(t, server, programtest.Settings{Input: atOnce})
	p := d.Start()
	waiting.For(t, "the position to be behind everything", func() bool { return d.Stored().Equal(last) })
	p.WaitLog("level=error msg=\"Failed to read message: refused for good")
	p.Stop()
	require.Contains(t, string(d.Written(0)), `{"id":"de_3"}`)
	require.Less(t, d.Size(), 1000)
	var kept struct{ ID, Detection string }
	require.NoError(t, json.Unmarshal(d.Read("chronicle_detection_alerts_oversized.jsonl"), &kept))
	require.Equal(t, "de_2", kept.ID)
	require.Equal(t, string(large), kept.Detection)
}

// An input that gives up says so in the host's log as an error, and the host ends.
func TestStockHostOfAnInputThatEnds(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	refusal := chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "Permission denied."}}
	server.Script(refusal, refusal)
	p := programtest.DeployStock(t, server, programtest.Settings{Input: []string{
		"start_time: 1h", "max_consecutive_failures: 1", "backoff: {initial_interval: 10ms}",
	}}).Start()
	require.Zero(t, p.WaitExit(waiting.Patience), "a host takes an end for an end")
	var ends []string
	for line := range strings.Lines(p.Log.String()) {
		if strings.Contains(line, "level=error") && strings.Contains(line, "the input ends here") {
			ends = append(ends, line)
		}
	}
	require.Len(t, ends, 1)
	require.Contains(t, ends[0], "Permission denied")
}

// Where the guard is killed, which hosts do not notice, the plugin ends all the same.
func TestStockPluginWithoutItsGuard(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	l := ledger.New(server, 1)
	l.Append(10, 1200)
	d := programtest.DeployStock(t, server, programtest.Settings{Input: atOnce})
	p := d.Start()
	waiting.For(t, "everything to be delivered", func() bool { return d.Stored().Equal(l.Last()) })
	plugins := descendants(t, p.Pid())
	require.Len(t, plugins, 2)
	kill(t, plugins[0])
	waiting.For(t, "the plugin to end", func() bool { return !alive(plugins) })
	p.Kill()

	l.Append(10, 1200)
	p = d.Start()
	waiting.For(t, "the rest", func() bool { return d.Stored().Equal(l.Last()) })
	p.Stop()
	require.Equal(t, string(bytes.Join(l.From(0), nil)), string(d.Written(0)))
}

// descendants are the processes that a process has started and that run, those that it
// started itself before those that they have started.
func descendants(t *testing.T, pid int) (pids []int) {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("there is no /proc to find processes in")
	}
	level := []int{pid}
	for len(level) > 0 {
		var next []int
		for _, parent := range level {
			// A child is listed under the thread that started it.
			lists, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", parent))
			require.NoError(t, err)
			for _, list := range lists {
				text, _ := os.ReadFile(list) // a thread that has ended has none
				for field := range strings.FieldsSeq(string(text)) {
					child, err := strconv.Atoi(field)
					require.NoError(t, err)
					if alive([]int{child}) {
						next = append(next, child)
					}
				}
			}
		}
		pids, level = append(pids, next...), next
	}
	return pids
}

// isPlugin says whether a process is the plugin itself, by the variable that its guard
// sets for it. The guard has other children for a moment, by which Go's os package finds
// out what the kernel can do, and which are gone before anything can be done to them.
func isPlugin(pid int) bool {
	environment, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
	return err == nil && bytes.Contains(environment, []byte("CHRONICLE_CONNECT_RPC_PLUGIN_GUARDED=1\x00"))
}

// alive says whether one of some processes runs.
func alive(pids []int) bool {
	for _, pid := range pids {
		text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
		// Behind the name, which may have anything in it, is the state: Z for one that
		// has ended and that nobody has asked for yet.
		if err == nil && !bytes.Contains(text[bytes.LastIndexByte(text, ')')+1:], []byte(" Z ")) {
			return true
		}
	}
	return false
}

// kill ends a process that the test did not start itself.
func kill(t *testing.T, pid int) {
	t.Helper()
	process, err := os.FindProcess(pid)
	require.NoError(t, err)
	require.NoError(t, process.Kill())
}
