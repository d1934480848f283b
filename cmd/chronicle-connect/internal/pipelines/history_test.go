package pipelines

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// anyInstance is one of the Chronicle API, whose searches take less waiting than the 10 a
// minute of the Backstory API.
const anyInstance = "projects/p/locations/us/instances/i"

// appendHistory appends batches of detections, spread from begin to end, and returns them.
func appendHistory(server *chronicletest.Server, begin, end time.Time, batches, each int) (sent []string) {
	g := chronicletest.NewGenerator(11)
	step := end.Sub(begin) / time.Duration(batches)
	for i := range batches {
		at := begin.Add(time.Duration(i) * step)
		batch := make([]json.RawMessage, each)
		for j := range batch {
			batch[j] = g.DetectionCreatedAt(at.Add(time.Duration(j)*time.Microsecond), 1000)
			sent = append(sent, string(batch[j]))
		}
		server.AppendAt(at.Add(time.Millisecond), batch...)
	}
	return sent
}

// tally is how often each of the lines that were sent is in a text, and how many other
// lines there are.
func tally(sent []string, text string) (times map[string]int, others []string) {
	times = make(map[string]int, len(sent))
	for _, line := range sent {
		times[line] = 0
	}
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if _, known := times[line]; known {
			times[line]++
		} else {
			others = append(others, line)
		}
	}
	return times, others
}

// A position of 30 days ago, three kills at random moments, by search and then by the
// stream: each detection is delivered, and what comes twice is what a kill repeats.
func TestHistoryKilled(t *testing.T) {
	t.Parallel()
	random, _ := seededRandom(t)
	server := chronicletest.NewServer()
	defer server.Close()
	now := time.Now()
	const batches, each = 400, 10
	begin, end := now.Add(-30*24*time.Hour), now.Add(-time.Hour)
	sent := appendHistory(server, begin, end, batches, each)
	created := make(map[string]time.Time, len(sent))
	for i, line := range sent {
		created[line] = begin.Add(time.Duration(i/each) * (end.Sub(begin) / batches))
	}
	d := programtest.Deploy(t, server, programtest.Settings{
		Input: append([]string{"instance: " + anyInstance, "on_unresumable_position: search", "max_batch_count: 20"}, atOnce[1:]...),
		Rest:  slowly,
	})
	require.NoError(t, os.Mkdir(d.StateDir, 0o700))
	position := fmt.Sprintf(`{"page_start_time":%q}`, now.Add(-31*24*time.Hour).UTC().Format(time.RFC3339))
	require.NoError(t, os.WriteFile(filepath.Join(d.StateDir, "chronicle_detection_alerts"), []byte(position), 0o600))

	const kills = 3
	var lives []life
	for i := range kills {
		p := d.Start()
		enough := d.Size() + 1000*(100+random.IntN(len(sent)/kills-200))
		waiting.For(t, fmt.Sprintf("%d bytes before kill %d", enough, i+1), func() bool { return d.Size() >= enough })
		p.Kill()
		lives = append(lives, life{d.Size(), storedTime(t, d.StateDir)})
	}
	p := d.Start()
	sent = append(sent, appendHistory(server, now.Add(-time.Minute), now, 1, 1)...)
	last := sent[len(sent)-1]
	waiting.For(t, "the last detection, by the stream", func() bool { return strings.HasSuffix(string(d.Written(0)), last+"\n") })
	p.Stop()
	require.Contains(t, p.Log.String(), "and the stream goes on from")

	text := string(d.Written(0))
	from, stored := 0, time.Time{}
	for i, l := range append(lives, life{len(text), time.Time{}}) {
		times, _ := tally(sent, text[from:l.written])
		for line, n := range times {
			require.LessOrEqual(t, n, 1, "process %d repeats %.200s", i+1, line)
			if at, old := created[line]; old && n > 0 {
				// A search begins that much before a position that has that much taken off.
				require.False(t, at.Before(stored.Add(-overlap)), "process %d delivers %.200s, of %s, again, and %s was stored", i+1, line, at, stored)
			}
		}
		from, stored = l.written, l.stored
	}
	times, others := tally(sent, text)
	repeated := 0
	for line, n := range times {
		// A line that a kill has torn takes the one behind it along.
		if n == 0 && strings.Contains(strings.Join(others, "\n"), line) {
			n = 1
		}
		require.NotZero(t, n, "%.200s is lost", line)
		require.LessOrEqual(t, n, 1+kills, "%.200s", line)
		repeated += n - 1
	}
	require.LessOrEqual(t, len(others), kills, "each kill may tear a line")
	require.Less(t, repeated, len(sent)/2, "kills repeat what came after the stored position")
	t.Logf("%d detections, %d repeated", len(sent), repeated)
}

// overlap is how far a search begins before a position.
const overlap = 5 * time.Minute

// A life is what a process left behind: a file of that size, and a position.
type life struct {
	written int
	stored  time.Time
}

// storedTime is the time of the position that is stored.
func storedTime(t *testing.T, dir string) time.Time {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "chronicle_detection_alerts"))
	require.NoError(t, err)
	var position struct {
		ContinuationTime time.Time `json:"continuation_time"`
		PageStartTime    time.Time `json:"page_start_time"`
	}
	require.NoError(t, json.Unmarshal(text, &position))
	if position.PageStartTime.IsZero() {
		return position.ContinuationTime
	}
	return position.PageStartTime
}

// An export of 30 days, killed in the middle, is whole when it ends, and ends well. What
// was exported is not exported again.
func TestBackfill(t *testing.T) {
	t.Parallel()
	random, _ := seededRandom(t)
	server := chronicletest.NewServer()
	defer server.Close()
	now := time.Now()
	sent := appendHistory(server, now.Add(-30*24*time.Hour), now.Add(-time.Hour), 400, 10)
	file := filepath.Join(t.TempDir(), "export", "detections.jsonl")
	d := programtest.DeployFile(t, server, "backfill.yaml", "CHRONICLE_INSTANCE="+anyInstance, "CHRONICLE_END_TIME=",
		"CHRONICLE_START_TIME="+now.Add(-31*24*time.Hour).UTC().Format(time.RFC3339), "BACKFILL_FILE="+file)
	size := func() int {
		info, err := os.Stat(file)
		if err != nil {
			return 0
		}
		return int(info.Size())
	}
	for range 3 {
		p := d.Start()
		enough := size() + 1000*random.IntN(len(sent)/5)
		waiting.For(t, "a part of it", func() bool { return size() > enough })
		p.Signal(9)
		p.WaitExit(waiting.Patience)
	}
	p := d.Start()
	require.Zero(t, p.WaitExit(waiting.Patience))
	require.Regexp(t, `All that was created before \S+ is read: \d+ detections`, p.Log.String())
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	times, others := tally(sent, string(text))
	for line, n := range times {
		require.NotZero(t, n, "%.200s is lost", line)
	}
	require.Empty(t, others, "lines that nobody has sent")

	p = d.Start()
	require.Zero(t, p.WaitExit(waiting.Patience))
	require.Contains(t, p.Log.String(), "Reading goes on from the stored position")
	again, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Len(t, again, len(text), "it is exported a second time")
}

// Undisturbed, each detection is in the file once, by either API.
func TestBackfillOnce(t *testing.T) {
	t.Parallel()
	for instance, days := range map[string]int{anyInstance: 30, "": 1} {
		server := chronicletest.NewServer()
		now := time.Now()
		sent := appendHistory(server, now.Add(-time.Duration(days)*24*time.Hour), now.Add(-time.Hour), 30, 3)
		file := filepath.Join(t.TempDir(), "detections.jsonl")
		start := "CHRONICLE_START_TIME="
		if days != 30 {
			start += fmt.Sprint(24*days, "h")
		}
		d := programtest.DeployFile(t, server, "backfill.yaml", "CHRONICLE_INSTANCE="+instance, start, "CHRONICLE_END_TIME=", "BACKFILL_FILE="+file)
		p := d.Start()
		require.Zero(t, p.WaitExit(waiting.Patience))
		require.Contains(t, p.Log.String(), fmt.Sprintf("is read: %d detections", len(sent)-3))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, strings.Join(sent[3:], "\n")+"\n", string(text), "the first batch is older than the span by now")
		server.Close()
	}
}

// A span that is none is refused before anything is asked for, by the variable's name.
func TestBackfillRefusesWrongSpans(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	for _, test := range []struct{ start, end, wrong, want string }{
		{"yesterday", "1h", "CHRONICLE_START_TIME", `got "yesterday", want an RFC 3339 time`},
		{"48h", "72h", "CHRONICLE_END_TIME", `got "72h", want`},
		{"48h", "tomorrow", "CHRONICLE_END_TIME", `got "tomorrow", want`},
		{"48h", time.Now().Add(time.Hour).UTC().Format(time.RFC3339), "CHRONICLE_END_TIME", "not in the future, and later than a start_time"},
	} {
		d := programtest.DeployFile(t, server, "backfill.yaml", "CHRONICLE_INSTANCE="+anyInstance, "CHRONICLE_START_TIME="+test.start, "CHRONICLE_END_TIME="+test.end, "BACKFILL_FILE="+filepath.Join(t.TempDir(), "none"))
		p := d.Start()
		require.Equal(t, 1, p.WaitExit(waiting.Patience))
		require.Contains(t, p.Log.String(), "environment variable "+test.wrong)
		require.Contains(t, p.Log.String(), test.want)
	}
	require.Empty(t, server.Searches())
}

// The state of an export is beside its file, and belongs to its start and its filters:
// another file or another filter is another export, and the same one goes on.
func TestBackfillAnotherExport(t *testing.T) {
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	now := time.Now()
	sent := appendHistory(server, now.Add(-24*time.Hour), now.Add(-time.Hour), 5, 3)
	dir := t.TempDir()
	long := "^(" + strings.Repeat("no such/rule|", 20) + ")$"
	times := map[string]int{}
	for _, test := range []struct {
		file string
		set  []string
		want int // how many of the detections it delivers
	}{
		{"a.jsonl", nil, len(sent)},
		{"a.jsonl", nil, 0},
		{"b.jsonl", nil, len(sent)},
		{"b.jsonl", []string{"CHRONICLE_EXCLUDE_RULES=no such/rule, ^$"}, len(sent)},
		{"b.jsonl", []string{"CHRONICLE_EXCLUDE_RULES=no such/rule, ^$"}, 0},
		{"b.jsonl", []string{"CHRONICLE_EXCLUDE_RULES=" + long}, len(sent)},
		{"b.jsonl", []string{"CHRONICLE_EXCLUDE_RULES=" + long}, 0},
		{"b.jsonl", []string{"CHRONICLE_EXCLUDE_RULES=" + long + ", x"}, len(sent)},
		{"b.jsonl", []string{"CHRONICLE_INCLUDE_RULES=" + long}, 0},
		{"b.jsonl", []string{"CHRONICLE_START_TIME=47h"}, len(sent)},
		{"b.jsonl", nil, 0},
	} {
		file := filepath.Join(dir, test.file)
		d := programtest.DeployFile(t, server, "backfill.yaml", append([]string{
			"CHRONICLE_INSTANCE=" + anyInstance,
			"CHRONICLE_START_TIME=48h", "CHRONICLE_END_TIME=1s", "BACKFILL_FILE=" + file,
		}, test.set...)...)
		p := d.Start()
		require.Zero(t, p.WaitExit(waiting.Patience))
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := strings.Count(string(text), "\n")
		require.Equal(t, test.want, lines-times[test.file], "%s with %q", test.file, test.set)
		times[test.file] = lines
		_, others := tally(sent, string(text))
		require.Empty(t, others)
		require.NoDirExists(t, d.StateDir)
	}
	keys, err := filepath.Glob(filepath.Join(dir, "b.jsonl.state", "*_position"))
	require.NoError(t, err)
	require.Len(t, keys, 6)
	require.FileExists(t, filepath.Join(dir, "b.jsonl.state", "backfill_48h_exclude_rules=no+such%2Frule%2C+%5E%24_position"))
	for _, key := range keys {
		require.LessOrEqual(t, len(filepath.Base(key)), 100)
	}
	info, err := os.Stat(filepath.Join(dir, "b.jsonl.state"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o700), info.Mode().Perm())
}
