package chatlimits

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// textObject is a text of Block Kit.
type textObject struct {
	Type     string `json:"type"`
	Text     string `json:"text"`
	Emoji    *bool  `json:"emoji"`
	Verbatim *bool  `json:"verbatim"`
}

// block has the fields of the blocks that we post. The decoder refuses others.
type block struct {
	Type     string       `json:"type"`
	Text     *textObject  `json:"text"`
	Fields   []textObject `json:"fields"`
	Elements []struct {
		Type string          `json:"type"`
		Text json.RawMessage `json:"text"` // a button's is an object, a text's is a string
		URL  string          `json:"url"`
		// Those of a text in a context block.
		Verbatim *bool `json:"verbatim"`
	} `json:"elements"`
}

// slackMessage is a post to an incoming webhook.
type slackMessage struct {
	Text        string  `json:"text"`
	Blocks      []block `json:"blocks"`
	Attachments []struct {
		Color  string  `json:"color"`
		Blocks []block `json:"blocks"`
	} `json:"attachments"`
	UnfurlLinks bool `json:"unfurl_links"`
	UnfurlMedia bool `json:"unfurl_media"`
}

// The limits that Slack documents, and the one on all blocks together, which it
// doesn't: messages of about 13,200 characters were refused.
const (
	slackBlocks      = 50
	slackAllBlocks   = 12_800
	slackHeader      = 150
	slackText        = 3000
	slackFields      = 10
	slackFieldText   = 2000
	slackButtonText  = 75
	slackURL         = 3000
	slackMessageText = 40_000
)

// slackMarkup is what & < > may still be after escaping: an escape, or for plain
// posts a link of our own.
var slackMarkup = regexp.MustCompile(`&(amp|lt|gt);|<https?://[^<>|]+\|Open in Chronicle>`)

var colour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// Slack is why Slack would refuse a post with blocks, or misread it.
func Slack(post []byte) error {
	var message slackMessage
	if err := decodeStrictly(post, &message); err != nil {
		return err
	}
	if err := checkText(message.Text, slackMessageText); err != nil {
		return fmt.Errorf("text: %w", err)
	}
	all, count := 0, 0
	blocks := func(name string, blocks []block) error {
		if len(blocks) == 0 {
			return fmt.Errorf("%s: there are no blocks", name)
		}
		count += len(blocks)
		for i, b := range blocks {
			n, err := b.check()
			if err != nil {
				return fmt.Errorf("%s: block %d: %w", name, i, err)
			}
			all += n
		}
		return nil
	}
	if err := blocks("message", message.Blocks); err != nil {
		return err
	}
	if len(message.Attachments) == 0 {
		return errors.New("there is no attachment")
	}
	for i, attachment := range message.Attachments {
		if !colour.MatchString(attachment.Color) {
			return fmt.Errorf("attachment %d: color: got %q", i, attachment.Color)
		}
		if err := blocks(fmt.Sprintf("attachment %d", i), attachment.Blocks); err != nil {
			return err
		}
	}
	if count > slackBlocks || all > slackAllBlocks {
		return fmt.Errorf("%d blocks with %d characters, want %d and %d at most", count, all, slackBlocks, slackAllBlocks)
	}
	return nil
}

// check returns how many characters a block has.
func (b block) check() (characters int, err error) {
	var texts []error
	add := func(name, kind string, text textObject, limit int) {
		characters += units(text.Text)
		if text.Type != kind && kind != "" {
			texts = append(texts, fmt.Errorf("%s: got a %s, want a %s", name, text.Type, kind))
		}
		// Neither may emoji be made of :names:, nor links of what looks like a URL.
		if text.Type == "plain_text" && (text.Emoji == nil || *text.Emoji) || text.Type == "mrkdwn" && (text.Verbatim == nil || !*text.Verbatim) {
			texts = append(texts, fmt.Errorf("%s: it is not taken as it is", name))
		}
		if text.Type == "mrkdwn" && strings.Count(text.Text, "`")%2 != 0 {
			texts = append(texts, fmt.Errorf("%s: a code has no end: %.200q", name, text.Text))
		}
		if err := checkText(text.Text, limit); err != nil {
			texts = append(texts, fmt.Errorf("%s: %w", name, err))
		}
	}
	switch {
	case b.Type == "header" && b.Text != nil && b.Fields == nil && b.Elements == nil:
		add("header", "plain_text", *b.Text, slackHeader)
	case b.Type == "section" && b.Elements == nil && (b.Text != nil || len(b.Fields) > 0):
		if b.Text != nil {
			add("text", "", *b.Text, slackText)
		}
		if len(b.Fields) > slackFields {
			texts = append(texts, fmt.Errorf("%d fields", len(b.Fields)))
		}
		for _, field := range b.Fields {
			add("field", "mrkdwn", field, slackFieldText)
		}
	case b.Type == "context" && b.Text == nil && len(b.Elements) > 0:
		for _, element := range b.Elements {
			text := textObject{Type: element.Type, Verbatim: element.Verbatim}
			texts = append(texts, json.Unmarshal(element.Text, &text.Text))
			add("element", "mrkdwn", text, slackText)
		}
	case b.Type == "actions" && b.Text == nil && len(b.Elements) > 0:
		for _, element := range b.Elements {
			var text textObject
			texts = append(texts, decodeStrictly(element.Text, &text))
			add("button", "plain_text", text, slackButtonText)
			characters += units(element.URL)
			if element.Type != "button" {
				texts = append(texts, fmt.Errorf("element: got a %s", element.Type))
			}
			if err := checkURL(element.URL, slackURL); err != nil {
				texts = append(texts, err)
			}
		}
	default:
		return 0, fmt.Errorf("no such block: %+v", b)
	}
	return characters, errors.Join(texts...)
}

// checkText refuses what is empty, too long, or has markup that is not ours.
func checkText(text string, limit int) error {
	if n := units(text); n == 0 || n > limit {
		return fmt.Errorf("%d characters, want 1 to %d", n, limit)
	}
	if rest := slackMarkup.ReplaceAllString(text, ""); strings.ContainsAny(rest, "&<>\x00\u202e") {
		return fmt.Errorf("not escaped: %.200q", rest)
	}
	return nil
}

// SlackText is why Slack would cut or misread a post without blocks.
func SlackText(post []byte) error {
	var message slackMessage
	if err := decodeStrictly(post, &message); err != nil {
		return err
	}
	if message.Blocks != nil || message.Attachments != nil {
		return errors.New("it has blocks")
	}
	return checkText(message.Text, slackMessageText)
}

// SlackLength is why Slack would cut a post, whatever its markup.
func SlackLength(post []byte) error {
	var message struct {
		Text string `json:"text"`
	}
	if err := decodeStrictly(post, &message); err != nil {
		return err
	}
	if n := units(message.Text); n == 0 || n > slackMessageText {
		return fmt.Errorf("%d characters", n)
	}
	return nil
}
