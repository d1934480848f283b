package model_test

import (
	"fmt"
	"net/http"
	"strconv"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// The steps that make something fail.

func (m *modelRun) stepBreak(s modelStep, then chronicletest.Action) {
	m.server.Script(chronicletest.Step{AfterElements: s.number(0), AfterBytes: s.number(1), Then: then})
}

func (m *modelRun) stepFail(s modelStep) {
	if s.args[1] == "bad" {
		// It may be the answer to a page token.
		m.ledger.refuseTokens()
	}
	m.server.Script(chronicletest.Step{
		AfterElements: s.number(0), Then: chronicletest.Fail, ErrorElement: []byte(modelErrors[s.args[1]]),
	})
}

func (m *modelRun) stepRefuse(s modelStep) {
	refusal := chronicletest.Refusal{Status: s.number(0)}
	if s.args[1] != "-" {
		refusal.RetryAfter = s.args[1]
	}
	m.server.Script(chronicletest.Step{Refuse: &refusal})
}

func (m *modelRun) stepBody(s modelStep) {
	m.server.Script(chronicletest.Step{Body: []byte(modelBodies[s.args[0]])})
}

func (m *modelRun) stepSlow(s modelStep) {
	m.server.Script(chronicletest.Step{ChunkBytes: s.number(0), ChunkDelay: s.duration(1)})
}

func (m *modelRun) stepToken(s modelStep) {
	switch s.args[0] {
	case "stall":
		m.server.ScriptToken(chronicletest.TokenStep{Stall: true})
	case "html":
		m.server.ScriptToken(chronicletest.TokenStep{Body: []byte("<html>")})
	default:
		status, err := strconv.Atoi(s.args[0])
		if err != nil {
			status = http.StatusServiceUnavailable
		}
		m.server.ScriptToken(chronicletest.TokenStep{Status: status})
	}
}

func (m *modelRun) stepSpoil(s modelStep, fatal bool) {
	if m.process != nil {
		m.process.cache.spoilWrite(s.number(0), fatal)
	}
}

func (m *modelRun) stepExpire(modelStep) {
	m.ledger.expireTokens(m.server)
}

func (m *modelRun) stepCredentials(modelStep) {
	if err := m.server.WriteCredentials(m.credentials); err != nil {
		m.ledger.violate("stuck", "%v", fmt.Errorf("rewriting: %w", err))
	}
}
