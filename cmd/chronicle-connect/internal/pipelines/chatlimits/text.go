package chatlimits

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"unicode/utf16"
	"unicode/utf8"
)

// units counts UTF-16 units: never less than characters, whatever those are.
func units(text string) int { return len(utf16.Encode([]rune(text))) }

// decodeStrictly refuses what is not UTF-8, unknown fields, and what follows.
func decodeStrictly(post []byte, into any) error {
	if !utf8.Valid(post) {
		return errors.New("it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(post))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}

func checkURL(text string, limit int) error {
	parsed, err := url.Parse(text)
	if err != nil {
		return err
	}
	if (parsed.Scheme != "https" && parsed.Scheme != "http") || parsed.Host == "" || units(text) > limit {
		return fmt.Errorf("url: got %.200q", text)
	}
	return nil
}
