//go:build !minimal

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A proof shows that a pipeline of config/ loses nothing while the server that
// it writes to is killed and comes back: 1,000 detections are sent, the server is
// killed when a part of them has arrived, and half of them are sent only while
// it is down.
//
//	real := startReal(t, "kafka")
//	sent := proof{
//		config: "kafka.yaml",
//		env:    []string{"KAFKA_ADDRESSES=" + real.addr()},
//		server: real,
//		ids:    topic.ids,
//	}.run(t)
//
// Whether what has arrived is byte for byte what was sent is left to the test,
// where the destination keeps that.
type proof struct {
	config string   // file in config/
	env    []string // its settings beside those of the input, as NAME=value
	args   []string // of the program, such as --set for a pace that suits a test
	server killable
	// ids are the ids of the detections that are at the destination, each as
	// often as it is there; see idOf. An error is no failure of the test: the
	// destination may be down.
	ids func() ([]string, error)
	// outage is how long the server is down; 1 s by default.
	outage time.Duration
}

// killable is a server that can be killed and brought back with its data: a
// realServer or what a test makes.
type killable interface {
	kill()
	restart()
}

const (
	proofDetections = 1000
	proofBatch      = 25
	proofSize       = 2000 // bytes a detection
)

// run returns what was sent when all of it has arrived.
func (p proof) run(t *testing.T) *ledger {
	t.Helper()
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := newLedger(server, 1)
	d := deployFile(t, server, p.config, p.env...)
	d.args = append(d.args, p.args...)
	process := d.start()

	firstHalf := sent.feed(proofDetections / 2)
	arrival := &arrival{t: t, sent: sent, ids: p.ids}
	arrival.wait(proofDetections / 10)
	p.server.kill()
	killed := time.Now()
	<-firstHalf
	<-sent.feed(proofDetections / 2)
	outage := max(p.outage, time.Second)
	waitFor(t, "the outage to pass", func() bool { return time.Since(killed) >= outage })
	p.server.restart()
	arrival.wait(proofDetections)
	waitFor(t, "the position to be stored", func() bool { return d.stored().Equal(sent.last()) })
	process.stop()

	t.Logf("%s: %d sent, server killed after %d of them for %s, 0 lost, %d repeated",
		p.config, sent.count(), arrival.before, time.Since(killed).Round(time.Millisecond), arrival.repeated)
	return sent
}

// deployFile deploys a pipeline of config/ to read from server, with settings as
// NAME=value.
func deployFile(t *testing.T, server *chronicletest.Server, config string, env ...string) *deployment {
	t.Helper()
	dir := t.TempDir()
	credentials := filepath.Join(dir, "credentials.json")
	require.NoError(t, server.WriteCredentials(credentials))
	d := &deployment{
		t: t, server: server,
		config: filepath.Join("..", "..", "config", config),
		state:  filepath.Join(dir, "state"),
		key:    strings.TrimSuffix(filepath.Base(config), ".yaml") + "_position",
		// Two processes at a time can't have the port of Benthos' own server.
		args: []string{"--set", "http.enabled=false"},
	}
	d.env = append([]string{
		"CHRONICLE_BASE_URL=" + server.URL,
		"CHRONICLE_CREDENTIALS_FILE=" + credentials,
		"CHRONICLE_START_TIME=1h",
		"CHRONICLE_STATE_DIR=" + d.state,
		// Whoever runs the test may have set these.
		"CHRONICLE_API=", "CHRONICLE_INSTANCE=", "CHRONICLE_REGION=",
	}, env...)
	return d
}

// read is what is in a file of the state directory.
func (d *deployment) read(name string) []byte {
	d.t.Helper()
	text, err := os.ReadFile(filepath.Join(d.state, name))
	require.NoError(d.t, err)
	return text
}

// feed sends detections, a batch at a time as a server does, in about a tenth
// of a second for every hundred. The channel is closed when all are sent.
func (l *ledger) feed(detections int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		pace := time.NewTicker(proofBatch * time.Millisecond)
		defer pace.Stop()
		for range detections / proofBatch {
			<-pace.C
			l.append(proofBatch, proofSize)
		}
	}()
	return done
}

// last is the position after everything.
func (l *ledger) last() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.positions[len(l.positions)-1]
}

// idOf is the id of a detection's JSON.
func idOf(detection []byte) (string, error) {
	var fields struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(detection, &fields); err != nil {
		return "", fmt.Errorf("reading the id of %.200q: %w", detection, err)
	}
	return fields.ID, nil
}

// byID is what was sent, without line feeds.
func (l *ledger) byID(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, line := range l.from(0) {
		id, err := idOf(line)
		require.NoError(t, err)
		require.NotContains(t, all, id, "the stand-in sends different detections")
		all[id] = bytes.TrimSuffix(line, []byte("\n"))
	}
	return all
}

// requireOrder requires that what arrived in a lane, such as a partition, did so
// in the order sent, but for what is there once more.
func (l *ledger) requireOrder(t *testing.T, ids []string, lane func(i int) string) {
	t.Helper()
	place := make(map[string]int)
	for i, line := range l.from(0) {
		id, err := idOf(line)
		require.NoError(t, err)
		place[id] = i
	}
	last := make(map[string]int) // by lane
	seen := make(map[string]bool)
	for i, id := range ids {
		if seen[id] {
			continue
		}
		seen[id] = true
		require.GreaterOrEqual(t, place[id], last[lane(i)], "%s is out of order at its %s", lane(i), id)
		last[lane(i)] = place[id]
	}
}

// arrival is the part of what was sent that is at a destination.
type arrival struct {
	t    *testing.T
	sent *ledger
	ids  func() ([]string, error)

	before   int // different detections that were there at the first wait
	repeated int // detections that are there once more
}

// wait waits until so many different detections have arrived.
func (a *arrival) wait(detections int) {
	a.t.Helper()
	var distinct map[string]int
	var err error
	defer func() {
		if a.t.Failed() {
			a.t.Logf("%d of %d detections have arrived, the last error was: %v", len(distinct), detections, err)
		}
	}()
	waitFor(a.t, fmt.Sprintf("%d detections to arrive", detections), func() bool {
		var ids []string
		if ids, err = a.ids(); err != nil {
			return false
		}
		distinct = make(map[string]int)
		for _, id := range ids {
			distinct[id]++
		}
		a.repeated = len(ids) - len(distinct)
		return len(distinct) >= detections
	})
	if a.before == 0 {
		a.before = len(distinct)
	}
	sent := a.sent.byID(a.t)
	for id := range distinct {
		require.Contains(a.t, sent, id, "it was never sent")
	}
}
