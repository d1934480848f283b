//go:build !minimal

package pipelines

import (
	"encoding/base64"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// TestServiceNowPoison has everything refused until the settings are right. Then odd
// detections become incidents within the limits.
func TestServiceNowPoison(t *testing.T) {
	t.Parallel()
	receiver := servers.StartReceiver(t, "servicenow")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	d := programtest.DeployFile(t, server, "servicenow.yaml", serviceNowAddress("http://"+receiver.Addr)...)
	d.Args = append(d.Args, serviceNowQuickly...)
	first := server.Append(json.RawMessage(`{"id":"de_first"}`))
	odd := oddOnes(t)
	server.Append(odd...)
	last := server.Append(json.RawMessage(`{"id":"de_last"}`))

	proveWrongSettings(t, d, first, "the incident is tried again: ", map[string]string{
		"SERVICENOW_PASSWORD=wrong-secret-7":              "(401)",
		"SERVICENOW_TABLE=incidents":                      "Invalid table",
		"SERVICENOW_FIELDS=SOC":                           "SERVICENOW_FIELDS is no JSON object",
		`SERVICENOW_FIELDS={"assignment_group":"nobody"}`: "Data Policy Exception",
	}, "wrong-secret-7", servers.ServiceNowPassword, base64.StdEncoding.EncodeToString([]byte(servers.ServiceNowUser+":wrong-secret-7")))

	d.Env = append(d.Env, `SERVICENOW_FIELDS={"assignment_group":"SOC"}`)
	process := d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	require.Empty(t, refusedBy(t, d, false))
	ids, err := receiver.IDs(servers.ServiceNowDetection)()
	require.NoError(t, err)
	const again = 2 // ids that hostile and poison both have: the same incident
	require.Len(t, ids, len(odd)-again+2)
	require.Contains(t, ids, "de_last")
}

// TestServiceNowTooLarge has one incident refused as too large, and the next one gets
// through.
func TestServiceNowTooLarge(t *testing.T) {
	t.Parallel()
	noes := []servers.Answer{{Status: 413, Body: "<html>Request Entity Too Large</html>"}}
	serviceNow := servers.StartAnswering(t, func(string) servers.Answer { return serviceNowMade }, noes...)
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	large := json.RawMessage(`{"id":"de_1"}`)
	last := server.Append(large, json.RawMessage(`{"id":"de_2"}`))
	d := programtest.DeployFile(t, server, "servicenow.yaml", serviceNowAddress(withoutIncidents(t, serviceNow.URL))...)
	process := d.Start()
	waiting.For(t, "both to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	kept := refusedBy(t, d, true)
	require.Len(t, kept, 1)
	require.Equal(t, "de_1", kept[0].ID)
	require.Equal(t, "servicenow", kept[0].Pipeline)
	require.Equal(t, map[string]string{"table": "incident"}, kept[0].Destination)
	require.Equal(t, string(large), kept[0].Detection)
	require.Len(t, serviceNow.Bodies(), 2)
}
