package pipelines

import (
	"runtime"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A kill may leave a part of a detection at the end of the file. It doesn't count
// as delivered: all of it follows.
func TestKilledWhileWriting(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := proof.NewAudit(t, ledger.New(server, 1), programtest.Deploy(t, server, programtest.Settings{Input: []string{"start_time: 1h"}}))
	a.Ledger.Append(1, 1200)
	small := a.Ledger.BytesFrom(0)
	a.Ledger.Append(1, 30_000_000) // takes the kernel a while
	a.Begin()
	p := a.Start()
	waiting.For(t, "the small detection", func() bool { return a.Size() >= small })
	// In more haste than waiting.For, to hit the write of the large one.
	for deadline := time.Now().Add(waiting.Patience); a.Size() == small && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	p.Kill()
	whole, _, torn := a.End()
	t.Logf("delivered %d detections and %d bytes of another", whole, torn)
	a.Finish()
}
