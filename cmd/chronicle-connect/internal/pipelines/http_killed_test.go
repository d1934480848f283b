//go:build !minimal

package pipelines

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/proof"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

func httpSettings(webhook *servers.Receiver) []string {
	return []string{"HTTP_URL=http://" + webhook.Addr + "/detections", "HTTP_AUTHORIZATION=Bearer " + servers.ReceiverToken}
}

func plain(taken string) ([]byte, error) { return []byte(taken), nil }

// TestHTTP proves http.yaml with an HTTP server, a process that is killed.
func TestHTTP(t *testing.T) {
	t.Parallel()
	webhook := servers.StartReceiver(t, "webhook")
	sent := proof.Outage{
		Config: "http.yaml",
		Env:    httpSettings(webhook),
		Server: webhook,
		IDs:    webhook.IDs(plain),
	}.Run(t)

	taken, err := webhook.Taken()
	require.NoError(t, err)
	byID := sent.ByID(t)
	for _, receipt := range taken {
		id, err := ledger.IDOf([]byte(receipt.Taken))
		require.NoError(t, err)
		require.Equal(t, string(byID[id]), receipt.Taken)
		hash := sha256.Sum256([]byte(receipt.Taken))
		require.Equal(t, id+"."+hex.EncodeToString(hash[:8]), receipt.Key)
	}
}
