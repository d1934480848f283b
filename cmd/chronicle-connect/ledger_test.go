package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"sort"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A ledger has what was appended to a stand-in: every detection in order, as the
// line that it has to become, and the position after it.
type ledger struct {
	server    *chronicletest.Server
	generator *chronicletest.Generator
	// mu guards what follows. It is held while appending to the server too, so
	// that nothing is served that the ledger doesn't have.
	mu        sync.Mutex
	lines     [][]byte
	positions []time.Time
}

func newLedger(server *chronicletest.Server, seed uint64) *ledger {
	return &ledger{server: server, generator: chronicletest.NewGenerator(seed)}
}

// append adds a detection batch now, and returns its continuation time.
func (l *ledger) append(detections, size int) time.Time {
	return l.appendAt(time.Now(), detections, size)
}

func (l *ledger) appendAt(t time.Time, detections, size int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := l.generator.Detections(detections, size)
	at := l.server.AppendAt(t, batch...)
	for i, detection := range batch {
		l.lines = append(l.lines, append(bytes.Clone(detection), '\n'))
		// The stand-in's positions inside of a batch are a microsecond apart.
		l.positions = append(l.positions, at.Add(-time.Duration(detections-1-i)*time.Microsecond))
	}
	return at
}

func (l *ledger) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// until is how many detections are at or before a position.
func (l *ledger) until(position time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return sort.Search(len(l.positions), func(i int) bool { return l.positions[i].After(position) })
}

// from is the detections from the i-th on.
func (l *ledger) from(i int) [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[i:len(l.lines):len(l.lines)]
}

func (l *ledger) bytesFrom(i int) int { return len(bytes.Join(l.from(i), nil)) }

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

// detections are some of a ledger, as strings.
func (l *ledger) detections(from, to int) (lines []string) {
	for _, line := range l.from(from)[:to-from] {
		lines = append(lines, string(line))
	}
	return lines
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
