package plugin

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"time"
)

// permission is what the Chronicle API wants of an account, and roles are those
// of Google's own that have it.
const (
	permission = "chronicle.legacies.legacyStreamDetectionAlerts"
	roles      = "Chronicle API Admin, Editor or Viewer"
)

// Reasons among the details of Google's errors.
const (
	detailServiceDisabled = "SERVICE_DISABLED"
	detailScope           = "ACCESS_TOKEN_SCOPE_INSUFFICIENT"
)

// aboutPlace matches words of refusals that are about where an instance is.
var aboutPlace = regexp.MustCompile(`(?i)\b(locations?|regions?|instances?)\b`)

// noticeableSkew is how far a clock may be off before that is likely to be why
// something is refused. Google tolerates some minutes.
const noticeableSkew = 2 * time.Minute

// adviseRefusal is for Chronicle's own answers other than a stream.
func (c *config) adviseRefusal(r *refusal) string {
	switch {
	case r.tooOld() || r.tokenRefused():
		// The input says itself what it makes of them.
		return ""
	case r.tooNew():
		if r.clock.isOff(clockTolerance) {
			return "set the clock of this machine, which is " + r.clock.String()
		}
		return ""
	case r.code == http.StatusBadRequest:
		return c.adviseBadRequest(r)
	case r.code == http.StatusUnauthorized:
		if r.clock.isOff(noticeableSkew) {
			return "set the clock of this machine, which is " + r.clock.String()
		}
		return "check that the key is still valid, and made for " + c.apiName() + "; a token that was revoked is replaced at the next attempt"
	case r.code == http.StatusForbidden:
		return c.adviseForbidden(r)
	case r.code == http.StatusNotFound && r.status == "":
		return c.adviseStranger()
	case r.code == http.StatusNotFound && c.api == apiChronicle:
		return fmt.Sprintf("check %s: its project, its location and its id, which the SIEM settings show as the customer ID; and that %s is where it is", fieldInstance, c.endpoint.Host)
	case r.code == http.StatusNotFound:
		return "check " + c.hostField(c.endpoint.Host) + ": there is no such stream at " + c.endpoint.Host
	case r.code == http.StatusTooManyRequests:
		return "find out what else streams from this account, such as another copy of this pipeline: Chronicle serves 10 streams at a time. What has stopped may count for a few minutes more"
	case r.code >= 300 && r.code < 400:
		return c.adviseStranger()
	}
	return ""
}

// adviseForbidden tells apart the ways in which a good token is not enough.
func (c *config) adviseForbidden(r *refusal) string {
	chronicle := c.api == apiChronicle
	switch {
	case r.reason == detailServiceDisabled && chronicle:
		return "enable the Chronicle API in the project of the credentials: gcloud services enable chronicle.googleapis.com; it takes some minutes to work"
	case r.reason == detailServiceDisabled:
		return fmt.Sprintf("use the other API, with %s: %s and %s: projects with no access to the Backstory API, such as those new to Google SecOps, have access to that one", fieldAPI, apiChronicle, fieldInstance)
	case r.reason == detailScope:
		return "have the token made for the scope " + c.scope + ": on a virtual machine that is in its access scopes, elsewhere in the credentials"
	case chronicle:
		return fmt.Sprintf("grant the account of the credentials one of the roles %s on the project of %s, which have the permission %s; and check that %[2]s is right, since one that does not exist is refused like this, too", roles, fieldInstance, permission)
	}
	return fmt.Sprintf("check %s, since a key is for one region; then have Google enable the key for the detection API (scope %s), or use the key that was made for it", c.hostField(c.endpoint.Host), c.scope)
}

// adviseBadRequest is for requests that are wrong whatever they resume from.
func (c *config) adviseBadRequest(r *refusal) string {
	for _, sent := range []struct {
		is          bool
		name, field string
	}{
		{c.request.batchSize > 0, "detectionBatchSize", fieldDetectionBatchSize},
		{c.request.includeSimulated, "include_simulated_detections", fieldIncludeSimulated},
		{c.request.composite != "", "compositeAlertHandling", fieldCompositeAlertHandling},
	} {
		if sent.is && (strings.Contains(r.message, sent.name) || strings.Contains(r.message, snakeCase(sent.name))) {
			return "change " + sent.field + ", or leave it out"
		}
	}
	if aboutPlace.MatchString(r.message) {
		if c.api == apiChronicle {
			return fmt.Sprintf("check %s: its location has to be that of the instance and of the host, %s", fieldInstance, c.endpoint.Host)
		}
		return "check " + c.hostField(c.endpoint.Host)
	}
	return ""
}

var upperCase = regexp.MustCompile(`[A-Z]`)

// snakeCase is how Google's errors may write the name of a field.
func snakeCase(name string) string {
	return upperCase.ReplaceAllStringFunc(name, func(letter string) string { return "_" + strings.ToLower(letter) })
}

func (c *config) apiName() string {
	if c.api == apiChronicle {
		return "the Chronicle API"
	}
	return "the Backstory API"
}
