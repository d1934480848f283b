//go:build !minimal

package pipelines

import (
	"encoding/json"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestSplunkHECRefusesForGood has one event of a request refused.
func TestSplunkHECRefusesForGood(t *testing.T) {
	t.Parallel()
	collector := servers.StartReceiver(t, "hec")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "splunk-hec.yaml", hecSettings(collector)...)
	batch := chronicletest.NewGenerator(1).Detections(20, ledger.FeedSize)
	batch[7] = json.RawMessage(`{"id":"de_refused",` + servers.RefusedMark + `}`)
	last := server.Append(batch...)
	process := d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()

	ids, err := collector.IDs(servers.HECDetection)()
	require.NoError(t, err)
	for _, detection := range batch {
		id, err := ledger.IDOf(detection)
		require.NoError(t, err)
		require.Equal(t, id != "de_refused", slices.Contains(ids, id), id)
	}
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, string(batch[7]), kept[0].body(t))
	require.Contains(t, kept[0].Reason, "Invalid data format")
	require.Contains(t, process.Log.String(), "refused for good")
	require.NotContains(t, process.Log.String(), servers.ReceiverToken)
}
