//go:build !minimal

package pipelines

import (
	"bytes"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
)

func jiraAddress(url string) []string {
	return []string{
		"JIRA_URL=" + url, "JIRA_EMAIL=me@example.com", "JIRA_API_TOKEN=secret-5", "JIRA_PROJECT=SOC", "JIRA_ISSUES_PER_MINUTE=1000000", "JIRA_SEARCH_DELAY=1ms",
		"JIRA_API_VERSION=", "JIRA_ISSUE_TYPE=", "JIRA_LABELS=", "JIRA_PRIORITIES=", "JIRA_FIELDS=",
	}
}

var (
	jiraMade  = servers.Answer{Status: 201, Body: `{"id":"10000","key":"SOC-24","self":"https://example.atlassian.net/rest/api/3/issue/10000"}`}
	jiraFound = servers.Answer{Status: 200, Body: `{"issues":[{"id":"10000","fields":{"labels":["chronicle-de_1"]}}],"isLast":true}`}
)

// TestJiraAnswers has the request for an issue answered in all ways that are no yes,
// those that are about a setting included.
func TestJiraAnswers(t *testing.T) {
	t.Parallel()
	env := func(url string) []string { return jiraAddress(withoutIssues(t, url)) }
	proveAnswers(t, "jira.yaml", env, jiraMade, noes(
		servers.Answer{Status: 201},
		servers.Answer{Status: 201, Body: "<html>sign in</html>"},
		servers.Answer{Status: 201, Body: `{"id":"10000"}`},
		servers.Answer{Status: 200, Body: jiraMade.Body},
		servers.Answer{Status: 400, Body: "<html>Bad request</html>"},
		servers.Answer{Status: 400, Body: `{"errorMessages":[],"errors":{"project":"valid project is required"}}`},
		servers.Answer{Status: 400, Body: `{"errorMessages":[],"errors":{"issuetype":"Specify a valid issue type"}}`},
		servers.Answer{Status: 400, Body: `{"errorMessages":[],"errors":{"priority":"Field 'priority' cannot be set. It is not on the appropriate screen, or unknown."}}`},
		servers.Answer{Status: 400, Body: `{"errorMessages":[],"errors":{"description":"Field 'description' cannot be set. It is not on the appropriate screen, or unknown."}}`},
		servers.Answer{Status: 400, Body: `{"errorMessages":[],"errors":{"summary":"Summary can't exceed 255 characters.","customfield_10010":"Team is required."}}`},
		servers.Answer{Status: 422, Body: `{"errorMessages":["a configuration problem"],"errors":{}}`},
		servers.Answer{Status: 429},
	), jiraQuickly...)
}

// TestJiraSearchAnswers has the search answered in all ways that are no answer.
func TestJiraSearchAnswers(t *testing.T) {
	t.Parallel()
	proveAnswers(t, "jira.yaml", jiraAddress, jiraFound, noes(
		servers.Answer{Status: 200, Body: `{"issues":null}`},
		servers.Answer{Status: 201, Body: jiraFound.Body},
		servers.Answer{Status: 400, Body: `{"errorMessages":["The value 'SOC' does not exist for the field 'project'."],"errors":{}}`},
		servers.Answer{Status: 410, Body: `{"errorMessages":["The requested API has been removed."]}`},
		servers.Answer{Status: 413},
		servers.Answer{Status: 429},
	), jiraQuickly...)
}

// A Jira that says how long to wait is not asked before.
func TestJiraRetryAfter(t *testing.T) {
	t.Parallel()
	for _, of := range []string{"search", "issue"} {
		t.Run(of, func(t *testing.T) {
			yes, front := jiraFound, func(_ *testing.T, url string) string { return url }
			if of == "issue" {
				yes, front = jiraMade, withoutIssues
			}
			address := func(url string) []string { return jiraAddress(front(t, url)) }
			proveRetryAfter(t, "jira.yaml", address, yes)
		})
	}
}

// withoutIssues starts a Jira in which no search finds anything; all else is for the
// server at url to answer.
func withoutIssues(t *testing.T, url string) string {
	t.Helper()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client broke off
		}
		if strings.Contains(r.URL.Path, "/search") {
			_, _ = io.WriteString(w, `{"issues":[],"isLast":true}`) // fails only where the client broke off
			return
		}
		answer, err := client.Post(url+r.URL.Path, r.Header.Get("Content-Type"), bytes.NewReader(body))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer answer.Body.Close()
		maps.Copy(w.Header(), answer.Header)
		w.WriteHeader(answer.StatusCode)
		_, _ = io.Copy(w, answer.Body) // likewise
	}))
	t.Cleanup(front.Close)
	return front.URL
}
