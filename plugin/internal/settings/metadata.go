package settings

// Metadata keys of messages, as people's mappings name them.
const (
	MetaDetectionID      = "chronicle_detection_id"
	MetaDetectionType    = "chronicle_detection_type"
	MetaDetectionTime    = "chronicle_detection_time"
	MetaRuleID           = "chronicle_rule_id"
	MetaRuleName         = "chronicle_rule_name"
	MetaSeverity         = "chronicle_severity"
	MetaContinuationTime = "chronicle_continuation_time"
	MetaBatchPart        = "chronicle_batch_part"
	MetaSource           = "chronicle_source"
)

// Values of MetaSource.
const (
	SourceStream = "stream"
	SourceSearch = "search"
)

// Metadata is what each key tells, in Markdown.
var Metadata = []struct{ Key, Tells string }{
	{MetaDetectionID, "its id, such as de_ and a UUID. The key to make a destination idempotent by."},
	{MetaDetectionType, "RULE_DETECTION for rules of your own, GCTI_FINDING for curated ones."},
	{MetaDetectionTime, "when it happened, RFC 3339. Alerts can come hours later, and not in this order."},
	{MetaRuleID, "the id of the rule."},
	{MetaRuleName, "the name of the rule."},
	{MetaSeverity, "in upper case: the severity of a curated detection, else the rule label severity in whatever case its name is written."},
	{MetaContinuationTime, "that of its detection batch (with `api: chronicle` the next page start time), RFC 3339. Missing in the first messages of a batch that is handed on in pieces, where the server has not said it by then."},
	{MetaBatchPart, "which part of its detection batch the message batch is, 1, 2 and so on, where that is above `max_batch_bytes` or `max_batch_count`. Absent where a detection batch comes as a whole."},
	{MetaSource, "always set: `stream`, or `search` for what was read by search."},
}
