package input

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// newMessage makes a message of a detection. Its body is the received bytes, not
// a copy.
func newMessage(raw []byte, f *stream.Fields) *service.Message {
	m := service.NewMessage(raw)
	for _, meta := range [...]struct{ key, value string }{
		{settings.MetaDetectionID, f.ID},
		{settings.MetaDetectionType, f.Type},
		{settings.MetaDetectionTime, f.Time},
		{settings.MetaRuleID, f.RuleID},
		{settings.MetaRuleName, f.RuleName},
		{settings.MetaSeverity, f.Severity},
	} {
		if meta.value != "" {
			m.MetaSetMut(meta.key, meta.value)
		}
	}
	return m
}
