//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// TestPagerDutyAnswers has a detection answered in all ways that are no yes.
func TestPagerDutyAnswers(t *testing.T) {
	t.Parallel()
	env := func(url string) []string {
		return []string{"PAGERDUTY_URL=" + url, "PAGERDUTY_ROUTING_KEY=" + servers.PagerDutyKey, "PAGERDUTY_EVENTS_PER_MINUTE=1000000"}
	}
	yes := servers.Answer{Status: 202, Body: `{"status":"success","message":"Event processed","dedup_key":"de_1"}`}
	proveAnswers(t, "pagerduty.yaml", env, yes, noes(
		servers.Answer{Status: 202},
		servers.Answer{Status: 200, Body: yes.Body},
		servers.Answer{Status: 202, Body: `{"status":"invalid event"}`},
		servers.Answer{Status: 400, Body: `{"status":"invalid event","errors":["'routing_key' is invalid"]}`},
	))
}
