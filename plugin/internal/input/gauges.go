package input

import (
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/advice"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/journal"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

const (
	// tickInterval is how often the gauges follow the clock.
	tickInterval = 5 * time.Second

	// gaugeInterval is the least time between two settings of the gauges while
	// positions are read: a backlog has thousands of them a second.
	gaugeInterval = 100 * time.Millisecond
)

// gauges tell how far reading is behind the present, storing behind reading, and how
// old the oldest message in flight is: in three metrics, and while there is a backlog
// or a message overdue in the log. What else follows the clock is told at their
// ticks, too.
type gauges struct {
	keeper   *position.Keeper
	metrics  *metrics
	log      *service.Logger
	samples  *samples
	progress journal.Progress
	flight   journal.Flight
	stopping func() bool // whether the pipeline stops, which may take its time

	startOnce sync.Once
	stop      chan struct{} // closed to ask for the end
	stopped   chan struct{} // closed at the end, or when there was no start
	moved     chan struct{} // holds a token while the gauges have to be set again

	mu     sync.Mutex        // guards what follows
	began  position.Position // where reading began
	newest position.Position // that was read
	set    time.Time         // when the gauges were
	stored position.Position // as it was then
	still  time.Time         // since when it has been so while it is not the newest; zero where it is
}

func newGauges(keeper *position.Keeper, m *metrics, log *service.Logger, s *samples, stopping func() bool) *gauges {
	return &gauges{
		keeper: keeper, metrics: m, log: log, samples: s, stopping: stopping,
		stop: make(chan struct{}), stopped: make(chan struct{}), moved: make(chan struct{}, 1),
	}
}

// start begins to follow, once. at is where reading begins.
func (g *gauges) start(at position.Position) {
	g.startOnce.Do(func() {
		g.began = at
		g.read(at)
		go g.run()
	})
}

// close ends the following, and waits until it has ended. What is in flight then is
// no longer this input's.
func (g *gauges) close() {
	g.startOnce.Do(func() { close(g.stopped) })
	close(g.stop)
	<-g.stopped
	g.metrics.oldestUnackedSeconds.SetFloat64(0)
}

// read tells how far reading has come.
func (g *gauges) read(p position.Position) {
	now := time.Now()
	g.mu.Lock()
	g.newest = p
	due := now.Sub(g.set) >= gaugeInterval
	g.mu.Unlock()
	g.progress.Moved(now, p.Time())
	if due {
		g.update(now)
		return
	}
	select {
	case g.moved <- struct{}{}:
	default:
	}
}

// skipped tells that reading goes on later than it was.
func (g *gauges) skipped(p position.Position) {
	g.progress.Jumped(time.Now(), p.Time())
	g.read(p)
}

func (g *gauges) update(now time.Time) {
	stored := g.keeper.Stored()
	g.mu.Lock()
	g.set = now
	newest := g.newest.Time()
	if stored.IsZero() {
		stored = g.began
	}
	behind := max(newest.Sub(stored.Time()), g.stillFor(now, stored))
	g.mu.Unlock()
	g.metrics.lagSeconds.SetFloat64(max(0, now.Sub(newest).Seconds()))
	g.metrics.uncommittedSeconds.SetFloat64(max(0, behind.Seconds()))
	g.metrics.oldestUnackedSeconds.SetFloat64(g.flight.Oldest(now).Seconds())
}

// stillFor is for how long nothing more was stored though something was read: within
// a window of pages all positions have the same time, which tells nothing. It is
// called with mu held.
func (g *gauges) stillFor(now time.Time, stored position.Position) time.Duration {
	switch {
	case stored == g.newest:
		g.still = time.Time{}
	case stored != g.stored || g.still.IsZero():
		g.still = now
	}
	g.stored = stored
	if g.still.IsZero() {
		return 0
	}
	return now.Sub(g.still)
}

// tick does what follows the clock.
func (g *gauges) tick(now time.Time) {
	g.update(now)
	if line := g.progress.Line(now); line != "" {
		g.log.Infof("%s", line)
	}
	g.samples.each(func(s *journal.Sample) { s.Tick(now) })
	if !g.stopping() {
		g.tellFlight(now)
	}
}

// tellFlight warns of messages that no output takes, whatever the outputs log.
func (g *gauges) tellFlight(now time.Time) {
	switch line, overdue := g.flight.Line(now); {
	case line == "":
	case overdue:
		g.log.Warnf("%s", line+". What to do: "+advice.Overdue())
	default:
		g.log.Infof("%s", line)
	}
}

func (g *gauges) run() {
	defer close(g.stopped)
	clock := time.NewTicker(tickInterval)
	defer clock.Stop()
	// moved is nil while the gauges were set a moment ago; settle says when that
	// is over.
	moved, settle := g.moved, time.NewTimer(0)
	settle.Stop()
	defer settle.Stop()
	for {
		select {
		case <-moved:
			moved = nil
			settle.Reset(gaugeInterval)
		case <-settle.C:
			g.update(time.Now())
			moved = g.moved
		case <-clock.C:
			g.tick(time.Now())
		case <-g.stop:
			return
		}
	}
}
