//go:build !minimal

package servers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
)

// Prometheus is a client of one that runs.
type Prometheus struct {
	t   *testing.T
	url string
}

// NewPrometheus returns a client of the one at addr, host and port.
func NewPrometheus(t *testing.T, addr string) *Prometheus {
	return &Prometheus{t: t, url: "http://" + addr}
}

// get reads data, the part of an answer that is about the question.
func (p *Prometheus) get(path string, data any) {
	p.t.Helper()
	response, err := http.Get(p.url + path)
	require.NoError(p.t, err)
	defer response.Body.Close()
	var answer struct {
		Status, Error string
		Data          json.RawMessage
	}
	require.NoError(p.t, json.NewDecoder(response.Body).Decode(&answer))
	require.Equal(p.t, "success", answer.Status, "%s: %s", path, answer.Error)
	require.NoError(p.t, json.Unmarshal(answer.Data, data))
}

// query returns the labels of each series that expr gives.
func (p *Prometheus) query(expr string) (series []map[string]string) {
	p.t.Helper()
	var data struct {
		Result []struct{ Metric map[string]string }
	}
	p.get("/api/v1/query?query="+url.QueryEscape(expr), &data)
	for _, result := range data.Result {
		series = append(series, result.Metric)
	}
	return series
}

// WaitData waits until expr gives something.
func (p *Prometheus) WaitData(expr string) {
	p.t.Helper()
	waiting.For(p.t, "data of "+expr, func() bool { return len(p.query(expr)) > 0 })
}

// Firing are the alerts that fire, sorted.
func (p *Prometheus) Firing() []string {
	p.t.Helper()
	var names []string
	for _, alert := range p.query(`ALERTS{alertstate="firing"}`) {
		names = append(names, alert["alertname"])
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// WaitFiring waits until the alerts of these names fire and no others; they are
// sorted.
func (p *Prometheus) WaitFiring(names ...string) {
	p.t.Helper()
	waiting.For(p.t, fmt.Sprintf("the alerts %q and no others", names), func() bool { return slices.Equal(p.Firing(), names) })
}

// CheckRules checks that every rule is evaluated without an error.
func (p *Prometheus) CheckRules() {
	p.t.Helper()
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	waiting.For(p.t, "an evaluation of the rules", func() bool {
		p.get("/api/v1/rules", &data)
		return len(data.Groups) == 1 && data.Groups[0].Rules[len(data.Groups[0].Rules)-1].Health != "unknown"
	})
	for _, rule := range data.Groups[0].Rules {
		require.Equal(p.t, "ok", rule.Health, "%s: %s", rule.Name, rule.LastError)
	}
}
