package advice

import (
	"cmp"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// roles are those of Google's own that have the permission.
const roles = "Chronicle API Admin, Editor or Viewer"

// Reasons among the details of Google's errors.
const (
	detailServiceDisabled = "SERVICE_DISABLED"
	detailScope           = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
	detailProjectDenied   = "USER_PROJECT_DENIED"
	detailPermission      = "IAM_PERMISSION_DENIED"
)

// permissionForm is what a permission of IAM looks like.
var permissionForm = regexp.MustCompile(`^[a-zA-Z]+(\.[a-zA-Z]+)+$`)

// saysScope matches words of refusals that are about a token's scopes.
var saysScope = regexp.MustCompile(`(?i)insufficient authentication scopes`)

// aboutQuotaProject matches words of refusals that want a quota project. Their
// reason is that of an API that is not enabled.
var aboutQuotaProject = regexp.MustCompile(`(?i)quota project`)

// aboutPlace matches words of refusals that are about where an instance is.
var aboutPlace = regexp.MustCompile(`(?i)\b(locations?|regions?|instances?)\b`)

// adviseRefusal is for Chronicle's own answers other than a stream.
func (a About) adviseRefusal(r *chronicle.Refusal) string {
	if todo := adviseCause(r.Cause, r.Message); todo != "" {
		return todo
	}
	switch {
	case r.TooOld() || r.TokenRefused():
		// The input says itself what it makes of them.
		return ""
	case r.TooNew():
		if r.Clock.IsOff(answer.ClockTolerance) {
			return "set the clock of this machine, which is " + r.Clock.String()
		}
		return ""
	case r.Foreign:
		return a.adviseForeign(r.Code)
	case r.Code == http.StatusBadRequest:
		return a.adviseBadRequest(r)
	case r.Code == http.StatusUnauthorized:
		if r.Clock.IsOff(noticeableSkew) {
			return "set the clock of this machine, which is " + r.Clock.String()
		}
		return "check that the key is still valid, and made for " + a.Endpoint.API.Name() + "; a token that was revoked is replaced at the next attempt"
	case r.Code == http.StatusForbidden:
		return a.adviseForbidden(r)
	case r.Code == http.StatusNotFound && r.Status == "":
		return a.adviseStranger()
	case r.Code == http.StatusNotFound && a.Endpoint.API == chronicle.Chronicle:
		return fmt.Sprintf("check %s: its project, its location and its id, which the SIEM settings show as the customer ID; and that %s is where it is", field.Instance, a.Endpoint.URL.Host)
	case r.Code == http.StatusNotFound:
		return "check " + a.hostField(a.Endpoint.URL.Host) + ": there is no such stream at " + a.Endpoint.URL.Host
	case r.Code == http.StatusTooManyRequests && r.Search:
		return "find out what else searches in this account, such as another copy of this pipeline: its searches count for the same quota"
	case r.Code == http.StatusTooManyRequests:
		return "find out what else streams from this account, such as another copy of this pipeline: Chronicle serves 10 streams at a time. What has stopped may count for a few minutes more"
	case r.Code >= 300 && r.Code < 400:
		return a.adviseStranger()
	}
	return ""
}

// adviseForbidden tells apart the ways in which a good token is not enough.
func (a About) adviseForbidden(r *chronicle.Refusal) string {
	byInstance := a.Endpoint.API == chronicle.Chronicle
	expected := cmp.Or(r.Permission, chronicle.Permission)
	permission := ""
	if said := r.Metadata["permission"]; r.Reason == detailPermission && permissionForm.MatchString(said) {
		permission = said
	}
	switch {
	case aboutQuotaProject.MatchString(r.Message):
		return fmt.Sprintf("name the project that requests count for: put its id into %s, as the credentials have none of their own (gcloud auth application-default set-quota-project does it for a person's)", field.QuotaProject)
	case r.Reason == detailProjectDenied:
		return fmt.Sprintf("grant the account of the credentials the role Service Usage Consumer (roles/serviceusage.serviceUsageConsumer) on the project that requests count for, or name another one in %s", field.QuotaProject)
	case r.Reason == detailServiceDisabled && byInstance:
		return "enable the Chronicle API in the project of the credentials: gcloud services enable chronicle.googleapis.com; it takes some minutes to work"
	case r.Reason == detailServiceDisabled:
		return fmt.Sprintf("use the other API, with %s: %s and %s: projects with no access to the Backstory API, such as those new to Google SecOps, have access to that one", field.API, chronicle.Chronicle, field.Instance)
	case r.Reason == detailScope, saysScope.MatchString(r.Message):
		return "have the token made for the scope " + a.Endpoint.Scope + ": on a virtual machine that is in its access scopes, elsewhere in the credentials"
	case permission != "" && permission != expected:
		return fmt.Sprintf("grant the account of the credentials a role that has the permission %s on %s", permission, cmp.Or(r.Metadata["resource"], "the project of "+field.Instance))
	case byInstance:
		return fmt.Sprintf("grant the account of the credentials one of the roles %s on the project of %s, which have the permission %s; and check that %[2]s is right, since one that does not exist is refused like this, too", roles, field.Instance, expected)
	}
	return fmt.Sprintf("check %s, since a key is for one region; then have Google enable the key for the detection API (scope %s), or use the key that was made for it", a.hostField(a.Endpoint.URL.Host), a.Endpoint.Scope)
}

// adviseBadRequest is for requests that are wrong whatever they resume from.
func (a About) adviseBadRequest(r *chronicle.Refusal) string {
	for _, sent := range []struct {
		is          bool
		name, field string
	}{
		{a.Request.DetectionBatchSize > 0, "detectionBatchSize", field.DetectionBatchSize},
		{a.Request.IncludeSimulated, "include_simulated_detections", field.IncludeSimulated},
		{a.Request.CompositeAlertHandling != "", "compositeAlertHandling", field.CompositeAlertHandling},
	} {
		if sent.is && (strings.Contains(r.Message, sent.name) || strings.Contains(r.Message, snakeCase(sent.name))) {
			return "change " + sent.field + ", or leave it out"
		}
	}
	if aboutPlace.MatchString(r.Message) {
		if a.Endpoint.API == chronicle.Chronicle {
			return fmt.Sprintf("check %s: its location has to be that of the instance and of the host, %s", field.Instance, a.Endpoint.URL.Host)
		}
		return "check " + a.hostField(a.Endpoint.URL.Host)
	}
	return ""
}

var upperCase = regexp.MustCompile(`[A-Z]`)

// snakeCase is how Google's errors may write the name of a field.
func snakeCase(name string) string {
	return upperCase.ReplaceAllStringFunc(name, func(letter string) string { return "_" + strings.ToLower(letter) })
}
