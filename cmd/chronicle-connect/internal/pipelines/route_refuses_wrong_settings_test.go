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
	t.Parallel()
	server := chronicletest.NewServer()
	defer server.Close()
	for setting, told := range map[string]string{
		"CHRONICLE_MIN_SEVERITY=hihg":  `field min_severity: got \"hihg\", want NONE, INFORMATIONAL, LOW, MEDIUM, HIGH or CRITICAL`,
		"SLACK_MIN_SEVERITY=UNKNOWN":   `field min_severity: got \"UNKNOWN\", want NONE, `,
		"CHRONICLE_INCLUDE_RULES=a,(":  `field include_rules: got \"(\", want a regular expression: `,
		"CHRONICLE_EXCLUDE_TYPES=rule": `field exclude_types: got \"rule\", want RULE_DETECTION, GCTI_FINDING`,
		"DEAD_LETTER_AFTER=soon":       `invalid duration "soon"`,
	} {
		d := programtest.DeployFile(t, server, "route.yaml",
			"SLACK_WEBHOOK_URL=http://127.0.0.1:1/x", "S3_BUCKET=b", "AWS_REGION=us-east-1", "S3_ENDPOINT=http://127.0.0.1:1", setting)
		p := d.Start()
		require.NotZero(t, p.WaitExit(time.Minute), setting)
		require.Contains(t, p.Log.String(), told)
	}
}
