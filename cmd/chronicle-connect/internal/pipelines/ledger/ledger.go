package ledger

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

// A Ledger has what was appended to a stand-in: every detection in order, as the
// line that it has to become, and the position after it. All methods may be called
// at the same time.
type Ledger struct {
	Server    *chronicletest.Server // that it appends to
	generator *chronicletest.Generator
	// mu guards what follows. It is held while appending to the server too, so
	// that nothing is served that the ledger doesn't have.
	mu        sync.Mutex
	lines     [][]byte
	positions []time.Time
}

// New returns an empty ledger, which makes its detections from a seed. Only the
// ledger appends to the server from then on.
func New(server *chronicletest.Server, seed uint64) *Ledger {
	return &Ledger{Server: server, generator: chronicletest.NewGenerator(seed)}
}

// Append adds a detection batch now, of about size bytes a detection, and returns its continuation time.
func (l *Ledger) Append(detections, size int) time.Time {
	return l.AppendAt(time.Now(), detections, size)
}

// AppendAt is Append at a time that may be past.
func (l *Ledger) AppendAt(t time.Time, detections, size int) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	batch := l.generator.Detections(detections, size)
	at := l.Server.AppendAt(t, batch...)
	for i, detection := range batch {
		l.lines = append(l.lines, append(bytes.Clone(detection), '\n'))
		// The stand-in's positions inside of a batch are a microsecond apart.
		l.positions = append(l.positions, at.Add(-time.Duration(detections-1-i)*time.Microsecond))
	}
	return at
}

// Count is how many detections were appended.
func (l *Ledger) Count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.lines)
}

// Until is how many detections are at or before a position.
func (l *Ledger) Until(position time.Time) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return sort.Search(len(l.positions), func(i int) bool { return l.positions[i].After(position) })
}

// From is the detections from the i-th on.
func (l *Ledger) From(i int) [][]byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines[i:len(l.lines):len(l.lines)]
}

// BytesFrom is how many bytes the lines from the i-th on have.
func (l *Ledger) BytesFrom(i int) int { return len(bytes.Join(l.From(i), nil)) }

// FeedSize is how many bytes a detection has that Feed sends, about.
const FeedSize = 2000

// feedBatch is how many detections a batch has that Feed sends.
const feedBatch = 25

// Feed sends detections, a batch at a time as a server does, in about a tenth
// of a second for every hundred. The channel is closed when all are sent.
func (l *Ledger) Feed(detections int) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		pace := time.NewTicker(feedBatch * time.Millisecond)
		defer pace.Stop()
		for range detections / feedBatch {
			<-pace.C
			l.Append(feedBatch, FeedSize)
		}
	}()
	return done
}

// Last is the position after everything.
func (l *Ledger) Last() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.positions[len(l.positions)-1]
}

// IDOf is the id of a detection's JSON.
func IDOf(detection []byte) (string, error) {
	var fields struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(detection, &fields); err != nil {
		return "", fmt.Errorf("reading the id of %.200q: %w", detection, err)
	}
	return fields.ID, nil
}

// ByID is what was sent by its ids, without line feeds.
func (l *Ledger) ByID(t *testing.T) map[string][]byte {
	t.Helper()
	all := make(map[string][]byte)
	for _, line := range l.From(0) {
		id, err := IDOf(line)
		require.NoError(t, err)
		require.NotContains(t, all, id, "the stand-in sends different detections")
		all[id] = bytes.TrimSuffix(line, []byte("\n"))
	}
	return all
}

// RequireOrder requires that what arrived in a lane, such as a partition, did so
// in the order sent, but for what is there once more.
func (l *Ledger) RequireOrder(t *testing.T, ids []string, lane func(i int) string) {
	t.Helper()
	place := make(map[string]int)
	for i, line := range l.From(0) {
		id, err := IDOf(line)
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

// Detections are those from the from-th to before the to-th, as lines.
func (l *Ledger) Detections(from, to int) (lines []string) {
	for _, line := range l.From(from)[:to-from] {
		lines = append(lines, string(line))
	}
	return lines
}

// WholeBatches is how many of the first n detections are of batches that the
// first n have to the end. The positions inside of a batch are a microsecond
// apart; two batches may be as close, but not in these tests' pace.
func (l *Ledger) WholeBatches(n int) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	for n > 0 && n < len(l.positions) && l.positions[n].Sub(l.positions[n-1]) == time.Microsecond {
		n--
	}
	return n
}
