package pipelines

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// In the middle of 40 MB that are one batch: the pieces that were handed on are
// finished, and the position stays before the batch, which comes again.
func TestStopWithHalfABatch(t *testing.T) {
	for _, test := range []struct {
		name  string
		steps []chronicletest.Step
		bytes int // in the file when the process is stopped
	}{
		{
			name:  "stalled",
			steps: []chronicletest.Step{{AfterElements: 1, AfterBytes: 20 << 20, Then: chronicletest.Stall}},
			bytes: 18 << 20,
		},
		{
			name:  "trickles",
			steps: []chronicletest.Step{{ChunkBytes: 64 << 10, ChunkDelay: 20 * time.Millisecond}},
			bytes: 2 << 20,
		},
		{
			// What comes over the second connection again is not handed on again.
			name: "cut, then stalled",
			steps: []chronicletest.Step{
				{AfterElements: 1, AfterBytes: 10 << 20, Then: chronicletest.Cut},
				{AfterElements: 0, AfterBytes: 20 << 20, Then: chronicletest.Stall},
			},
			bytes: 18 << 20,
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			const piece = 250
			server := chronicletest.NewServer()
			defer server.Close()
			a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{
				"start_time: 1h", fmt.Sprintf("max_batch_count: %d", piece),
			}}))
			before := a.Ledger.Append(5, 1200)
			a.Ledger.Append(10_000, 4000)
			server.Script(test.steps...)
			a.Begin()
			p := a.Start()
			waiting.For(t, "a part of the batch", func() bool { return a.Size() >= test.bytes })
			p.Stop()
			whole, _, torn := a.End()
			require.Zero(t, torn)
			require.Zero(t, (whole-5)%piece, "pieces are finished")
			require.Less(t, whole, 5+10_000)
			require.Equal(t, before, a.Stored())
			a.Finish()
			require.Equal(t, whole-5, a.Repeated)
		})
	}
}
