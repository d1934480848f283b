package refused_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/refused"
)

// What is written is what is read.
func TestParse(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	file := refused.NewFile(path, 1<<30)
	for _, body := range []string{"", "{}", "a\nb\r\n\x00\u2028<&>", "\xff\xfe{", `{"lone":"\ud800"}`} {
		written := record("de_1", body)
		written.Format, written.Metadata = refused.Raw, map[string]string{"chronicle_detection_id": "de_1"}
		require.NoError(t, file.Append(t.Context(), []refused.Record{written}))
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.Remove(path))
		read, err := refused.Parse(bytes.TrimSuffix(text, []byte("\n")))
		require.NoError(t, err)
		require.Equal(t, written, read)
		got, err := read.Body()
		require.NoError(t, err)
		require.Equal(t, body, string(got))
	}
}

// Lines of earlier versions are read, too.
func TestParseEarlier(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for line, want := range map[string]refused.Record{
		`{"time":"2026-01-02T03:04:05Z","destination":"slack","reason":"r","body":"{\"text\": \"é\"}"}`: {
			Time: at, Destination: map[string]string{"to": "slack"}, Reason: "r", Detection: `{"text": "é"}`,
		},
		`{"time":"2026-01-02T03:04:05Z","destination":"s3","reason":"r","object":"o","body":"{}"}`: {
			Time: at, Destination: map[string]string{"to": "s3", "object": "o"}, Reason: "r", Detection: `{}`,
		},
		`{"time":"2026-01-02T03:04:05Z","pipeline":"http","destination":{},"reason":"r","id":"de_1","detection":"{}","encoding":"utf-8"}`: {
			Time: at, Pipeline: "http", Destination: map[string]string{}, Reason: "r", ID: "de_1", Detection: "{}", Encoding: refused.UTF8,
		},
	} {
		got, err := refused.Parse([]byte(line))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
}

// What is no record is none, and not an empty one.
func TestParseNone(t *testing.T) {
	for line, want := range map[string]string{
		``:                        "no JSON",
		`{"time":"2026-01-02T03:`: "no JSON",
		`null`:                    "no detection",
		`[]`:                      "no JSON object",
		`{"id":"de_1"}`:           "no detection",
		`{"detection":{}}`:        `the field "detection" is of another type`,
		`{"detection":"x","destination":["secret-7"]}`:                         "destination",
		`{"detection":"x","encoding":"rot13"}`:                                 "encoding: got",
		`{"detection":"%","encoding":"base64"}`:                                "decoding the detection",
		`{"detection":"x","time":"yesterday","destination":{"to":"secret-7"}}`: "no JSON object",
	} {
		_, err := refused.Parse([]byte(line))
		require.ErrorContains(t, err, want, line)
		require.NotContains(t, err.Error(), "secret-7")
	}
}
