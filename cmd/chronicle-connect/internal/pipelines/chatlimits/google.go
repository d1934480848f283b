package chatlimits

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

// chatMessage has the fields of Google Chat's messages that we post.
type chatMessage struct {
	FallbackText string `json:"fallbackText"`
	Thread       *struct {
		ThreadKey string `json:"threadKey"`
	} `json:"thread"`
	CardsV2 []struct {
		CardID string   `json:"cardId"`
		Card   chatCard `json:"card"`
	} `json:"cardsV2"`
}

type chatCard struct {
	Header struct {
		Title    string `json:"title"`
		Subtitle string `json:"subtitle"`
	} `json:"header"`
	Sections []struct {
		Header  string       `json:"header"`
		Widgets []chatWidget `json:"widgets"`
	} `json:"sections"`
}

type chatWidget struct {
	DecoratedText *struct {
		TopLabel string `json:"topLabel"`
		Text     string `json:"text"`
		WrapText bool   `json:"wrapText"`
	} `json:"decoratedText"`
	TextParagraph *struct {
		Text string `json:"text"`
	} `json:"textParagraph"`
	ButtonList *struct {
		Buttons []struct {
			Text    string `json:"text"`
			OnClick struct {
				OpenLink struct {
					URL string `json:"url"`
				} `json:"openLink"`
			} `json:"onClick"`
		} `json:"buttons"`
	} `json:"buttonList"`
}

// Google Chat's documented limits.
const (
	chatBytes     = 32_000
	chatWidgets   = 100
	chatThreadKey = 4000
)

// chatMarkup is what & < > may be in the text of a card: an escape, or the colour
// of a severity.
var chatMarkup = regexp.MustCompile(`&(amp|lt|gt);|^<font color="#[0-9a-f]{6}"><b>|</b></font>$`)

// GoogleChat is why Google Chat would refuse a post, cut it, or misread it.
func GoogleChat(post []byte) error {
	var message chatMessage
	if err := decodeStrictly(post, &message); err != nil {
		return err
	}
	if len(post) > chatBytes {
		return fmt.Errorf("%d bytes, want %d at most", len(post), chatBytes)
	}
	if len(message.CardsV2) == 0 {
		return errors.New("there is no card")
	}
	problems := []error{checkPlain("fallbackText", message.FallbackText)}
	if message.Thread != nil && (message.Thread.ThreadKey == "" || units(message.Thread.ThreadKey) > chatThreadKey) {
		problems = append(problems, fmt.Errorf("threadKey: got %.200q", message.Thread.ThreadKey))
	}
	ids := make(map[string]bool)
	for _, card := range message.CardsV2 {
		if card.CardID == "" || ids[card.CardID] {
			problems = append(problems, fmt.Errorf("cardId: got %q again", card.CardID))
		}
		ids[card.CardID] = true
		if err := card.Card.check(); err != nil {
			problems = append(problems, fmt.Errorf("card %s: %w", card.CardID, err))
		}
	}
	return errors.Join(problems...)
}

func (c chatCard) check() error {
	problems := []error{checkPlain("title", c.Header.Title)}
	if c.Header.Subtitle != "" {
		problems = append(problems, checkPlain("subtitle", c.Header.Subtitle))
	}
	widgets := 0
	for _, section := range c.Sections {
		if len(section.Widgets) == 0 {
			problems = append(problems, errors.New("a section is empty"))
		}
		widgets += len(section.Widgets)
		for _, widget := range section.Widgets {
			problems = append(problems, widget.check())
		}
	}
	if len(c.Sections) == 0 || widgets > chatWidgets {
		problems = append(problems, fmt.Errorf("%d widgets in %d sections", widgets, len(c.Sections)))
	}
	return errors.Join(problems...)
}

func (w chatWidget) check() error {
	switch {
	case w.DecoratedText != nil && w.TextParagraph == nil && w.ButtonList == nil:
		return errors.Join(checkPlain("topLabel", w.DecoratedText.TopLabel), checkMarkup(w.DecoratedText.Text))
	case w.TextParagraph != nil && w.DecoratedText == nil && w.ButtonList == nil:
		return checkMarkup(w.TextParagraph.Text)
	case w.ButtonList != nil && w.DecoratedText == nil && w.TextParagraph == nil && len(w.ButtonList.Buttons) == 1:
		button := w.ButtonList.Buttons[0]
		return errors.Join(checkPlain("button", button.Text), checkURL(button.OnClick.OpenLink.URL, 2000))
	}
	return fmt.Errorf("no such widget: %+v", w)
}

// checkPlain refuses a text that is empty or could mention people.
func checkPlain(name, text string) error {
	if text == "" || strings.ContainsAny(text, "<>\x00\u202e") {
		return fmt.Errorf("%s: got %.200q", name, text)
	}
	return nil
}

func checkMarkup(text string) error {
	if rest := chatMarkup.ReplaceAllString(text, ""); text == "" || strings.ContainsAny(rest, "&<>\x00\u202e") {
		return fmt.Errorf("text: got %.200q", text)
	}
	return nil
}
