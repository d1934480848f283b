package pipelines

import (
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// SIGTERM at any moment: every process ends by itself and with 0, and the next
// one repeats nothing but parts of a batch that was not complete.
func TestStopAtRandomPoints(t *testing.T) {
	t.Parallel() // it is waiting that takes the time
	u := newUpset(t)
	enough := u.keepAppending()
	defer enough()
	for round := range 10 {
		p := u.run(round, syscall.SIGTERM)
		whole, repeated, torn := u.End()
		t.Logf("delivered %d detections, %d of them again", whole, repeated)
		status := p.State().Sys().(syscall.WaitStatus)
		if status.Signaled() && moments[round%len(moments)].early {
			continue // before Benthos catches signals, which makes it a kill
		}
		require.Zero(t, p.State().ExitCode(), "exit code; %s", p.State())
		require.Zero(t, torn)
		require.Equal(t, u.Ledger.WholeBatches(u.From+whole), u.Ledger.Until(u.Stored()), "the position covers the batches that were delivered")
	}
	enough()
	u.Finish()
	t.Logf("%d detections, %d repetitions", u.Done, u.Repeated)
}
