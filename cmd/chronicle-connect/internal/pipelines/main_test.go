package pipelines

import (
	"testing"

	_ "github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/components" // as in main
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// TestMain makes the test binary one of the processes that tests start, where it was
// started to be that.
func TestMain(m *testing.M) {
	servers.BecomeReceiver()
	programtest.Main(m)
}
