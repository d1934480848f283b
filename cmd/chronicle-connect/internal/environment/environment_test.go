package environment

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

func TestEnvironment(t *testing.T) {
	t.Setenv("TEST_WEBHOOK_URL", "https://example.com/secret")
	t.Setenv("TEST_EMPTY", "")
	t.Setenv("TEST_REGION", "europe-west2")
	redactor := &redact.Redactor{}
	lookup := Lookup(redactor)
	value, found := lookup(t.Context(), "TEST_WEBHOOK_URL")
	require.True(t, found)
	require.Equal(t, "https://example.com/secret", value)
	_, found = lookup(t.Context(), "TEST_EMPTY")
	require.False(t, found)
	_, found = lookup(t.Context(), "TEST_REGION")
	require.True(t, found)
	require.Equal(t, "${TEST_WEBHOOK_URL} europe-west2", string(redactor.Redact([]byte("https://example.com/secret europe-west2"))))
}
