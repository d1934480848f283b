package servers

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
)

// jiraTextLimit is of a description, in characters as Java counts them.
const jiraTextLimit = 32767

// A jiraCreation is the body of a request that makes an issue.
type jiraCreation struct {
	Fields struct {
		Project struct {
			Key string `json:"key"`
		} `json:"project"`
		IssueType struct {
			Name string `json:"name"`
			ID   string `json:"id"`
		} `json:"issuetype"`
		Summary     string          `json:"summary"`
		Labels      []string        `json:"labels"`
		Description json.RawMessage `json:"description"`
		Priority    *struct {
			Name string `json:"name"`
		} `json:"priority"`
	} `json:"fields"`
}

// readJiraIssue returns what Jira has against an issue, by field, in its words.
func readJiraIssue(body []byte) (issue jiraCreation, problems map[string]string) {
	problems = make(map[string]string)
	if err := json.Unmarshal(body, &issue); err != nil {
		problems["body"] = err.Error()
		return issue, problems
	}
	wrong := func(isWrong bool, field, what string) {
		if isWrong {
			problems[field] = what
		}
	}
	for name := range fieldsOf(body) {
		wrong(!slices.Contains([]string{"project", "issuetype", "summary", "labels", "description", "priority"}, name),
			name, fmt.Sprintf("Field '%s' cannot be set. It is not on the appropriate screen, or unknown.", name))
	}
	fields := issue.Fields
	wrong(fields.Project.Key != JiraProject, "project", "valid project is required")
	wrong(fields.IssueType.Name != "Task" && fields.IssueType.ID != "10001", "issuetype", "Specify a valid issue type")
	wrong(fields.Summary == "", "summary", "You must specify a summary of the issue.")
	wrong(units(fields.Summary) > 255, "summary", "Summary can't exceed 255 characters.")
	wrong(strings.ContainsFunc(fields.Summary, unicode.IsControl), "summary", "The summary is invalid because it contains newline characters.")
	if fields.Priority != nil {
		wrong(!slices.Contains([]string{"Highest", "High", "Medium", "Low", "Lowest"}, fields.Priority.Name), "priority", "The priority selected is invalid.")
	}
	for _, label := range fields.Labels {
		wrong(label == "" || strings.ContainsFunc(label, unicode.IsSpace), "labels", fmt.Sprintf("The label '%s' contains spaces which is invalid.", label))
		wrong(units(label) > 255, "labels", fmt.Sprintf("The label '%s' exceeds the maximum length for a single label of 255 characters", label))
	}
	// Whether the limit counts what is shown or what is sent isn't documented.
	shown, err := adfText(fields.Description)
	if err != nil {
		// By v2 it is a text.
		if json.Unmarshal(fields.Description, &shown) != nil {
			problems["description"] = "INVALID_INPUT: " + err.Error()
		}
	} else {
		wrong(units(string(fields.Description)) > jiraTextLimit, "description", "The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
	}
	wrong(units(shown) > jiraTextLimit || strings.Contains(shown, RefusedMark), "description", "The entered text is too long. It exceeds the allowed limit of 32,767 characters.")
	return issue, problems
}

func fieldsOf(body []byte) map[string]json.RawMessage {
	var issue struct {
		Fields map[string]json.RawMessage `json:"fields"`
	}
	_ = json.Unmarshal(body, &issue) // has been unmarshalled before
	return issue.Fields
}

func units(text string) int { return len(utf16.Encode([]rune(text))) }

// JiraDetection is an object with the id of the detection that an issue is about, as
// its label has it.
func JiraDetection(issue string) ([]byte, error) {
	read, problems := readJiraIssue([]byte(issue))
	if len(problems) > 0 {
		return nil, fmt.Errorf("an issue was taken that has %q", problems)
	}
	for _, label := range read.Fields.Labels {
		if id, found := strings.CutPrefix(label, "chronicle-"); found {
			return json.Marshal(map[string]string{"id": id})
		}
	}
	return nil, fmt.Errorf("an issue was taken with the labels %q, none of which is a detection's", read.Fields.Labels)
}
