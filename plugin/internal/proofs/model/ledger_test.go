package model_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// A ledger is what the model knows of a run: what was sent, delivered and
// acknowledged, whichever process did it, and what is stored. It composes the
// detections as well, each different from all before.
type ledger struct {
	mu sync.Mutex // guards what follows; the keeper of a process writes too
	// sent are the detections in the order of sending, one entry each time.
	sent []sentDetection
	// places are where in sent a detection is, once for each time it was sent.
	places map[string][]int
	// nameless are the detections without an id, which cannot be recognised.
	nameless map[string]bool
	// marks are the positions that the server gives out, in microseconds.
	marks  map[int64]bool
	newest time.Time // of them
	// due is the newest that has to be stored in the end. One without detections
	// waits for another element, which may not come within a silence.
	due time.Time
	// clockMarks says that any present time may be a position as well.
	clockMarks bool
	// searches says that what is old may be read by search, and unordered that it then
	// comes in another order than that of sending.
	searches, unordered bool
	curated             bool      // every third detection is of a curated rule
	readTo              time.Time // what was sent up to there was read by an earlier process

	tokensExpired bool // page tokens did, at some time
	// void is how many detections, from the first on, lie before the window of
	// a process that began at its now. Nobody has to deliver them.
	void  int
	since time.Time // when that process began, zero if none did

	delivered map[string]bool
	acked     map[string]bool

	stored place
	safe   int // how many detections lie at or before the stored place or its spare

	made    int    // detections composed so far
	doing   string // the step that is carried out
	problem error  // the first thing that went wrong
}

// A sentDetection is one detection in one batch.
type sentDetection struct {
	body string
	at   time.Time // the position behind it
	// whole says that whoever has this detection has had the whole batch: it
	// is the last one and comes nowhere earlier.
	whole bool
	step  string // that sent it
}

func newLedger() *ledger {
	return &ledger{
		places: make(map[string][]int), nameless: make(map[string]bool), marks: make(map[int64]bool),
		delivered: make(map[string]bool), acked: make(map[string]bool),
	}
}

// violate notes what went wrong, if it is the first.
func (l *ledger) violate(check, format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.violateLocked(check, format, args...)
}

func (l *ledger) violateLocked(check, format string, args ...any) {
	if l.problem == nil {
		l.problem = fmt.Errorf("%s: %s (at step %s)", check, fmt.Sprintf(format, args...), l.doing)
	}
}

func (l *ledger) violation() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.problem
}

func (l *ledger) begin(doing string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.doing = doing
}

// compose makes a detection of about size bytes.
func (l *ledger) compose(size int) string {
	n := l.made
	l.made++
	pad := strings.Repeat("x", max(0, size-60))
	switch id := fmt.Sprintf("de_%d", n); {
	case n%41 == 40:
		return fmt.Sprintf(`{"detection":[{"id":"de_0"}],"n":%d,"pad":%q}`, n, pad)
	case n%5 == 1:
		return fmt.Sprintf(`{ "v" : 0 ,`+"\t"+`"pad":%q, "id" : %q }`, pad, id)
	case n%5 == 2:
		return fmt.Sprintf(`{"t":"]}{[\"\\","u":"\u00e9\ud83d\ude00","detection":[{"id":"de_0"}],"id":%q,"v":0,"pad":%q}`, id, pad)
	case l.curated && n%3 == 0:
		return fmt.Sprintf(`{"type":"GCTI_FINDING","detection":[{"ruleId":"ur_%d"}],"id":%q,"pad":%q}`, n%4, id, pad)
	default:
		return fmt.Sprintf(`{"id":%q,"v":0,"pad":%q}`, id, pad)
	}
}

// change is another version of a detection under the same id.
func (l *ledger) change(body string) string {
	l.made++
	return strings.TrimSuffix(body, "}") + fmt.Sprintf(`,"version":%d}`, l.made)
}

// burst sends so many detections within a minute.
func (l *ledger) burst(server *chronicletest.Server, at time.Time, n int) {
	const each = 100
	for i := 0; i < n; i += each {
		bodies := make([]string, each)
		created := at.Add(time.Minute * time.Duration(i) / time.Duration(n))
		for k := range bodies {
			bodies[k] = fmt.Sprintf(`{"id":"de_%d","createdTime":%q}`, l.made, created.Format(time.RFC3339Nano))
			l.made++
		}
		l.appendAt(server, created, bodies...)
	}
}

// append sends a batch, of nothing but a position if there are no bodies. The
// ledger knows of it before anybody else can.
func (l *ledger) append(server *chronicletest.Server, bodies ...string) {
	l.appendAt(server, time.Now(), bodies...)
}

// appendAt is append for a time of its own.
func (l *ledger) appendAt(server *chronicletest.Server, at time.Time, bodies ...string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	raw := make([]json.RawMessage, len(bodies))
	for i, body := range bodies {
		raw[i] = json.RawMessage(body)
	}
	l.note(server.AppendAt(at, raw...), bodies)
}

// appendRaw sends an element with a position of its own choosing.
func (l *ledger) appendRaw(server *chronicletest.Server, format string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := time.Now()
	if at.Before(l.newest) {
		at = l.newest
	}
	at = at.Add(time.Millisecond).Truncate(time.Microsecond)
	server.AppendElement(fmt.Appendf(nil, format, position.At(at)))
	l.note(at, nil)
}

func (l *ledger) expireTokens(server *chronicletest.Server) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokensExpired = true
	server.ExpireTokens()
}

// refuseTokens notes that a token may be refused from now on.
func (l *ledger) refuseTokens() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokensExpired = true
}

// note is called with mu held. The detections of a batch own a microsecond
// each: the server may cut the batch behind any of them.
func (l *ledger) note(at time.Time, bodies []string) {
	for i, body := range bodies {
		d := sentDetection{
			body:  body,
			at:    at.Add(-time.Microsecond * time.Duration(len(bodies)-1-i)),
			whole: i == len(bodies)-1 && len(l.places[body]) == 0,
			step:  l.doing,
		}
		l.marks[d.at.UnixMicro()] = true
		l.places[body] = append(l.places[body], len(l.sent))
		l.nameless[body] = strings.HasPrefix(body, `{"detection":`)
		l.sent = append(l.sent, d)
	}
	l.marks[at.UnixMicro()] = true
	l.newest = at
	if len(bodies) > 0 {
		l.due = at
	}
}
