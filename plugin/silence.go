package plugin

import (
	"context"
	"fmt"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A silenceTimer cancels a connection on which nothing is heard for too long.
// It runs only while the server is waited for.
type silenceTimer struct {
	timer   *time.Timer
	timeout time.Duration
}

func newSilenceTimer(timeout time.Duration, cancel context.CancelCauseFunc) *silenceTimer {
	timer := time.AfterFunc(timeout, func() { cancel(fmt.Errorf("%w for %s", errSilence, timeout)) })
	timer.Stop()
	return &silenceTimer{timer, timeout}
}

func (s *silenceTimer) start() { s.timer.Reset(s.timeout) }
func (s *silenceTimer) stop()  { s.timer.Stop() }

// An attentiveSource times every wait for more of the stream.
type attentiveSource struct {
	stream.Source
	silence *silenceTimer
}

// AppendTo implements stream.Source.
func (a *attentiveSource) AppendTo(b []byte) ([]byte, error) {
	a.silence.start()
	defer a.silence.stop()
	return a.Source.AppendTo(b)
}
