package refused

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
	"unicode/utf8"
)

// A Record is a message that was refused, as a line of a file. Its form is a promise
// to whoever reads such files.
type Record struct {
	Time     time.Time `json:"time"`
	Pipeline string    `json:"pipeline"`
	// Destination is where the message was meant to go, in the destination's own
	// terms, such as an index or a topic. It has no secrets in it.
	Destination map[string]string `json:"destination"`
	Reason      string            `json:"reason"`
	ID          string            `json:"id"`
	// Detection is the body of the message byte for byte, in the encoding that
	// Encoding names: as it is, or base64 where it is no valid UTF-8.
	Detection string   `json:"detection"`
	Encoding  Encoding `json:"encoding"`
	// Format is what the body is: Raw, or what was made of the detection. Empty is
	// not known, in lines of earlier versions.
	Format string `json:"format,omitempty"`
	// Metadata is the message's own, as far as who sends it again needs it.
	Metadata map[string]string `json:"metadata,omitempty"`
}

// Raw is the format of a detection as it was received.
const Raw = "raw"

// An Encoding says how bytes are written as a text.
type Encoding string

// The encodings.
const (
	UTF8   Encoding = "utf-8"
	Base64 Encoding = "base64"
)

// maxReason is how much of a reason is kept, in bytes. Answers can be pages.
const maxReason = 4096

// SetDetection makes body the record's detection.
func (r *Record) SetDetection(body []byte) {
	r.Detection, r.Encoding = string(body), UTF8
	if !utf8.Valid(body) {
		r.Detection, r.Encoding = base64.StdEncoding.EncodeToString(body), Base64
	}
}

// Body is the body of the message.
func (r *Record) Body() ([]byte, error) {
	switch r.Encoding {
	case UTF8, "":
		return []byte(r.Detection), nil
	case Base64:
		body, err := base64.StdEncoding.DecodeString(r.Detection)
		if err != nil {
			return nil, fmt.Errorf("decoding the detection: %w", err)
		}
		return body, nil
	}
	return nil, fmt.Errorf("encoding: got %.20q, want %s or %s", string(r.Encoding), UTF8, Base64)
}

// SetReason makes reason the record's, or as much of it as is kept.
func (r *Record) SetReason(reason string) {
	r.Reason = reason
	if len(reason) > maxReason {
		r.Reason = reason[:maxReason] + "…"
	}
}

// line is the record in a line of JSON, with the line break.
func (r *Record) line() ([]byte, error) {
	var line bytes.Buffer
	encoder := json.NewEncoder(&line)
	encoder.SetEscapeHTML(false) // so that people can read it
	if err := encoder.Encode(r); err != nil {
		return nil, fmt.Errorf("encoding the record of %q: %w", r.ID, err)
	}
	return line.Bytes(), nil
}
