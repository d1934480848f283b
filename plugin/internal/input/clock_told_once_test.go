package input

import (
	"bytes"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
)

// A host may test the connection of a running input at any time.
func TestClockIsOffBesideAConnectionTest(t *testing.T) {
	var logs bytes.Buffer // The handler writes one record at a time.
	in := &input{log: service.NewLoggerFromSlog(slog.New(slog.NewTextHandler(&logs, nil)))}
	var both sync.WaitGroup
	for range 2 {
		both.Go(func() { in.reportClock(answer.Clock{Known: true, Ahead: time.Hour}) })
	}
	both.Wait()
	require.Equal(t, 1, strings.Count(logs.String(), "The clock of this machine is "))
}
