package model_test

import (
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// Histories of weeks, of which the stream reaches back one: the rest is read by search,
// before the first step and after outages of many days.

// isPast says whether a search may be what reads up to a time.
func isPast(at time.Time) bool {
	return time.Since(at) > chronicle.Retention-chronicle.SearchMargin-2*chronicle.Overlap
}

// reachBack makes a script one of those.
func (g *scriptGenerator) reachBack() {
	g.past = true
	g.head("set", "on_unresumable_position", "search")
	g.head("past", g.between(5, 60), g.pick("720h", "720h", "400h"))
	if g.chance(40) {
		g.head("curated")
	}
	if g.chance(30) {
		g.head("server", "creation_skew", g.pick("1s", "4m"))
	}
	if g.chance(20) {
		g.head("server", "search_bytes", "100000")
	}
	g.failSearches()
	switch g.IntN(4) {
	case 0:
		g.head("set", "start_time", "1999-11-30T00:00:00Z")
	case 1:
		// Only what is sent from now on counts.
	default:
		g.head("read-to", g.pick("720h", "480h", "480h", "169h", "166h"))
	}
	g.know(stepKind{10, 100, (*scriptGenerator).outage})
	if g.chance(70) {
		g.know(stepKind{20, 100, (*scriptGenerator).breakSearch})
	}
	g.add("start")
}

// failSearches has a share of all searches fail, throughout.
func (g *scriptGenerator) failSearches() {
	if g.chance(30) {
		g.head("server", "search_quota", g.pick("0", "2", "4", "8", "10", "30"))
	}
	if g.chance(30) {
		g.head("search-fails", g.pick("2", "2", "3", "5", "10", "40"), g.key(searchFailures))
	}
	if g.chance(20) {
		g.head("search-limit", g.pick("6h", "24h", "100h"), g.pick("400", "408", "504"))
	}
	if g.chance(6) {
		g.head("burst", 12_000)
	}
}

// searchFailures are the ways in which a share of all searches fails.
var searchFailures = map[string]string{
	"500": "", "503": "", "429": "1", "cut": "",
}

// failSearch is a control function of a line of the header.
func failSearch(line modelStep) func(http.ResponseWriter, *chronicletest.SearchCall) bool {
	var fails func(*chronicletest.SearchCall) (chronicletest.Step, bool)
	switch line.verb {
	case "search-fails":
		step := chronicletest.Step{AfterBytes: 1, Then: chronicletest.Cut}
		if status, err := strconv.Atoi(line.args[1]); err == nil {
			step = chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status, RetryAfter: searchFailures[line.args[1]]}}
		}
		n := line.number(0)
		fails = func(call *chronicletest.SearchCall) (chronicletest.Step, bool) {
			// By chance, and the same in each run.
			return step, rand.New(rand.NewPCG(uint64(call.Number), uint64(n))).IntN(n) == 0
		}
	case "search-limit":
		limit, step := line.duration(0), chronicletest.Step{Refuse: &chronicletest.Refusal{Status: line.number(1)}}
		fails = func(call *chronicletest.SearchCall) (chronicletest.Step, bool) {
			q := call.Query
			from, _ := time.Parse(time.RFC3339, q.Get("startTime")+q.Get("start_time")) // zero of a list of rules
			to, _ := time.Parse(time.RFC3339, q.Get("endTime")+q.Get("end_time"))
			return step, to.Sub(from) > limit
		}
	}
	return func(_ http.ResponseWriter, call *chronicletest.SearchCall) bool {
		if step, is := fails(call); is {
			call.UseStep(step)
		}
		return false
	}
}

// outage ends the process as a rule: one that lives through weeks takes seconds.
func (g *scriptGenerator) outage() {
	switch n := g.IntN(100); {
	case n < 50:
		g.add("crash")
	case n < 98:
		g.add("stop", g.pick("ack", "nack", "drain"))
	}
	g.add("outage", g.pick("480h", "480h", "180h", "166h", "24h"), g.between(0, 12))
	if g.chance(90) {
		g.add("start")
	}
	if g.chance(70) {
		g.add("deliver", g.between(1, 12))
	}
}

func (g *scriptGenerator) breakSearch() {
	for range g.between(1, 3) {
		switch g.IntN(5) {
		case 0:
			g.add("search-refuse", g.pick("401", "403", "429", "500", "503"), g.pick("-", "-", "0", "7", "60"))
		case 1:
			g.add("search-body", g.key(modelSearchBodies))
		case 2:
			g.add("search-stall", g.bytes())
		case 3:
			g.add("search-end", g.bytes())
		default:
			g.add("search-cut", g.bytes())
		}
	}
}

// modelSearchBodies are answers of 200 to a search that are none, or not whole.
var modelSearchBodies = map[string]string{
	"nothing": ``,
	"html":    `<html>sign in</html>`,
	"error":   `{"error":{"code":503,"status":"UNAVAILABLE"}}`,
	"limited": `{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2.5s"}]}}`,
	"unknown": `{"detectionList":[{"id":"de_unknown"}]}`,
	"no-list": `{"detections":7}`,
	"no-item": `{"detections":["de_item"]}`,
	"cut":     `{"detections":[{"id":"de_cut"`,
	"more":    `{"detections":[`,
}

// bePast sends batches at times before the first step, and stores the position that an
// earlier process has left.
func (m *modelRun) bePast(batches int, span time.Duration, burst int) {
	now := time.Now()
	l := m.ledger
	l.searches = true
	// The beginnings of windows get too old, and their tokens with them.
	l.tokensExpired = m.fields["api"] == "chronicle"
	for i := range batches {
		bodies := make([]string, 1+i%9)
		for k := range bodies {
			bodies[k] = l.compose(200)
		}
		at := now.Add(-span + time.Duration(i)*(span-time.Hour)/time.Duration(batches))
		l.appendAt(m.server, at, bodies...)
		if i == batches/2 {
			l.burst(m.server, at.Add(time.Hour), burst)
		}
	}
	if l.readTo.IsZero() {
		return
	}
	at := l.readTo.Truncate(time.Microsecond)
	l.marks[at.UnixMicro()] = true
	l.stored = place{at, at}
	m.cache.values[settings.Name] = []byte(`{"continuation_time":"` + position.At(at).ContinuationTime + `"}`)
	for l.void < len(l.sent) && !l.sent[l.void].at.After(at) {
		l.void++
	}
}

// stepOutage has nothing reach the server for a while. A process that runs waits for it
// as long as it may, an hour at a time.
func (m *modelRun) stepOutage(s modelStep) {
	if m.process != nil {
		m.cache.setMood(cacheWorks)
		m.server.RevokeTokens()
		resume := m.server.ControlToken(func(w http.ResponseWriter, _ *chronicletest.TokenCall) bool {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusServiceUnavailable)
			return true
		})
		defer resume()
		m.lines.cut()
	}
	long, batches := s.duration(0), s.number(1)
	for i := range batches {
		rig.Pass(long / time.Duration(batches+1))
		bodies := make([]string, 1+i%5)
		for k := range bodies {
			bodies[k] = m.ledger.compose(200)
		}
		m.ledger.append(m.server, bodies...)
	}
	rig.Pass(long / time.Duration(batches+1))
}

func (m *modelRun) stepBreakSearch(s modelStep, then chronicletest.Action) {
	m.server.ScriptSearch(chronicletest.Step{AfterBytes: s.number(0), Then: then})
}

func (m *modelRun) stepRefuseSearch(s modelStep) {
	refusal := chronicletest.Refusal{Status: s.number(0)}
	if s.args[1] != "-" {
		refusal.RetryAfter = s.args[1]
	}
	m.server.ScriptSearch(chronicletest.Step{Refuse: &refusal})
}

func (m *modelRun) stepSearchBody(s modelStep) {
	m.server.ScriptSearch(chronicletest.Step{Body: []byte(modelSearchBodies[s.args[0]])})
}

// lines are the connections that are open.
type lines struct {
	mu   sync.Mutex // guards open
	open []net.Conn
}

func (l *lines) add(conn net.Conn, err error) (net.Conn, error) {
	if err == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.open = append(l.open, conn)
	}
	return conn, err
}

// cut breaks all of them off.
func (l *lines) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range l.open {
		_ = conn.Close()
	}
	l.open = nil
}
