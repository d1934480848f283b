//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

func pagerDutySettings(receiver *servers.Receiver) []string {
	return []string{
		"PAGERDUTY_URL=http://" + receiver.Addr + "/v2/enqueue", "PAGERDUTY_ROUTING_KEY=" + servers.PagerDutyKey,
		"PAGERDUTY_EVENTS_PER_MINUTE=1000000",
	}
}

// TestPagerDuty proves pagerduty.yaml with a stand-in for PagerDuty, a process that is
// killed.
func TestPagerDuty(t *testing.T) {
	t.Parallel()
	receiver := servers.StartReceiver(t, "pagerduty")
	proof.Outage{
		Config: "pagerduty.yaml",
		Env:    pagerDutySettings(receiver),
		Server: receiver,
		IDs:    receiver.IDs(servers.PagerDutyDetection),
	}.Run(t)
}
