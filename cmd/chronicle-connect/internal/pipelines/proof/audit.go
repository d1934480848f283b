package proof

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// An Audit follows an output file over all processes that append to it. Each of
// them has to append exactly what follows the position that it found, once and
// in order, as far as it got:
//
//	the history   0 1 2 3 4 5 6 7 8 9
//	first         0 1 2 3 4 5           found nothing, stored the position after 2
//	second              3 4 5 6 7       found that one: repeats 3 to 5
//
// Together with positions that are never past what is in the file, that is
// at-least-once, and the only repetitions are what came after a position.
type Audit struct {
	*programtest.Deployment
	Ledger *ledger.Ledger

	Done     int // detections 0 to Done-1 are in the file
	Repeated int // that are there once more
	From     int // the detection that the process now running began at

	t        *testing.T
	bytes    int       // in the file, that were looked at
	position time.Time // that the process now running began at
}

// NewAudit follows a deployment's output file from its beginning. All that the
// deployment reads comes from the ledger.
func NewAudit(t *testing.T, ledger *ledger.Ledger, deployment *programtest.Deployment) *Audit {
	return &Audit{t: t, Ledger: ledger, Deployment: deployment}
}

// Begin is called before a process is started.
func (a *Audit) Begin() {
	a.t.Helper()
	position := a.Stored()
	require.False(a.t, position.Before(a.position), "the stored position went back from %s to %s", a.position, position)
	a.position, a.From = position, a.Ledger.Until(position)
	require.LessOrEqual(a.t, a.From, a.Done, "the stored position is past what is in the file: detections are lost")
}

// End is called when the process has ended. A torn detection at the end, as a
// kill leaves it, doesn't count as delivered.
func (a *Audit) End() (whole, repeated, torn int) {
	a.t.Helper()
	rest := a.Written(a.bytes)
	a.bytes += len(rest)
	for i, line := range a.Ledger.From(a.From) {
		if !bytes.HasPrefix(rest, line) {
			require.True(a.t, bytes.HasPrefix(line, rest), "after %d detections from the %d-th on there is\n%.200q\ninstead of\n%.200q", i, a.From, rest, line)
			torn, rest = len(rest), nil
			break
		}
		rest = rest[len(line):]
		whole++
	}
	require.Empty(a.t, rest, "there is more than the server sent")
	repeated = min(whole, a.Done-a.From)
	a.Repeated += repeated
	a.Done = max(a.Done, a.From+whole)
	return whole, repeated, torn
}

// Finish lets a last process deliver everything, and stops it.
func (a *Audit) Finish() {
	a.t.Helper()
	a.Begin()
	due := a.bytes + a.Ledger.BytesFrom(a.From)
	p := a.Start()
	waiting.For(a.t, "everything to be delivered", func() bool { return a.Size() >= due })
	p.Stop()
	_, _, torn := a.End()
	require.Zero(a.t, torn)
	require.Equal(a.t, a.Ledger.Count(), a.Done)
	require.Equal(a.t, a.Ledger.Last(), a.Stored(), "the position is the last batch's continuation time")
}
