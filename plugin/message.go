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

// newBatch makes a message of every detection. The bodies are the received
// bytes, not copies.
func newBatch(detections []stream.Detection, continuationTime string) service.MessageBatch {
	batch := make(service.MessageBatch, len(detections))
	var shared any = continuationTime // boxed once, not for every message
	for i, d := range detections {
		m := service.NewMessage(d.Raw)
		for _, meta := range [...]struct{ key, value string }{
			{metaDetectionID, d.ID},
			{metaDetectionType, d.Type},
			{metaDetectionTime, d.Time},
			{metaRuleID, d.RuleID},
			{metaRuleName, d.RuleName},
			{metaSeverity, d.Severity},
		} {
			if meta.value != "" {
				m.MetaSetMut(meta.key, meta.value)
			}
		}
		if continuationTime != "" {
			m.MetaSetMut(metaContinuationTime, shared)
		}
		batch[i] = m
	}
	return batch
}
