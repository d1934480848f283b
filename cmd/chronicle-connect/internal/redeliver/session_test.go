package redeliver

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io"   // for the output file
	_ "github.com/redpanda-data/benthos/v4/public/components/pure" // for the other ones

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// mine is a pipeline whose destination is a file. It refuses what has a mark in it, and
// rejects everything while a file of that name is there.
const mine = `
http: { address: '${NO_DEFAULT}' }
input:
  chronicle_detection_alerts: { instance: '${INSTANCE}' }
pipeline:
  processors:
    - chronicle_filter: { min_severity: '${SEVERITY}' }
    - mapping: 'meta once = (@once | "") + "x"'
output:
  fallback:
    - switch:
        cases:
          - check: content().string().contains("${MARK:refuse}")
            output:
              chronicle_refused:
                path: /nowhere
                pipeline: mine
                destination: { to: file }
                reason: it has a mark
                format: '${! @format | "raw" }'
                metadata: [ once, format ]
          - check: file("${REJECT}", true).catch("") != ""
            output: { reject: down }
          - output:
              file:
                path: '${TO}'
                codec: lines
              processors:
                - mapping: 'root = @once + " " + (@chronicle_severity | "") + " " + content().string()'
`

// A desk is a session of mine's messages.
type desk struct {
	*session
	t         *testing.T
	dir, path string
	settings  map[string]string
	out       *lockedBuffer
}

func newDesk(t *testing.T, lines ...string) *desk {
	t.Helper()
	d := &desk{t: t, dir: t.TempDir(), out: &lockedBuffer{}}
	d.path = filepath.Join(d.dir, "mine_refused.jsonl")
	config := filepath.Join(d.dir, "mine.yaml")
	write(t, config, mine)
	write(t, d.path, strings.Join(lines, ""))
	all, err := loadPipelines([]string{config})
	require.NoError(t, err)
	d.settings = map[string]string{"TO": d.file("arrived"), "REJECT": d.file("reject"), "SEVERITY": "CRITICAL"}
	screen := &screen{out: d.out, redactor: &redact.Redactor{}}
	d.session = &session{pipelines: all, out: screen, log: screen, every: time.Hour, lookup: func(name string) (string, bool) {
		value := d.settings[name]
		return value, value != ""
	}}
	return d
}

func (d *desk) file(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) arrived() []string {
	d.t.Helper()
	return strings.Fields(strings.ReplaceAll(read(d.t, d.file("arrived")), " ", "_"))
}

type lockedBuffer struct {
	mu  sync.Mutex
	all bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all.String()
}

func kept(t *testing.T, body, format string) string {
	t.Helper()
	line, err := json.Marshal(map[string]any{
		"pipeline": "mine", "detection": body, "format": format, "reason": "it has a mark",
		"destination": map[string]string{"to": "file"}, "metadata": map[string]string{"once": "m", "format": format},
	})
	require.NoError(t, err)
	return string(line) + "\n"
}

// All is delivered: a detection through the pipeline, with the metadata that the input
// would have given it, and what was made of one as it is.
func TestRedeliver(t *testing.T) {
	d := newDesk(t,
		kept(t, `{"id":"de_1","detection":[{"severity":"low"}]}`, "raw"),
		kept(t, `{"ocsf":1}`, "ocsf"),
	)
	require.NoError(t, d.list(d.path))
	require.Equal(t, "mine, to file: 2\n    2 × it has a mark\n", d.out.String())
	require.NoError(t, d.redeliver(t.Context(), d.path))
	require.ElementsMatch(t, []string{`mx_LOW_{"id":"de_1","detection":[{"severity":"low"}]}`, `m__{"ocsf":1}`}, d.arrived())
	require.NoFileExists(t, d.path)
	require.Contains(t, d.out.String(), "mine, to file: 2 delivered\nNothing is left.\n")
	entries, err := os.ReadDir(d.dir)
	require.NoError(t, err)
	require.Len(t, entries, 2, "the config, and what arrived")
}

// What is refused again is left with its new reason, and so is what can't be sent.
func TestRedeliverLeft(t *testing.T) {
	alien := `{"pipeline":"theirs","detection":"x"}` + "\n"
	d := newDesk(t, kept(t, "refuse this", "post"), kept(t, "take this", "post"), alien, "half a li")
	err := d.redeliver(t.Context(), d.path)
	require.ErrorContains(t, err, "3 messages are left, in "+d.path)
	require.Equal(t, []string{"m__take_this"}, d.arrived())
	lines := strings.SplitAfter(read(t, d.path), "\n")
	require.Len(t, lines, 4)
	require.Contains(t, lines[0], `"detection":"refuse this"`)
	require.Contains(t, lines[0], `"metadata":{"format":"post","once":"m"}`)
	require.Equal(t, []string{alien, "half a li\n", ""}, lines[1:])
	require.Contains(t, d.out.String(), "mine, to file: 1 delivered, 1 refused again\n    1 × it has a mark\n")
	require.Contains(t, d.out.String(), `not sent: 1, since there is no pipeline "theirs"`)
	require.Contains(t, d.out.String(), "not sent: 1, since the line is no record")

	d.settings["MARK"] = "another mark"
	require.ErrorContains(t, d.redeliver(t.Context(), d.path), "2 messages are left")
	require.ErrorContains(t, d.redeliver(t.Context(), d.path), "nothing in "+d.path+" that can be sent")
	require.Equal(t, alien+"half a li\n", read(t, d.path))
}

// A wrong setting is told before anything is moved.
func TestRedeliverSettings(t *testing.T) {
	d := newDesk(t, kept(t, "x", "post"))
	delete(d.settings, "TO")
	require.ErrorContains(t, d.redeliver(t.Context(), d.path), "nothing was sent: "+d.file("mine.yaml")+": required environment variables were not set: TO")
	require.FileExists(t, d.path)
	require.NoFileExists(t, d.path+asideSuffix)
	require.NoFileExists(t, d.path+journalSuffix)
}

// What a destination rejects is sent again until it is taken.
func TestRedeliverWaits(t *testing.T) {
	d := newDesk(t, kept(t, "x", "post"), kept(t, "y", "post"))
	write(t, d.file("reject"), "x")
	done := make(chan error, 1)
	go func() { done <- d.redeliver(t.Context(), d.path) }()
	require.Eventually(t, func() bool { return strings.Contains(d.out.String(), "down") }, time.Minute, time.Millisecond)
	require.NoError(t, os.Remove(d.file("reject")))
	require.NoError(t, <-done)
	require.ElementsMatch(t, []string{"m__x", "m__y"}, d.arrived())
}

// An interruption leaves what is not sent in the file.
func TestRedeliverStopped(t *testing.T) {
	lines := []string{kept(t, "x", "post"), kept(t, "refuse", "post"), kept(t, "y", "post")}
	d := newDesk(t, lines...)
	write(t, d.file("reject"), "x")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- d.redeliver(ctx, d.path) }()
	require.Eventually(t, func() bool {
		_, err := os.Stat(d.path + asideSuffix)
		return err == nil && isFile(d.path) == nil && strings.Contains(d.out.String(), "down")
	}, time.Minute, time.Millisecond)
	stop()
	require.ErrorContains(t, <-done, "stopped: 3 messages are left")
	left := read(t, d.path)
	require.Equal(t, 3, strings.Count(left, "\n"))
	require.Contains(t, left, lines[0])
	require.Contains(t, left, lines[2])
	require.NoFileExists(t, d.path+asideSuffix)
}

// What a killed run has left comes first, but for what is settled, and then the file.
func TestRedeliverTakesUp(t *testing.T) {
	d := newDesk(t, kept(t, "sent", "post"), kept(t, "not sent", "post"))
	a, err := openAside(d.path)
	require.NoError(t, err)
	require.NoError(t, a.begin())
	settleAll(t, a, func(text string) bool { return !strings.Contains(text, "not sent") })
	require.NoError(t, a.journal.Close())
	write(t, d.path, kept(t, "new", "post"))

	require.NoError(t, d.list(d.path))
	require.Contains(t, d.out.String(), "mine, to file: 2\n")
	require.NoError(t, d.redeliver(t.Context(), d.path))
	require.Equal(t, []string{"m__not_sent", "m__new"}, d.arrived())
	require.NoFileExists(t, d.path)
}

// More than is in flight at a time.
func TestRedeliverMany(t *testing.T) {
	var lines []string
	for i := range 3*maxInFlight + 1 {
		lines = append(lines, kept(t, fmt.Sprintf("message-%04d", i), "post"))
	}
	d := newDesk(t, lines...)
	require.NoError(t, d.redeliver(t.Context(), d.path))
	require.Len(t, d.arrived(), len(lines))
}

// A config that keeps nothing can't send what was kept.
func TestConfigKeepsNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "drop.yaml")
	write(t, path, "output: { drop: {} }")
	_, err := loadPipelines([]string{path})
	require.ErrorContains(t, err, "has no output chronicle_refused")
}
