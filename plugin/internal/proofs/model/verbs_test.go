package model_test

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A modelVerb is what a step can do, and how many words it takes.
type modelVerb struct {
	args int
	do   func(*modelRun, modelStep)
}

// modelVerbs are the steps of a script.
var modelVerbs = map[string]modelVerb{
	// The server's history.
	"append":  {2, (*modelRun).stepAppend},  // N detections of SIZE bytes, in a batch
	"change":  {1, (*modelRun).stepChange},  // the detection K before the last, under its id
	"repeat":  {1, (*modelRun).stepRepeat},  // the same as it was, and a new one
	"element": {1, (*modelRun).stepElement}, // one of modelElements

	// The pipeline. K counts the batches that are held, from the oldest on.
	"read":      {1, func(m *modelRun, s modelStep) { m.read(s.duration(0)) }},
	"deliver":   {1, (*modelRun).stepDeliver}, // read and acknowledge N batches
	"ack":       {1, func(m *modelRun, s modelStep) { m.answer(s.number(0), nil) }},
	"nack":      {1, func(m *modelRun, s modelStep) { m.answer(s.number(0), rejectAll) }},
	"nack-part": {1, func(m *modelRun, s modelStep) { m.answer(s.number(0), rejectEveryOther) }},
	"pass":      {1, func(m *modelRun, s modelStep) { m.lull(s.duration(0)) }},

	// The process.
	"start": {0, func(m *modelRun, _ modelStep) { m.start() }},
	"stop":  {1, func(m *modelRun, s modelStep) { m.stop(s.args[0]) }}, // ack, nack or drain
	"crash": {0, func(m *modelRun, _ modelStep) { m.crash() }},
	"tear":  {1, func(m *modelRun, s modelStep) { m.stepSpoil(s, true) }},  // a crash in the middle of the N-th write from now
	"spoil": {1, func(m *modelRun, s modelStep) { m.stepSpoil(s, false) }}, // half of that write is done, and the process is told
	"cache": {1, func(m *modelRun, s modelStep) { m.cache.setMood(cacheMood(s.args[0])) }},

	// The next stream requests, one each. K elements pass, and B bytes of the
	// next one.
	"cut":    {2, func(m *modelRun, s modelStep) { m.stepBreak(s, chronicletest.Cut) }},
	"stall":  {2, func(m *modelRun, s modelStep) { m.stepBreak(s, chronicletest.Stall) }},
	"end":    {2, func(m *modelRun, s modelStep) { m.stepBreak(s, chronicletest.End) }},
	"fail":   {2, (*modelRun).stepFail},   // K elements, and then one of modelErrors
	"refuse": {2, (*modelRun).stepRefuse}, // a status, and a Retry-After or -
	"body":   {1, (*modelRun).stepBody},   // one of modelBodies
	"slow":   {2, (*modelRun).stepSlow},   // pieces of N bytes, and the pause between

	// The next requests for searches, one each.
	"search-cut":    {1, func(m *modelRun, s modelStep) { m.stepBreakSearch(s, chronicletest.Cut) }}, // behind B bytes
	"search-stall":  {1, func(m *modelRun, s modelStep) { m.stepBreakSearch(s, chronicletest.Stall) }},
	"search-end":    {1, func(m *modelRun, s modelStep) { m.stepBreakSearch(s, chronicletest.End) }},
	"search-refuse": {2, (*modelRun).stepRefuseSearch},
	"search-body":   {1, (*modelRun).stepSearchBody}, // one of modelSearchBodies

	// The way there.
	"token":       {1, (*modelRun).stepToken},  // a status, html or stall for the next token request
	"expire":      {0, (*modelRun).stepExpire}, // all page tokens
	"revoke":      {0, func(m *modelRun, _ modelStep) { m.server.RevokeTokens() }},
	"rotate":      {0, func(m *modelRun, _ modelStep) { m.server.RotateKey() }},
	"credentials": {0, (*modelRun).stepCredentials}, // the current ones are written
	"outage":      {2, (*modelRun).stepOutage},      // for so long, while N batches are sent
	"unplug":      {1, func(m *modelRun, s modelStep) { m.unplugged.Store(int64(s.number(0))) }},
}

// modelElements are elements without detections. A %s becomes a position.
var modelElements = map[string]string{
	"time":         `{"continuationTime":"%s"}`,
	"empty-batch":  `{"detections":[],"continuationTime":"%s"}`,
	"null-batch":   `{"continuationTime":"%s","detections":null}`,
	"heartbeat":    `{"heartbeat":true}`,
	"heartbeat-at": `{"heartbeat":true,"continuationTime":"%s"}`,
	"empty":        `{}`,
	"unknown":      `{"quota":{"left":7}}`,

	"heartbeat-old":   `{"heartbeat":true,"continuationTime":"1999-12-25T00:00:00Z"}`,
	"heartbeat-unset": `{"heartbeat":true,"continuationTime":"1970-01-01T00:00:00Z"}`,
	"time-unset":      `{"continuationTime":"0001-01-01T00:00:00Z","detections":[]}`,
}

// modelErrors are elements that end a stream. None of what is beside the error
// counts.
var modelErrors = map[string]string{
	"plain":      `{"error":{"code":503,"status":"UNAVAILABLE"}}`,
	"text":       `{"error":"try later"}`,
	"position":   `{"continuationTime":"2000-01-06T00:00:00Z","error":{"code":13}}`,
	"heartbeat":  `{"heartbeat":true,"continuationTime":"2000-01-06T00:00:00Z","error":{"code":13}}`,
	"detections": `{"error":{"code":13},"detections":[{"id":"de_error"}],"continuationTime":"2000-01-06T00:00:00Z"}`,
	"token":      `{"nextPageToken":"forged","error":{"code":13}}`,
	"revoked":    `{"error":{"code":401,"status":"UNAUTHENTICATED"}}`,
	"bad":        `{"error":{"code":400,"status":"INVALID_ARGUMENT"}}`,
	"limited":    `{"error":{"code":429,"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"2.5s"}]}}`,
}

// modelBodies are answers of 200 that are no streams, or none that go far.
var modelBodies = map[string]string{
	"nothing":   ``,
	"html":      `<html>sign in</html>`,
	"object":    `{"error":{"code":503}}`,
	"array":     `[]`,
	"bad-time":  `[{"continuationTime":"soon"}]`,
	"bad-list":  `[{"continuationTime":"2000-01-06T00:00:00Z","detections":7}]`,
	"cut-batch": `[{"continuationTime":"2000-01-06T00:00:00Z","detections":[{"id":"de_cut"`,
	"cut-late":  `[{"continuationTime":"2000-01-06T00:00:00Z"`,
	"cut-page":  `[{"nextPageToken":"forged","detections":[{"id":"de_cut"`,
	"trailing":  `[{"heartbeat":true}] and more`,
	"bare":      `{"heartbeat":true}`,
	"comma":     `[{"heartbeat":true,},`,
}

func (m *modelRun) stepAppend(s modelStep) {
	bodies := make([]string, s.number(0))
	for i := range bodies {
		bodies[i] = m.ledger.compose(s.number(1))
	}
	m.ledger.append(m.server, bodies...)
}

func (m *modelRun) stepChange(s modelStep) {
	if sent := m.ledger.sent; len(sent) > 0 {
		m.ledger.append(m.server, m.ledger.change(sent[len(sent)-1-s.number(0)%len(sent)].body))
	}
}

func (m *modelRun) stepRepeat(s modelStep) {
	if sent := m.ledger.sent; len(sent) > 0 {
		m.ledger.append(m.server, sent[len(sent)-1-s.number(0)%len(sent)].body, m.ledger.compose(0))
	}
}

func (m *modelRun) stepElement(s modelStep) {
	element := modelElements[s.args[0]]
	if strings.Contains(element, "%s") {
		m.ledger.appendRaw(m.server, element)
		return
	}
	m.server.AppendElement([]byte(element))
}

// read reads a message batch, if one comes in time, and holds it.
func (m *modelRun) read(patience time.Duration) (came bool) {
	p := m.process
	if p == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(m.t.Context(), patience)
	defer cancel()
	batch, ack, err := p.input.ReadBatch(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return false
	}
	if err != nil {
		m.ledger.violate("ended", "%v: %v", err, p.failure)
		return false
	}
	held := modelBatch{batch: batch, ack: ack}
	for _, message := range batch {
		body, err := message.AsBytes()
		if err != nil {
			m.ledger.violate("foreign", "%v", err)
		}
		held.bodies = append(held.bodies, string(body))
	}
	p.held = append(p.held, held)
	m.ledger.deliver(p, held.bodies, m.rules)
	return true
}

func (m *modelRun) stepDeliver(s modelStep) {
	for range s.number(0) {
		if !m.read(5 * time.Second) {
			return
		}
		m.answer(len(m.process.held)-1, nil)
	}
}

var errRejected = errors.New("rejected by the model")

// answer says to the k-th batch that is held which of its messages are
// rejected; none are where reject is nil.
func (m *modelRun) answer(k int, reject func(i int) bool) {
	p := m.process
	if p == nil || len(p.held) == 0 {
		return
	}
	k %= len(p.held)
	held := p.held[k]
	p.held = append(p.held[:k:k], p.held[k+1:]...)
	problem := service.NewBatchError(held.batch, errRejected)
	rejections := 0
	for i := range held.bodies {
		if reject != nil && reject(i) {
			problem = problem.Failed(i, errRejected)
			rejections++
		}
	}
	var err error
	switch rejections {
	case 0:
		m.ledger.answer(p, held.bodies, settled)
	case len(held.bodies):
		err = errRejected
		m.ledger.answer(p, held.bodies, rejected)
	default:
		err = problem
		m.ledger.answer(p, held.bodies, partlyRejected)
	}
	if err != nil && !m.rules.replay {
		// As the field's documentation says, they are dropped.
		m.ledger.answer(p, held.bodies, settled)
	}
	if err := held.ack(m.t.Context(), err); err != nil {
		m.ledger.violate("stuck", "acknowledging: %v", err)
	}
}

// rejectAll and rejectEveryOther are which messages of a batch are rejected.
func rejectAll(int) bool          { return true }
func rejectEveryOther(i int) bool { return i%2 == 0 }

// answerAll gives every batch that is held the same answer.
func (m *modelRun) answerAll(said fate) {
	var reject func(int) bool
	if said == rejected {
		reject = rejectAll
	}
	for m.process != nil && len(m.process.held) > 0 {
		m.answer(0, reject)
	}
}
