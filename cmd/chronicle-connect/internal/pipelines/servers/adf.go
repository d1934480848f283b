package servers

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// An adfNode is one of the Atlassian Document Format, with all that its schema allows
// in the nodes that are known here.
type adfNode struct {
	Type    string          `json:"type"`
	Version int             `json:"version,omitempty"`
	Text    *string         `json:"text,omitempty"`
	Attrs   json.RawMessage `json:"attrs,omitempty"`
	Marks   []adfMark       `json:"marks,omitempty"`
	Content []adfNode       `json:"content,omitempty"`
}

type adfMark struct {
	Type  string `json:"type"`
	Attrs struct {
		Href string `json:"href"`
	} `json:"attrs"`
}

// adfInside says which nodes may be in which.
var adfInside = map[string][]string{
	"doc":         {"paragraph", "heading", "table", "codeBlock"},
	"paragraph":   {"text"},
	"heading":     {"text"},
	"codeBlock":   {"text"},
	"table":       {"tableRow"},
	"tableRow":    {"tableHeader", "tableCell"},
	"tableHeader": {"paragraph"},
	"tableCell":   {"paragraph"},
}

// adfText checks a document, and returns its text.
func adfText(document []byte) (string, error) {
	var root adfNode
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&root); err != nil {
		return "", err
	}
	if root.Type != "doc" || root.Version != 1 {
		return "", fmt.Errorf("got a %s of version %d, want a doc of version 1", root.Type, root.Version)
	}
	var text strings.Builder
	err := root.check("", &text)
	return text.String(), err
}

func (n adfNode) check(parent string, text *strings.Builder) error {
	if n.Type == "text" {
		return n.checkText(parent, text)
	}
	inside, known := adfInside[n.Type]
	if !known || n.Text != nil || n.Marks != nil {
		return fmt.Errorf("a %s within a %s: unknown, or with text or marks of its own", n.Type, parent)
	}
	if len(n.Content) == 0 {
		return fmt.Errorf("a %s within a %s is empty", n.Type, parent)
	}
	var attrs struct {
		Level    int
		Language string
	}
	if n.Attrs != nil {
		if err := json.Unmarshal(n.Attrs, &attrs); err != nil {
			return err
		}
	}
	if n.Type == "heading" && (attrs.Level < 1 || attrs.Level > 6) {
		return fmt.Errorf("a heading of level %d", attrs.Level)
	}
	for _, child := range n.Content {
		if !slices.Contains(inside, child.Type) {
			return fmt.Errorf("a %s within a %s", child.Type, n.Type)
		}
		if err := child.check(n.Type, text); err != nil {
			return err
		}
	}
	text.WriteByte('\n')
	return nil
}

func (n adfNode) checkText(parent string, text *strings.Builder) error {
	if n.Text == nil || *n.Text == "" || n.Attrs != nil || n.Content != nil {
		return fmt.Errorf("a text within a %s that is empty, or more than that", parent)
	}
	odd := func(r rune) bool { return unicode.IsControl(r) && (r != '\n' || parent != "codeBlock") }
	if strings.ContainsFunc(*n.Text, odd) {
		return fmt.Errorf("a text within a %s with control characters: %q", parent, *n.Text)
	}
	for _, mark := range n.Marks {
		if mark.Type != "link" || parent == "codeBlock" || !strings.HasPrefix(mark.Attrs.Href, "http") {
			return fmt.Errorf("a text within a %s with the mark %s to %q", parent, mark.Type, mark.Attrs.Href)
		}
	}
	text.WriteString(*n.Text)
	return nil
}
