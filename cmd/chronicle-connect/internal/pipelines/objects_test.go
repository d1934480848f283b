//go:build !minimal

package pipelines

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

// requireObjects checks that every object is named after what is in it, that its
// lines are what was sent, byte for byte, and that they belong there.
func requireObjects(t *testing.T, sent *ledger.Ledger, all servers.Objects) {
	t.Helper()
	named := regexp.MustCompile(`^detections/date=([0-9-]{10})/rule=([a-zA-Z0-9_.-]+)/([0-9a-f]{32})\.jsonl\.gz$`)
	byID := sent.ByID(t)
	require.NotEmpty(t, all)
	for name, o := range all {
		parts := named.FindStringSubmatch(name)
		require.NotNil(t, parts, "object %s", name)
		require.Equal(t, "application/gzip", o.ContentType, name)
		require.Empty(t, o.ContentEncoding, name)

		text, err := o.Lines()
		require.NoError(t, err, name)
		hash := sha256.Sum256(text)
		require.Equal(t, hex.EncodeToString(hash[:16]), parts[3], "the hash of %s", name)
		for line := range bytes.Lines(text) {
			var detection struct {
				ID            string `json:"id"`
				DetectionTime string `json:"detectionTime"`
				Detection     []struct {
					RuleID string `json:"ruleId"`
				} `json:"detection"`
			}
			require.NoError(t, json.Unmarshal(line, &detection), name)
			require.Equal(t, string(byID[detection.ID])+"\n", string(line), name)
			require.Equal(t, parts[1], detection.DetectionTime[:10], name)
			require.Equal(t, parts[2], detection.Detection[0].RuleID, name)
		}
	}
}
