package chronicletest

import (
	"encoding/json"
	"net/http"
)

// The quota project is whose quota a request uses up. A service account has that
// of its own project unless a request names another one; user credentials have
// none. What is refused, and how, is from clients' reports and from
// cloud.google.com/docs/quotas/quota-project.

const (
	quotaHeader      = "X-Goog-User-Project"
	chronicleService = "chronicle.googleapis.com"
	// sdkProject is the project of the Google Cloud SDK, whose quota user
	// credentials would use up if they might.
	sdkProject = "projects/764086051850"
)

// WithQuotaProject makes the Chronicle API want the header x-goog-user-project
// with that project's id, as Google does of user credentials and of some service
// accounts. Without the header a request is refused with 403 and the reason
// SERVICE_DISABLED, and with another project's with 403 and USER_PROJECT_DENIED.
// The default, "", is to want none. What a request said is in Request.Header.
func WithQuotaProject(id string) Option {
	return func(o *options) { o.quotaProject = id }
}

// checkQuota refuses a request that has another quota project than wanted.
func checkQuota(header http.Header, wanted string) *Refusal {
	switch given := header.Get(quotaHeader); given {
	case wanted:
		return nil
	case "":
		return denyQuota("SERVICE_DISABLED", sdkProject,
			"Your application is authenticating by using local Application Default Credentials. "+
				"The "+chronicleService+" API requires a quota project, which is not set by default. "+
				"To learn how to set your quota project, see "+
				"https://cloud.google.com/docs/authentication/adc-troubleshooting/user-creds .")
	default:
		return denyQuota("USER_PROJECT_DENIED", "projects/"+given,
			"Caller does not have required permission to use project "+given+". "+
				"Grant the caller the roles/serviceusage.serviceUsageConsumer role, "+
				"or a custom role with the serviceusage.services.use permission, by visiting "+
				"https://console.developers.google.com/iam-admin/iam/project?project="+given+" and then retry. "+
				"Propagation of the new permission may take a few minutes.")
	}
}

func denyQuota(reason, consumer, message string) *Refusal {
	return &Refusal{
		Status: http.StatusForbidden, Message: message,
		Details: []json.RawMessage{ErrorInfo(reason, map[string]string{"service": chronicleService, "consumer": consumer})},
	}
}
