package advice

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// Reasons in Google's errors (google.api.ErrorReason), for what neither a role
// nor a key changes. Any party may answer with them: the API, the token endpoint,
// the endpoint for impersonation.
const (
	detailPolicy            = "SECURITY_POLICY_VIOLATED"
	detailRestriction       = "ORG_RESTRICTION_VIOLATION"
	detailBilling           = "BILLING_DISABLED"
	detailConsumerInvalid   = "CONSUMER_INVALID"
	detailProjectInvalid    = "RESOURCE_PROJECT_INVALID"
	detailConsumerSuspended = "CONSUMER_SUSPENDED"
	detailSuspended         = "GCP_SUSPENDED"
	detailUsage             = "RESOURCE_USAGE_RESTRICTION_VIOLATED"
	detailLocation          = "LOCATION_POLICY_VIOLATED"
	detailAccountState      = "ACCOUNT_STATE_INVALID"
)

// What messages say where the reason is missing.
var (
	saysPolicy    = regexp.MustCompile(`(?i)prohibited by organization's policy|VPC Service Controls`)
	saysBilling   = regexp.MustCompile(`(?i)enable billing|billing (has been |is |to be )?(not )?(enabled|disabled|closed)|configured billing`)
	saysSuspended = regexp.MustCompile(`(?i)\b(consumer|project)\b.*\bsuspended`)
	saysDeleted   = regexp.MustCompile(`(?i)\bproject\b.*\b(not found or deleted|(was|has been|is) deleted|pending deletion|does not exist)`)
	saysQuota     = regexp.MustCompile(`(?i)quota metric '([^']{1,200})' and limit '([^']{1,200})'`)

	// perimeter is how Google names a service perimeter, and consumer a project.
	perimeter = regexp.MustCompile(`accessPolicies/\d+/servicePerimeters/\w+`)
	consumer  = regexp.MustCompile(`^projects/[\w.:-]+$`)
)

// adviseCause is for refusals that are about the project, its organization or
// its quotas, "" for others.
func adviseCause(c answer.Cause, message string) string {
	said := func(reason string, words *regexp.Regexp) bool {
		return c.Reason == reason || c.Reason == "" && words.MatchString(message)
	}
	switch {
	case c.PolicyID != "", said(detailPolicy, saysPolicy):
		return advisePolicy(c, message)
	case c.Reason == detailRestriction:
		return "have the proxy of this network, which restricts requests to its own organizations, allow that of the project; no role helps here"
	case said(detailBilling, saysBilling):
		return fmt.Sprintf("enable billing for %s, or name another project in %s", projectOf(c), field.QuotaProject)
	case said(detailConsumerSuspended, saysSuspended), c.Reason == detailSuspended:
		return fmt.Sprintf("have %s restored: Google has suspended it, often over its billing account; or name another project in %s", projectOf(c), field.QuotaProject)
	case said(detailConsumerInvalid, saysDeleted), c.Reason == detailProjectInvalid:
		return fmt.Sprintf("check %s: it does not exist, was deleted, or is not this account's to use; restore it, or name another project in %s", projectOf(c), field.QuotaProject)
	case c.Reason == detailUsage, c.Reason == detailLocation:
		return "no role helps here: have the organization's administrators allow the API in this project and place, which an organization policy forbids"
	case c.Reason == detailAccountState:
		return "have the account of the credentials enabled again, or take the key of another one"
	}
	return adviseQuota(c, message)
}

// advisePolicy is for VPC Service Controls.
func advisePolicy(c answer.Cause, message string) string {
	which := "the perimeter of VPC Service Controls"
	if name := perimeter.FindString(strings.Join(append(slices.Sorted(maps.Values(c.Metadata)), message), " ")); name != "" {
		which += ", " + name
	}
	todo := fmt.Sprintf("no role helps here: have the organization's administrators let this account and network through %s, by an ingress rule or an access level", which)
	if c.PolicyID != "" {
		todo += "; they find the violation by its unique identifier, " + c.PolicyID
	}
	return todo
}

// adviseQuota names a quota that is used up, or of which there is none. Where
// none is named there is nothing to say.
func adviseQuota(c answer.Cause, message string) string {
	name := cmp.Or(c.Metadata["quota_limit"], c.Metadata["quota_metric"])
	if found := saysQuota.FindStringSubmatch(message); found != nil && name == "" {
		name = found[2] + " of " + found[1]
	}
	if name == "" {
		return ""
	}
	limit := c.Metadata["quota_limit_value"]
	if strings.Trim(limit, "0.") == "" && limit != "" {
		return fmt.Sprintf("request a higher quota %q for %s in the Google Cloud console (IAM & Admin, Quotas): it is 0, so that every request is refused and waiting doesn't help", name, projectOf(c))
	}
	if limit != "" {
		limit = ", which is " + limit
	}
	return fmt.Sprintf("find out what else uses the quota %q of %s%s, such as another copy of this pipeline, or request a higher one in the Google Cloud console (IAM & Admin, Quotas)", name, projectOf(c), limit)
}

// projectOf is the project that a request counted for.
func projectOf(c answer.Cause) string {
	if name := c.Metadata["consumer"]; consumer.MatchString(name) {
		return "the project " + strings.TrimPrefix(name, "projects/")
	}
	return "the project that requests count for"
}
