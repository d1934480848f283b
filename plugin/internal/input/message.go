package input

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// Message makes a message of a detection that was read before, as the input made one
// of it. What was known of its detection batch is not in it. Bytes that are no
// detection become a message without metadata.
func Message(raw []byte) *service.Message {
	fields, _ := stream.FieldsOf(raw)
	return newMessage(raw, &fields)
}

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
