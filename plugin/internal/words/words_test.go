package words_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

func TestSeverityOf(t *testing.T) {
	for received, want := range map[string]words.Severity{
		"CRITICAL":         words.Critical,
		"High":             words.High,
		"medium":           words.Medium,
		"LOW":              words.Low,
		"Info":             words.Informational,
		"INFORMATIONAL":    words.Informational,
		"none":             words.None,
		"":                 words.Unknown,
		"ERROR":            words.Unknown,
		"UNKNOWN_SEVERITY": words.Unknown,
		"UNKNOWN":          words.Unknown,
		"P1":               words.Unknown,
	} {
		require.Equal(t, want, words.SeverityOf(received), "%q", received)
		require.Equal(t, want, words.SeverityOf(" "+received+"\n"), "%q between spaces", received)
	}
}

func TestLevel(t *testing.T) {
	last := -1
	for _, severity := range []words.Severity{"NONE", "INFORMATIONAL", "LOW", "MEDIUM", "HIGH", "CRITICAL"} {
		level, known := severity.Level()
		require.True(t, known, severity)
		require.Greater(t, level, last, severity)
		last = level
	}
	_, known := words.Unknown.Level()
	require.False(t, known)
}

func TestTypeOf(t *testing.T) {
	for received, want := range map[string]string{
		"RULE_DETECTION":             "RULE_DETECTION",
		"gcti_finding":               "GCTI_FINDING",
		"UPPERCASE_ALERT":            "GCTI_FINDING",
		"MACHINE_INTELLIGENCE_ALERT": "MACHINE_INTELLIGENCE_ALERT",
		"":                           "",
	} {
		require.Equal(t, want, words.TypeOf(received), "%q", received)
	}
}
