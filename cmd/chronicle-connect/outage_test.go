package main

import (
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A proof shows that a pipeline of config/ loses nothing while the server that
// it writes to is killed and comes back: 1,000 detections are sent, the server is
// killed when a part of them has arrived, and half of them are sent only while
// it is down.
//
//	real := startReal(t, "kafka")
//	sent := proof{
//		config: "kafka.yaml",
//		env:    []string{"KAFKA_ADDRESSES=" + real.addr()},
//		server: real,
//		ids:    topic.ids,
//	}.run(t)
//
// Whether what has arrived is byte for byte what was sent is left to the test,
// where the destination keeps that.
type proof struct {
	config string   // file in config/
	env    []string // its settings beside those of the input, as NAME=value
	args   []string // of the program, such as --set for a pace that suits a test
	server killable
	// ids are the ids of the detections that are at the destination, each as
	// often as it is there; see idOf. An error is no failure of the test: the
	// destination may be down.
	ids func() ([]string, error)
	// outage is how long the server is down; 1 s by default.
	outage time.Duration
}

// killable is a server that can be killed and brought back with its data: a
// realServer or what a test makes.
type killable interface {
	Kill()
	Restart()
}

// proofDetections is how many detections an outage is shown with.
const proofDetections = 1000

// run returns what was sent when all of it has arrived.
func (p proof) run(t *testing.T) *ledger.Ledger {
	t.Helper()
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := ledger.New(server, 1)
	d := programtest.DeployFile(t, server, p.config, p.env...)
	d.Args = append(d.Args, p.args...)
	process := d.Start()

	firstHalf := sent.Feed(proofDetections / 2)
	arrival := newArrival(t, sent, p.ids)
	arrival.wait(proofDetections / 10)
	p.server.Kill()
	killed := time.Now()
	<-firstHalf
	<-sent.Feed(proofDetections / 2)
	outage := max(p.outage, time.Second)
	waiting.For(t, "the outage to pass", func() bool { return time.Since(killed) >= outage })
	p.server.Restart()
	arrival.wait(proofDetections)
	waiting.For(t, "the position to be stored", func() bool { return d.Stored().Equal(sent.Last()) })
	process.Stop()

	t.Logf("%s: %d sent, server killed after %d of them for %s, 0 lost, %d repeated",
		p.config, sent.Count(), arrival.before, time.Since(killed).Round(time.Millisecond), arrival.repeated)
	return sent
}
