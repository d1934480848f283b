package answer

import (
	"encoding/json"
	"regexp"
)

// A Cause is what an error says of its cause for programs, in the details of an
// error object. Where those are missing, the message may tell some of it.
type Cause struct {
	// Reason is that of google.rpc.ErrorInfo, such as SERVICE_DISABLED.
	Reason string
	// Metadata is what ErrorInfo adds to the reason, such as consumer, service
	// and quota_limit; nil where it adds nothing.
	Metadata map[string]string
	// PolicyID is the unique identifier of a request that VPC Service Controls
	// refused, by which an administrator finds out why; "" for other refusals.
	PolicyID string
}

// policyViolated is the reason of refusals by VPC Service Controls.
const policyViolated = "SECURITY_POLICY_VIOLATED"

// policyID is what identifiers of VPC Service Controls are made of. policyWords
// finds one in a message.
var (
	policyID    = regexp.MustCompile(`^[\w.-]{1,200}$`)
	policyWords = regexp.MustCompile(`(?i)vpcServiceControlsUniqueIdentifier\W{1,5}([\w.-]*\w)`)
)

// PolicyID finds the unique identifier of a request that VPC Service Controls
// refused in a message, "" where it has none.
func PolicyID(message string) string {
	if found := policyWords.FindStringSubmatch(message); found != nil && policyID.MatchString(found[1]) {
		return found[1]
	}
	return ""
}

// readCause reads the details of an error with a message.
func readCause(details []json.RawMessage, message string) Cause {
	cause := Cause{PolicyID: PolicyID(message)}
	var violated []violation
	for _, detail := range details {
		var d struct {
			Reason     json.RawMessage            `json:"reason"`
			Metadata   map[string]json.RawMessage `json:"metadata"`
			Violations []violation                `json:"violations"`
		}
		// What has another shape is left out, the rest is read all the same.
		_ = json.Unmarshal(detail, &d)
		if reason := text(d.Reason); reason != "" {
			cause.Reason, cause.Metadata = reason, nil
			for key, value := range d.Metadata {
				cause.add(key, value)
			}
		}
		violated = append(violated, d.Violations...)
	}
	for _, v := range violated {
		cause.violated(v)
	}
	if uid := cause.Metadata["uid"]; cause.PolicyID == "" && cause.Reason == policyViolated && policyID.MatchString(uid) {
		cause.PolicyID = uid
	}
	return cause
}

// A violation is one of google.rpc.PreconditionFailure, or of
// google.rpc.QuotaFailure.
type violation struct {
	Type        string          `json:"type"`
	Description string          `json:"description"`
	QuotaMetric json.RawMessage `json:"quotaMetric"`
	QuotaID     json.RawMessage `json:"quotaId"`
	QuotaValue  json.RawMessage `json:"quotaValue"`
}

// violated takes in a violation. That of a quota is kept as ErrorInfo has it,
// which wins.
func (c *Cause) violated(v violation) {
	if v.Type == "VPC_SERVICE_CONTROLS" && policyID.MatchString(v.Description) {
		c.PolicyID = v.Description
	}
	if c.Metadata["quota_limit"] != "" || c.Metadata["quota_metric"] != "" {
		return
	}
	c.add("quota_metric", v.QuotaMetric)
	c.add("quota_limit", v.QuotaID)
	c.add("quota_limit_value", v.QuotaValue)
}

// metadataLimit is how long a value of the metadata may be, in bytes.
const metadataLimit = 200

// add keeps a value of the metadata. All are strings by the API's definition; a
// number is taken as one.
func (c *Cause) add(key string, value json.RawMessage) {
	said := text(value)
	var number json.Number
	if said == "" && json.Unmarshal(value, &number) == nil {
		said = number.String()
	}
	if said == "" || len(said) > metadataLimit {
		return
	}
	if c.Metadata == nil {
		c.Metadata = make(map[string]string)
	}
	c.Metadata[key] = said
}
