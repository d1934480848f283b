package pipelines

import (
	"syscall"
	"testing"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Whenever the process is killed, the next one goes on so that nothing is lost,
// and repeats no more than what came after the stored position.
func TestKilledAtRandomPoints(t *testing.T) {
	t.Parallel() // it is waiting that takes the time
	// A burst comes in parts here, each with a position inside of what was
	// appended.
	u := newUpset(t, chronicletest.WithMaxBatch(350))
	enough := u.keepAppending()
	defer enough()
	for round := range 20 {
		u.run(round, syscall.SIGKILL)
		whole, repeated, torn := u.End()
		t.Logf("delivered %d detections, %d of them again, and %d bytes of another", whole, repeated, torn)
	}
	enough()
	u.Finish()
	t.Logf("%d detections, %d repetitions", u.Done, u.Repeated)
}
