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
	require.Error(t, report([]*service.ConnectionTestResult{{Label: "input", Err: errors.New("refused:\n{\n  \"private_key\": 7\n}")}}, nil, r, &out))
	require.Equal(t, "input: FAILED: refused: ${A_SECRET}\n", out.String())
}

// A component is named by its label or its kind, and shown once.
func TestReportNames(t *testing.T) {
	kindOf := func(path []string) (kind, text string) {
		return map[string]string{"a": "http_client", "b": "http_client", "c": "http_client", "d": ""}[path[0]], map[string]string{"a": "1", "b": "1", "c": "2"}[path[0]]
	}
	var out bytes.Buffer
	refused := errors.New("refused")
	results := []*service.ConnectionTestResult{
		{Label: "kafka", Err: refused, Path: []string{"x"}},
		{Label: "kafka", Err: refused, Path: []string{"y"}},
		{Path: []string{"a"}},
		{Path: []string{"b"}},
		{Path: []string{"c"}},
		{Path: []string{"d", "e"}},
	}
	require.EqualError(t, report(results, kindOf, &redact.Redactor{}, &out), "1 of 4 connections failed")
	require.Equal(t, "kafka: FAILED: refused\nhttp_client: ok\nhttp_client: ok\nd.e: ok\n", out.String())
}
