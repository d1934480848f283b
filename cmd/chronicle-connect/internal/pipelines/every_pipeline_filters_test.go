//go:build !minimal

package pipelines

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
)

// The settings of the filter do in every pipeline what the README says.
func TestEveryPipelineFilters(t *testing.T) {
	uses, err := componentsUsed(os.DirFS(repository.Path(t, "config")))
	require.NoError(t, err)
	settings := []string{"INCLUDE_TYPES", "EXCLUDE_TYPES", "MIN_SEVERITY", "INCLUDE_SEVERITIES", "EXCLUDE_SEVERITIES", "INCLUDE_RULE_IDS", "EXCLUDE_RULE_IDS", "INCLUDE_RULES", "EXCLUDE_RULES"}
	pipelines := 0
	for _, use := range uses {
		if use.component != (component{Kind: "input", Name: "chronicle_detection_alerts"}) {
			continue
		}
		pipelines++
		require.Contains(t, uses, componentUse{use.file, component{Kind: "processor", Name: "chronicle_filter"}})
		text, err := os.ReadFile(repository.Path(t, "config", use.file))
		require.NoError(t, err)
		for _, setting := range settings {
			require.Contains(t, string(text), "'${CHRONICLE_"+setting+":}'", use.file)
			require.Contains(t, string(text), "CHRONICLE_"+setting, use.file)
		}
		require.Contains(t, string(text), "max_consecutive_failures: ${CHRONICLE_MAX_CONSECUTIVE_FAILURES:7}", use.file)
	}
	require.GreaterOrEqual(t, pipelines, 16)
}
