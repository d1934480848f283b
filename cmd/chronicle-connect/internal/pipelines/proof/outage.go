package proof

import (
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// An Outage shows that a pipeline of config/ loses nothing while the server that it
// writes to is killed and comes back: 1,000 detections are sent, the server is killed
// when a part of them has arrived, and half of them are sent only while it is down.
//
//	real := servers.StartReal(t, "kafka")
//	sent := proof.Outage{
//		Config: "kafka.yaml",
//		Env:    []string{"KAFKA_ADDRESSES=" + real.Addr()},
//		Server: real,
//		IDs:    topic.IDs,
//	}.Run(t)
//
// Whether what has arrived is byte for byte what was sent is left to the test, where
// the destination keeps that.
type Outage struct {
	Config string   // file in config/
	Env    []string // its settings beside those of the input, as NAME=value
	Args   []string // of the program, such as --set for a pace that suits a test
	Server Killable
	IDs    func() ([]string, error) // of the detections at the destination; see NewArrival
}

// outage is the least that the server is down.
const outage = time.Second

// Killable is a server that can be killed and brought back with its data: a real one
// or a stand-in.
type Killable interface {
	Kill()
	Restart()
}

// Detections is how many detections an outage is shown with.
const Detections = 1000

// Run returns what was sent when all of it has arrived.
func (o Outage) Run(t *testing.T) *ledger.Ledger {
	t.Helper()
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	d := programtest.DeployFile(t, server, o.Config, o.Env...)
	d.Args = append(d.Args, o.Args...)
	process := d.Start()

	firstHalf := sent.Feed(Detections / 2)
	arrival := NewArrival(t, sent, o.IDs)
	arrival.Wait(Detections / 10)
	o.Server.Kill()
	killed := time.Now()
	<-firstHalf
	<-sent.Feed(Detections / 2)
	waiting.For(t, "the outage to pass", func() bool { return time.Since(killed) >= outage })
	o.Server.Restart()
	arrival.Wait(Detections)
	waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(sent.Last()) })
	process.Stop()

	t.Logf("%s: %d sent, server killed after %d of them for %s, 0 lost, %d repeated",
		o.Config, sent.Count(), arrival.before, time.Since(killed).Round(time.Millisecond), arrival.Repeated)
	return sent
}
