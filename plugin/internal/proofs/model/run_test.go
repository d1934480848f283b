package model_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// modelPatience is how long a run may take, on the bubble's clock, from its
// last step to the moment when all is delivered and stored.
const modelPatience = 6 * time.Hour

// quotaPatience is how long it may take with a quota of searches, which may be 2 a minute.
const quotaPatience = 72 * time.Hour

// A modelRun is a script that is being carried out, in a bubble.
type modelRun struct {
	t           *testing.T
	server      *chronicletest.Server
	network     *chronicletest.Network
	credentials string // the path of a file
	cache       *modelCache
	ledger      *ledger
	log         slog.Handler

	fields     rig.Settings
	rules      modelRules
	impatience time.Duration // 0 = a read lasts until something comes
	patience   time.Duration

	process   *modelProcess // nil while none runs
	unplugged atomic.Int64  // how many more dials are refused
	lines     lines
}

// modelRules are rig.Settings that the checks depend on.
type modelRules struct {
	limit     int
	maxBatch  int  // 0 = no limit
	dedupe    bool // replays are recognised however old
	replay    bool // what is rejected comes again
	startsNow bool
	// remembers says that a start has to be stored before anything is asked.
	remembers bool
}

// run carries the script out in a bubble of its own and returns the first
// violation of the promise.
func (s modelScript) run(t *testing.T, log slog.Handler) (violation error) {
	t.Helper()
	directory := t.TempDir()
	defer func() {
		// What synctest.Test finds after the run: goroutines that are left.
		if left := recover(); left != nil && violation == nil {
			violation = fmt.Errorf("stuck: %v", left)
		}
	}()
	synctest.Test(t, func(t *testing.T) { violation = s.runInBubble(t, directory, log) })
	return violation
}

func (s modelScript) runInBubble(t *testing.T, directory string, log slog.Handler) error {
	t.Helper()
	m := &modelRun{
		t: t, network: chronicletest.NewNetwork(), cache: newModelCache(), ledger: newLedger(), log: log,
		credentials: filepath.Join(directory, "credentials.json"),
		fields:      s.modelFields(),
		patience:    modelPatience,
	}
	m.readRules()
	if err := m.serve(s.header); err != nil {
		return err
	}
	defer m.server.Close()
	for i, step := range s.steps {
		m.ledger.begin(fmt.Sprintf("%d, %s", i+1, step))
		m.bury()
		modelVerbs[step.verb].do(m, step)
		if !step.rush {
			synctest.Wait()
		}
		if m.ledger.violation() != nil {
			break
		}
	}
	m.finish()
	return m.ledger.violation()
}

func (m *modelRun) readRules() {
	number := func(name string, otherwise int) int {
		if n, ok := m.fields[name].(int); ok {
			return n
		}
		return otherwise
	}
	m.rules = modelRules{
		limit:     number("checkpoint_limit", 10000),
		maxBatch:  number("max_batch_count", 1000),
		dedupe:    number("dedupe_window", 10000) >= 10000,
		replay:    m.fields["auto_replay_nacks"] != false,
		startsNow: m.fields["start_time"] == nil,
		remembers: m.fields["start_time"] == nil || m.fields["start_time"] == "48h",
	}
}

// serve starts the stand-in and brings about what the header says.
func (m *modelRun) serve(header []modelStep) error {
	options := []chronicletest.Option{chronicletest.WithNetwork(m.network)}
	for _, line := range header {
		switch line.verb {
		case "impatient":
			m.impatience = line.duration(0)
		case "stored":
			now := time.Now()
			m.ledger.stored = place{now, now}
			m.ledger.marks[now.UnixMicro()] = true
			m.cache.values[settings.Name] = fmt.Appendf(nil, `{"continuation_time":%q}`, rig.RFC3339(now))
			rig.Pass(time.Millisecond)
		case "read-to":
			m.ledger.readTo = time.Now().Add(-line.duration(0))
		case "curated":
			m.ledger.curated, m.ledger.unordered = true, true
		case "server":
			// What was created within a millisecond is handed on as it comes.
			if line.args[0] == "search_quota" {
				m.patience = quotaPatience
			}
			m.ledger.unordered = m.ledger.unordered || line.args[0] == "creation_skew" || line.args[0] == "search_bytes"
			option, ok := serverOptions[line.args[0]]
			if !ok {
				return fmt.Errorf("reading the script: no option of the server is called %q", line.args[0])
			}
			options = append(options, option(line))
			m.ledger.clockMarks = m.ledger.clockMarks || line.args[0] == "heartbeat_positions"
		}
	}
	m.server = chronicletest.NewServer(options...)
	burst := 0
	for _, line := range header {
		switch line.verb {
		case "burst":
			burst = line.number(0)
		case "search-fails", "search-limit":
			m.server.ControlSearch(failSearch(line))
		}
	}
	for _, line := range header {
		if line.verb == "past" {
			m.bePast(line.number(0), line.duration(1), burst)
		}
	}
	return m.server.WriteCredentials(m.credentials)
}

// serverOptions are the stand-in's options that a header can name.
var serverOptions = map[string]func(modelStep) chronicletest.Option{
	"heartbeat":              func(s modelStep) chronicletest.Option { return chronicletest.WithHeartbeatInterval(s.duration(1)) },
	"token_lifetime":         func(s modelStep) chronicletest.Option { return chronicletest.WithTokenLifetime(s.duration(1)) },
	"continuation_time_last": func(modelStep) chronicletest.Option { return chronicletest.WithContinuationTimeLast() },
	"window":                 func(s modelStep) chronicletest.Option { return chronicletest.WithWindow(s.number(1)) },
	"both_positions":         func(modelStep) chronicletest.Option { return chronicletest.WithBothPositions() },
	"heartbeat_positions":    func(modelStep) chronicletest.Option { return chronicletest.WithHeartbeatPositions() },
	"continuation_times":     func(modelStep) chronicletest.Option { return chronicletest.WithContinuationTimes() },
	"positions_ahead":        func(modelStep) chronicletest.Option { return chronicletest.WithPositionsAhead() },
	"search_bytes":           func(s modelStep) chronicletest.Option { return chronicletest.WithSearchBytes(s.number(1)) },
	"search_quota":           func(s modelStep) chronicletest.Option { return chronicletest.WithSearchQuota(s.number(1)) },
	"creation_skew":          func(s modelStep) chronicletest.Option { return chronicletest.WithCreationSkew(s.duration(1)) },
}

func (m *modelRun) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if m.unplugged.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ENETUNREACH}
	}
	return m.lines.add(m.network.DialContext(ctx, network, address))
}

// finish takes all faults away, lets a process deliver and store everything,
// and stops it.
func (m *modelRun) finish() {
	m.ledger.begin("last, when nothing fails any more")
	m.cache.setMood(cacheWorks)
	m.unplugged.Store(0)
	if err := m.server.WriteCredentials(m.credentials); err != nil {
		m.ledger.violate("stuck", "%v", err)
	}
	m.bury()
	if m.ledger.violation() != nil {
		m.crash()
		return
	}
	m.start()
	m.process.cache.spoilWrite(0, false)
	for end := time.Now().Add(m.patience); m.ledger.violation() == nil; {
		m.answerAll(settled)
		if m.read(time.Minute) {
			continue
		}
		check, what := m.ledger.missing()
		if check == "" {
			break
		}
		if time.Now().After(end) {
			m.ledger.violate(check, "%s", what)
		}
	}
	m.stop("ack")
}
