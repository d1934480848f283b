package servers

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// What the stand-in for Jira knows: an account, its token, and a project.
const (
	JiraEmail   = "soc@example.com"
	JiraToken   = "ATATT3xFfGF0-token-7"
	JiraProject = "SOC"
)

// How long the stand-in's search by v3 finds no issue that was just made: a receiver
// of the kind jira, and one of the kind jira-late. Jira Cloud's takes seconds, and
// minutes at times.
const (
	JiraSearchLag     = 200 * time.Millisecond
	JiraLateSearchLag = 2 * time.Second
)

// A jiraSite answers as Jira Cloud does by API v3, and Data Center by v2, as far as
// the tests need it: issues are made and searched for by label. The search of v3 lags
// behind, but for the issues that a request asks it to reconcile. Now and then an
// issue is made and the answer is lost. Not imitated are other fields, and other JQL.
type jiraSite struct {
	lag  time.Duration // of the search
	lose int           // each so manyth answer

	mu     sync.Mutex // guards what follows
	issues []jiraIssue
}

type jiraIssue struct {
	labels []string
	found  time.Time // from when on search finds it
}

// jiraOfThisProcess has the issues that earlier lives took.
var jiraOfThisProcess = sync.OnceValue(func() *jiraSite {
	site := &jiraSite{lag: JiraSearchLag, lose: 211}
	if os.Getenv(receiverKind) == "jira-late" {
		site.lag, site.lose = JiraLateSearchLag, 25
	}
	// An error means that there are none yet.
	taken, _ := (&Receiver{path: os.Getenv(receiverLog)}).Taken()
	for _, receipt := range taken {
		if issue, problems := readJiraIssue([]byte(receipt.Taken)); len(problems) == 0 {
			site.issues = append(site.issues, jiraIssue{labels: issue.Fields.Labels})
		}
	}
	return site
})

func jiraReply(r *http.Request, body []byte) reply { return jiraOfThisProcess().reply(r, body) }

func (s *jiraSite) reply(r *http.Request, body []byte) reply {
	s.mu.Lock()
	defer s.mu.Unlock()
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(JiraEmail+":"+JiraToken))
	want := map[string]string{
		"/rest/api/3/search/jql": basic, "/rest/api/3/issue": basic,
		"/rest/api/2/search": "Bearer " + JiraToken, "/rest/api/2/issue": "Bearer " + JiraToken,
	}
	authorization, known := want[r.URL.Path]
	switch {
	case !known:
		return reply{status: http.StatusNotFound, body: `{"errorMessage":"No message available","errorCode":404}`}
	case r.Method != http.MethodPost:
		return reply{status: http.StatusMethodNotAllowed}
	case r.Header.Get("Authorization") != authorization:
		return reply{status: http.StatusUnauthorized, body: "Client must be authenticated to access this resource."}
	case r.Header.Get("Content-Type") != "application/json":
		return reply{status: http.StatusUnsupportedMediaType}
	case strings.Contains(r.URL.Path, "/search"):
		return s.search(body, strings.HasSuffix(r.URL.Path, "/jql"))
	default:
		return s.create(body)
	}
}

// jql is the one search that the stand-in understands.
var jql = regexp.MustCompile(`^project = "([A-Za-z0-9_-]+)" AND labels = "([A-Za-z0-9_.-]+)"$`)

func (s *jiraSite) search(body []byte, lags bool) reply {
	var asked struct {
		JQL       string   `json:"jql"`
		Fields    []string `json:"fields"`
		Max       int      `json:"maxResults"`
		Reconcile []int    `json:"reconcileIssues"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return jiraNo([]string{"Invalid request payload. Refer to the REST API documentation and try again."}, nil)
	}
	match := jql.FindStringSubmatch(asked.JQL)
	if match == nil || len(asked.Reconcile) > 50 {
		return jiraNo([]string{"Error in the JQL Query"}, nil)
	}
	if match[1] != JiraProject {
		return jiraNo([]string{fmt.Sprintf("The value '%s' does not exist for the field 'project'.", match[1])}, nil)
	}
	found := []map[string]any{}
	for i, issue := range s.issues {
		id := jiraFirstID + i
		// Labels are found whatever their case.
		is := func(label string) bool { return strings.EqualFold(label, match[2]) }
		if (lags && time.Now().Before(issue.found) && !slices.Contains(asked.Reconcile, id)) || !slices.ContainsFunc(issue.labels, is) {
			continue
		}
		one := map[string]any{"id": strconv.Itoa(id), "key": fmt.Sprintf("%s-%d", JiraProject, i+1)}
		if slices.Contains(asked.Fields, "labels") {
			one["fields"] = map[string]any{"labels": issue.labels}
		}
		found = append(found, one)
	}
	return reply{status: http.StatusOK, body: mustJSON(map[string]any{"issues": found, "isLast": true})}
}

const jiraFirstID = 10000

func (s *jiraSite) create(body []byte) reply {
	issue, problems := readJiraIssue(body)
	if len(problems) > 0 {
		return jiraNo(nil, problems)
	}
	s.issues = append(s.issues, jiraIssue{labels: issue.Fields.Labels, found: time.Now().Add(s.lag)})
	n := len(s.issues)
	made := reply{
		status: http.StatusCreated,
		body:   mustJSON(map[string]string{"id": strconv.Itoa(jiraFirstID + n - 1), "key": fmt.Sprintf("%s-%d", JiraProject, n)}),
		taken:  []string{string(body)},
	}
	if n%s.lose == 0 {
		made.status, made.body = http.StatusGatewayTimeout, "<html>upstream timed out</html>"
	}
	return made
}

// jiraNo is a 400 as Jira has it.
func jiraNo(messages []string, fields map[string]string) reply {
	if messages == nil {
		messages = []string{}
	}
	if fields == nil {
		fields = map[string]string{}
	}
	return reply{status: http.StatusBadRequest, body: mustJSON(map[string]any{"errorMessages": messages, "errors": fields})}
}

func mustJSON(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err) // what the stand-ins answer can be marshalled
	}
	return string(text)
}
