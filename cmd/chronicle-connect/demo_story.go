package main

import (
	"context"
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// What happens in the demo, in the order of the batches: two that wait in the
// history, of which the second is cut on its way; and one while people watch,
// too large to be listed.
const (
	demoWaiting = 2
	demoCut     = 4
	demoLive    = 120

	// demoSize is what a small detection has: its event fits on a screen.
	demoSize = 3000
)

// demoStory is what Chronicle does during the demo.
type demoStory struct {
	chronicle *chronicletest.Server
	slack     *slackStandIn
	screen    *screen
	generator *chronicletest.Generator
	sent      int
}

// begin puts two batches into the history and a fault on the first connection.
func (d *demoStory) begin() {
	now := time.Now()
	d.chronicle.Script(chronicletest.Step{AfterElements: 1, AfterBytes: demoCut * demoSize / 2, Then: chronicletest.Cut})
	d.chronicle.AppendAt(now.Add(-40*time.Minute), d.generator.Detections(demoWaiting, demoSize)...)
	d.chronicle.AppendAt(now.Add(-20*time.Minute), d.generator.Detections(demoCut, demoSize)...)
	d.sent = demoWaiting + demoCut
	d.screen.say("%d detections wait in the last hour. The stream will break inside the second batch.", d.sent)
}

// tell waits for the history to arrive, then for a heartbeat, then sends a
// large batch and waits for that.
func (d *demoStory) tell(ctx context.Context) error {
	if err := d.slack.waitFor(ctx, d.sent); err != nil {
		return fmt.Errorf("waiting for the history: %w", err)
	}
	requests := d.chronicle.Requests()
	if len(requests) < 2 {
		return fmt.Errorf("the stream was opened %d times, want twice", len(requests))
	}
	d.screen.say("All of the history is there, once each: the second connection asked for what came after %s.", requests[1].ContinuationTime)
	if err := d.screen.waitForHeartbeat(ctx); err != nil {
		return fmt.Errorf("waiting for a heartbeat: %w", err)
	}
	d.screen.say("Now %d detections come in one batch: too many to list.", demoLive)
	d.chronicle.Append(d.generator.Detections(demoLive, demoSize)...)
	d.sent += demoLive
	if err := d.slack.waitFor(ctx, d.sent); err != nil {
		return fmt.Errorf("waiting for the large batch: %w", err)
	}
	return nil
}
