package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A kill may leave a part of a detection at the end of the file. It doesn't count
// as delivered: all of it follows.
func TestKilledWhileWriting(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	a := &audit{ledger: newLedger(server, 1), deployment: deploy(t, server, settings{input: []string{"start_time: 1h"}})}
	a.ledger.append(1, 1200)
	small := a.ledger.bytesFrom(0)
	a.ledger.append(1, 30_000_000) // takes the kernel a while
	a.begin()
	p := a.start()
	waitFor(t, "the small detection", func() bool { return a.size() >= small })
	// In more haste than waitFor, to hit the write of the large one.
	for deadline := time.Now().Add(patience); a.size() == small && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	p.kill()
	whole, _, torn := a.end()
	t.Logf("delivered %d detections and %d bytes of another", whole, torn)
	a.finish()
}
