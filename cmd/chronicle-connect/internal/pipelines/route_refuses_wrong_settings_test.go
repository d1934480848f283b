//go:build !minimal

package pipelines

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A wrong setting is told at the start, and not when it has let detections pass.
func TestRouteRefusesWrongSettings(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	for setting, told := range map[string]string{
		"CHRONICLE_MIN_SEVERITY=hihg":  `CHRONICLE_MIN_SEVERITY: got \"hihg\", want INFORMATIONAL, LOW, MEDIUM, HIGH, CRITICAL`,
		"CHRONICLE_INCLUDE_RULES=a,(":  `CHRONICLE_INCLUDE_RULES: got \"(\": `,
		"CHRONICLE_EXCLUDE_TYPES=rule": `CHRONICLE_EXCLUDE_TYPES: got \"rule\", want RULE_DETECTION, GCTI_FINDING`,
		"DEAD_LETTER_AFTER=soon":       `DEAD_LETTER_AFTER: got \"soon\", want a duration`,
	} {
		d := programtest.DeployFile(t, server, "route.yaml",
			"SLACK_WEBHOOK_URL=http://127.0.0.1:1/x", "S3_BUCKET=b", "AWS_REGION=us-east-1", "S3_ENDPOINT=http://127.0.0.1:1", setting)
		p := d.Start()
		require.NotZero(t, p.WaitExit(10*time.Second), setting)
		require.Contains(t, p.Log.String(), told)
	}
}
