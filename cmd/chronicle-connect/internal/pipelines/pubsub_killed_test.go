//go:build !minimal

package pipelines

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// TestPubSub proves pubsub.yaml with Google's fake.
func TestPubSub(t *testing.T) {
	t.Parallel()
	standIn := servers.StartPubSubStandIn(t)
	sent := proof.Outage{
		Config: "pubsub.yaml",
		Env: []string{
			"PUBSUB_EMULATOR_HOST=" + standIn.Addr(),
			"PUBSUB_PROJECT=project", "PUBSUB_TOPIC=detections", "PUBSUB_CREDENTIALS_JSON=",
		},
		Server: standIn,
		IDs: func() ([]string, error) {
			var ids []string
			for _, message := range standIn.Messages() {
				id, err := ledger.IDOf(message.Data)
				if err != nil {
					return nil, err
				}
				ids = append(ids, id)
			}
			return ids, nil
		},
	}.Run(t)

	byID := sent.ByID(t)
	for _, message := range standIn.Messages() {
		id := message.Attributes["chronicle_detection_id"]
		require.Equal(t, string(byID[id]), string(message.Data))
		require.NotEmpty(t, message.Attributes["chronicle_rule_id"])
		require.Empty(t, message.OrderingKey)
	}
}
