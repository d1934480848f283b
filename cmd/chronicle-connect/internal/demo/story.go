package demo

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
	waitingDetections = 2
	cutDetections     = 4
	liveDetections    = 120

	// detectionSize is what a small detection has: its event fits on a screen.
	detectionSize = 3000
)

// story is what Chronicle does during the demo.
type story struct {
	chronicle *chronicletest.Server
	slack     *slackStandIn
	screen    *screen
	generator *chronicletest.Generator
	sent      int
}

// begin puts two batches into the history and a fault on the first connection.
func (s *story) begin() {
	now := time.Now()
	s.chronicle.Script(chronicletest.Step{AfterElements: 1, AfterBytes: cutDetections * detectionSize / 2, Then: chronicletest.Cut})
	s.chronicle.AppendAt(now.Add(-40*time.Minute), s.generator.Detections(waitingDetections, detectionSize)...)
	s.chronicle.AppendAt(now.Add(-20*time.Minute), s.generator.Detections(cutDetections, detectionSize)...)
	s.sent = waitingDetections + cutDetections
	s.screen.say("%d detections wait in the last hour. The stream will break inside the second batch.", s.sent)
}

// tell waits for the history to arrive, then for a heartbeat, then sends a
// large batch and waits for that.
func (s *story) tell(ctx context.Context) error {
	if err := s.slack.waitFor(ctx, s.sent); err != nil {
		return fmt.Errorf("waiting for the history: %w", err)
	}
	requests := s.chronicle.Requests()
	if len(requests) < 2 {
		return fmt.Errorf("the stream was opened %d times, want twice", len(requests))
	}
	s.screen.say("All of the history is there, once each: the second connection asked for what came after %s.", asked(requests[1]))
	if err := s.screen.waitForHeartbeat(ctx); err != nil {
		return fmt.Errorf("waiting for a heartbeat: %w", err)
	}
	s.screen.say("Now %d detections come in one batch: too many to list.", liveDetections)
	s.chronicle.Append(s.generator.Detections(liveDetections, detectionSize)...)
	s.sent += liveDetections
	if err := s.slack.waitFor(ctx, s.sent); err != nil {
		return fmt.Errorf("waiting for the large batch: %w", err)
	}
	return nil
}

// asked is what a request resumed from, for people.
func asked(request chronicletest.Request) string {
	if request.PageToken != "" {
		return "the page token of the last whole batch"
	}
	return request.PageStartTime
}
