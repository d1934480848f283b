package signin

import (
	"fmt"
	"os"
	"regexp"
)

// quotaVariable names a quota project for all of Google's client libraries.
const quotaVariable = "GOOGLE_CLOUD_QUOTA_PROJECT"

// ProjectForm is what the id or the number of a project looks like. An older one
// begins with a domain and a colon.
var ProjectForm = regexp.MustCompile(`^[a-zA-Z0-9][a-zA-Z0-9:._-]*$`)

// checkQuotaProject refuses what can't be sent as the header that it is for.
func checkQuotaProject(project string) error {
	if project != "" && !ProjectForm.MatchString(project) {
		return fmt.Errorf("got %q, want the id or the number of a project", project)
	}
	return nil
}

// quotaProject is the project that requests count for, "" where nobody names one:
// that of the settings, of the document, of the environment.
func (c Credentials) quotaProject(document *Document) (string, error) {
	if c.QuotaProject != "" {
		return c.QuotaProject, nil
	}
	if document != nil && document.QuotaProject != "" {
		return document.QuotaProject, nil
	}
	project := os.Getenv(quotaVariable)
	if err := checkQuotaProject(project); err != nil {
		return "", fmt.Errorf("%s: %w", quotaVariable, err)
	}
	return project, nil
}
