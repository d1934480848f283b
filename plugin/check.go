package plugin

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// checkPatience is how long a connection test listens to an open stream: long
// enough for a page that is no stream, shorter than a quiet stream's silence.
const checkPatience = 2 * time.Second

// ConnectionTest opens the stream with the real credentials, listens a moment
// whether it is one, and leaves it.
func (in *input) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	conn, header, err := in.conf.connect(ctx, in.auth, in.dial, position{})
	in.reportClock(readClock(header, time.Now()))
	if err != nil {
		return in.testFailed(err)
	}
	defer conn.close()
	listened := time.NewTimer(checkPatience)
	defer listened.Stop()
	select {
	case <-conn.done:
		return in.testFailed(conn.err)
	case <-ctx.Done():
		return service.ConnectionTestFailed(ctx.Err()).AsList()
	case piece := <-conn.pieces:
		if piece.Kind == stream.Failure && piece.Complete {
			return in.testFailed(&streamError{piece.Err})
		}
	case <-listened.C:
	}
	return service.ConnectionTestSucceeded().AsList()
}

// testFailed always says what to do.
func (in *input) testFailed(err error) service.ConnectionTestResults {
	advice := in.conf.advise(err)
	if advice == "" {
		advice = waitAdvice
	}
	return service.ConnectionTestFailed(&Diagnosis{Problem: err, Advice: advice}).AsList()
}
