package plugin

import (
	"context"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// checkPatience is how long a connection test listens to an open stream: long
// enough for a page that is no stream, shorter than a quiet stream's silence.
const checkPatience = 2 * time.Second

// ConnectionTest opens the stream with the real credentials, listens a moment
// whether it is one, and leaves it.
func (in *input) ConnectionTest(ctx context.Context) service.ConnectionTestResults {
	conn, _, err := in.conf.connect(ctx, in.auth, in.dial, position{})
	if err != nil {
		return service.ConnectionTestFailed(err).AsList()
	}
	defer conn.close()
	listened := time.NewTimer(checkPatience)
	defer listened.Stop()
	select {
	case <-conn.done:
		return service.ConnectionTestFailed(conn.err).AsList()
	case <-ctx.Done():
		return service.ConnectionTestFailed(ctx.Err()).AsList()
	case <-conn.pieces:
	case <-listened.C:
	}
	return service.ConnectionTestSucceeded().AsList()
}
