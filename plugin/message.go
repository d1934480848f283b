package plugin

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// Metadata keys, as people's mappings name them.
const (
	metaDetectionID      = "chronicle_detection_id"
	metaDetectionType    = "chronicle_detection_type"
	metaDetectionTime    = "chronicle_detection_time"
	metaRuleID           = "chronicle_rule_id"
	metaRuleName         = "chronicle_rule_name"
	metaSeverity         = "chronicle_severity"
	metaContinuationTime = "chronicle_continuation_time"
)

// metadata is what each key tells.
var metadata = []struct{ key, tells string }{
	{metaDetectionID, "its id, such as de_ and a UUID. The key to make a destination idempotent by."},
	{metaDetectionType, "RULE_DETECTION for rules of your own, GCTI_FINDING for curated ones."},
	{metaDetectionTime, "when it happened, RFC 3339. Alerts can come hours later, and not in this order."},
	{metaRuleID, "the id of the rule."},
	{metaRuleName, "the name of the rule."},
	{metaSeverity, "in upper case: the severity of a curated detection, else the rule label severity in whatever case its name is written."},
	{metaContinuationTime, "that of its detection batch (with `api: chronicle` the next page start time), RFC 3339. Missing in the first messages of a batch that is handed on in pieces, where the server has not said it by then."},
}

// newMessage makes a message of a detection. Its body is the received bytes, not
// a copy.
func newMessage(raw []byte, f *stream.Fields) *service.Message {
	m := service.NewMessage(raw)
	for _, meta := range [...]struct{ key, value string }{
		{metaDetectionID, f.ID},
		{metaDetectionType, f.Type},
		{metaDetectionTime, f.Time},
		{metaRuleID, f.RuleID},
		{metaRuleName, f.RuleName},
		{metaSeverity, f.Severity},
	} {
		if meta.value != "" {
			m.MetaSetMut(meta.key, meta.value)
		}
	}
	return m
}
