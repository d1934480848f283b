package input

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// checkPatience is how long a connection test listens to an open stream: long
// enough for a page that is no stream, shorter than a quiet stream's silence.
const checkPatience = 2 * time.Second

// ConnectionTest opens the stream with the real credentials, listens a moment
// whether it is one, and leaves it. Where the configuration may have it search, that is
// tried as well.
func (in *input) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	client := *in.client
	if idle := client.Timeouts.Idle; idle.Limit < client.Timeouts.FirstByte.Limit {
		// What comes from now on needs no preparation, and somebody waits.
		client.Timeouts.FirstByte = idle
	}
	conn, server, err := client.Open(ctx, chronicle.Resume{})
	in.reportClock(server)
	if err != nil {
		return in.testFailed(err)
	}
	defer conn.Close()
	listened := time.NewTimer(checkPatience)
	defer listened.Stop()
	select {
	case <-conn.Done():
		return in.testFailed(conn.Err())
	case <-ctx.Done():
		return service.ConnectionTestFailed(ctx.Err()).AsList()
	case piece := <-conn.Pieces():
		if piece.Kind == stream.Failure && piece.Complete {
			return in.testFailed(&chronicle.StreamError{Err: piece.Err})
		}
	case <-listened.C:
	}
	if in.conf.Search || !in.conf.End.IsZero() {
		// What it needs has to be there before it is needed.
		if err := in.newSearcher().Probe(ctx); err != nil {
			return in.testFailed(err)
		}
	}
	return service.ConnectionTestSucceeded().AsList()
}

// testFailed always says what to do.
func (in *input) testFailed(err error) service.ConnectionTestResults {
	todo := in.advise(err)
	if todo == "" {
		todo = advice.Wait
	}
	return service.ConnectionTestFailed(in.host.Diagnose(err, todo)).AsList()
}
