package check

import (
	"bytes"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// Lines are joined after secrets are looked for, which may have several.
func TestReportHasNoSecretOfSeveralLines(t *testing.T) {
	r := &redact.Redactor{}
	r.Add("A_SECRET", "{\n  \"private_key\": 7\n}")
	var out bytes.Buffer
	require.Error(t, report([]*service.ConnectionTestResult{{Label: "input", Err: errors.New("refused:\n{\n  \"private_key\": 7\n}")}}, r, &out))
	require.Equal(t, "input: FAILED: refused: ${A_SECRET}\n", out.String())
}
