package stream_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

func TestFieldsOf(t *testing.T) {
	for _, test := range []struct {
		raw  string
		want stream.Fields
		ok   bool
	}{
		{
			raw:  `{"id":"de_1","type":"RULE_DETECTION","detectionTime":"2026-01-02T03:04:05Z","detection":[{"ruleId":"ru_1","ruleName":"n","severity":"High"}]}`,
			want: stream.Fields{ID: "de_1", Type: "RULE_DETECTION", Time: "2026-01-02T03:04:05Z", RuleID: "ru_1", RuleName: "n", Severity: "HIGH"},
			ok:   true,
		},
		{raw: `{}`, ok: true},
		{raw: "{\"id\":\"\xff\"}", want: stream.Fields{ID: "\ufffd", Garbled: true}, ok: true},
		{raw: ``},
		{raw: `{"id":"de_1"`},
		{raw: `{"id":"de_1"},{"id":"de_2"}`},
		{raw: `{"id":"de_1"}]},{"detections":[{"id":"de_2"}`},
		{raw: `{"text":"a post"} `},
	} {
		fields, ok := stream.FieldsOf([]byte(test.raw))
		require.Equal(t, test.ok, ok, test.raw)
		require.Equal(t, test.want, fields, test.raw)
	}
}
