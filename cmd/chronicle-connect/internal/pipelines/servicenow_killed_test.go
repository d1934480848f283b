//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// serviceNowQuickly are arguments that take the waits out of servicenow.yaml, those
// that ServiceNow asks for included.
var serviceNowQuickly = append(withoutWaits(orderedRetry),
	"--set", orderedRetry+".output.processors.1.try.1.http.retry_period=10ms",
	"--set", orderedRetry+".output.processors.6.switch.0.processors.0.sleep.duration=10ms",
)

func serviceNowAddress(url string) []string {
	return []string{
		"SERVICENOW_URL=" + url + "/", "SERVICENOW_USERNAME=" + servers.ServiceNowUser, "SERVICENOW_PASSWORD=" + servers.ServiceNowPassword,
		"SERVICENOW_RECORDS_PER_MINUTE=1000000",
		// Whoever runs the test may have set these.
		"SERVICENOW_TABLE=", "SERVICENOW_FIELDS=",
	}
}

// TestServiceNow proves servicenow.yaml with a stand-in for ServiceNow, a process that
// is killed, and which makes an incident now and then without saying so. None is there
// twice.
func TestServiceNow(t *testing.T) {
	t.Parallel()
	receiver := servers.StartReceiver(t, "servicenow")
	proof.Outage{
		Config: "servicenow.yaml",
		Env:    serviceNowAddress("http://" + receiver.Addr),
		Args:   serviceNowQuickly,
		Server: receiver,
		IDs:    receiver.IDs(servers.ServiceNowDetection),
	}.Run(t)
	taken, err := receiver.Taken()
	require.NoError(t, err)
	require.Len(t, taken, proof.Detections, "an incident is there twice")
}
