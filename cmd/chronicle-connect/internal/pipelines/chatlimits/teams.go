package chatlimits

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// teamsMessage has the fields of a post to a workflow of Teams, and its card those of
// Adaptive Cards that we post.
type teamsMessage struct {
	Type        string `json:"type"`
	Attachments []struct {
		ContentType string       `json:"contentType"`
		Content     adaptiveCard `json:"content"`
	} `json:"attachments"`
}

type adaptiveCard struct {
	Schema       string            `json:"$schema"`
	Type         string            `json:"type"`
	Version      string            `json:"version"`
	Teams        map[string]string `json:"msteams"`
	FallbackText string            `json:"fallbackText"`
	Body         []adaptiveElement `json:"body"`
}

// An adaptiveElement is a RichTextBlock, a Container or an ActionSet.
type adaptiveElement struct {
	Type    string `json:"type"`
	Spacing string `json:"spacing"`
	// Of a Container.
	Style string            `json:"style"`
	Bleed bool              `json:"bleed"`
	Items []adaptiveElement `json:"items"`
	// Of a RichTextBlock. Its runs are no Markdown.
	Inlines []struct {
		Type     string `json:"type"`
		Text     string `json:"text"`
		Weight   string `json:"weight"`
		Size     string `json:"size"`
		IsSubtle bool   `json:"isSubtle"`
	} `json:"inlines"`
	// Of an ActionSet.
	Actions []struct {
		Type  string `json:"type"`
		Title string `json:"title"`
		URL   string `json:"url"`
	} `json:"actions"`
}

// teamsBytes is the documented limit of a message, 28 kB, whichever of two kB it is.
const teamsBytes = 28_000

var adaptiveStyles = []string{"default", "emphasis", "good", "attention", "warning", "accent"}

// Teams is why a workflow of Teams would refuse a post, make several messages of it,
// or show it otherwise than meant.
func Teams(post []byte) error {
	var message teamsMessage
	if err := decodeStrictly(post, &message); err != nil {
		return err
	}
	if len(post) > teamsBytes {
		return fmt.Errorf("%d bytes, want %d at most", len(post), teamsBytes)
	}
	if message.Type != "message" || len(message.Attachments) != 1 || message.Attachments[0].ContentType != "application/vnd.microsoft.card.adaptive" {
		return errors.New("it is no message with one Adaptive Card")
	}
	card := message.Attachments[0].Content
	if card.Type != "AdaptiveCard" || card.Version != "1.4" || len(card.Body) == 0 {
		return fmt.Errorf("got a card of type %q and version %q with %d elements", card.Type, card.Version, len(card.Body))
	}
	problems := []error{checkShown("fallbackText", card.FallbackText)}
	for i, element := range card.Body {
		if err := element.check(); err != nil {
			problems = append(problems, fmt.Errorf("element %d: %w", i, err))
		}
	}
	return errors.Join(problems...)
}

func (e adaptiveElement) check() error {
	var problems []error
	switch {
	case e.Type == "RichTextBlock" && len(e.Inlines) > 0:
		for _, run := range e.Inlines {
			if run.Type != "TextRun" {
				problems = append(problems, fmt.Errorf("an inline of type %q", run.Type))
			}
			problems = append(problems, checkShown("text", run.Text))
		}
	case e.Type == "Container" && len(e.Items) > 0 && slices.Contains(adaptiveStyles, e.Style):
		for _, item := range e.Items {
			problems = append(problems, item.check())
		}
	case e.Type == "ActionSet" && len(e.Actions) == 1 && e.Actions[0].Type == "Action.OpenUrl":
		problems = append(problems, checkShown("title", e.Actions[0].Title), checkURL(e.Actions[0].URL, 2000))
	default:
		problems = append(problems, fmt.Errorf("no such element: %+v", e))
	}
	return errors.Join(problems...)
}

// checkShown refuses a text that is empty, or that reads otherwise than it is.
func checkShown(name, text string) error {
	if text == "" || strings.ContainsAny(text, "\x00\u202e") {
		return fmt.Errorf("%s: got %.200q", name, text)
	}
	return nil
}
