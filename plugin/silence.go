package plugin

import (
	"context"
	"fmt"
	"io"
	"time"
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

// An attentiveReader times every read of its own.
type attentiveReader struct {
	r       io.Reader
	silence *silenceTimer
}

func (a *attentiveReader) Read(p []byte) (int, error) {
	a.silence.start()
	defer a.silence.stop()
	return a.r.Read(p)
}
