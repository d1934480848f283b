//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// hecSettings lead splunk-hec.yaml to a collector.
func hecSettings(collector *servers.Receiver) []string {
	return []string{
		"SPLUNK_HEC_URL=http://" + collector.Addr, "SPLUNK_HEC_TOKEN=" + servers.ReceiverToken,
		"SPLUNK_HEC_INDEX=siem", "SPLUNK_HEC_SOURCETYPE=",
	}
}

// TestSplunkHEC proves splunk-hec.yaml with a stand-in, a process that is killed.
func TestSplunkHEC(t *testing.T) {
	t.Parallel()
	collector := servers.StartReceiver(t, "hec")
	sent := proof.Outage{
		Config: "splunk-hec.yaml",
		Env:    hecSettings(collector),
		Server: collector,
		IDs:    collector.IDs(servers.HECDetection),
	}.Run(t)

	taken, err := collector.Taken()
	require.NoError(t, err)
	byID := sent.ByID(t)
	for _, receipt := range taken {
		detection, err := servers.HECDetection(receipt.Taken)
		require.NoError(t, err)
		id, err := ledger.IDOf(detection)
		require.NoError(t, err)
		require.Equal(t, string(byID[id]), string(detection))
		require.Contains(t, receipt.Taken, `"index":"siem","source":"chronicle-connect","sourcetype":"google:chronicle:detection","time":`)
	}
}
