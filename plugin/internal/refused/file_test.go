package refused_test

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/refused"
)

func record(id, body string) refused.Record {
	r := refused.Record{Time: time.Unix(1, 0).UTC(), Pipeline: "http", ID: id, Destination: map[string]string{"url": "https://example.com"}}
	r.SetReason("too large")
	r.SetDetection([]byte(body))
	return r
}

// lines are those of a file that are whole, decoded.
func lines(t *testing.T, path string) (records []refused.Record) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	scanner := bufio.NewScanner(bytes.NewReader(text))
	scanner.Buffer(nil, 1<<24)
	for scanner.Scan() {
		var r refused.Record
		if json.Unmarshal(scanner.Bytes(), &r) == nil {
			records = append(records, r)
		}
	}
	require.NoError(t, scanner.Err())
	return records
}

// A line has what was promised, under the names that were promised.
func TestLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "http_refused.jsonl")
	require.NoError(t, refused.NewFile(path, 1000).Append(t.Context(), []refused.Record{record("de_1", `{"a":"<é>"}`)}))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.JSONEq(t, `{"time":"1970-01-01T00:00:01Z","pipeline":"http","destination":{"url":"https://example.com"},`+
		`"reason":"too large","id":"de_1","detection":"{\"a\":\"<é>\"}","encoding":"utf-8"}`, string(text))
	require.Contains(t, string(text), "<é>", "for people to read")
	require.Equal(t, 1, bytes.Count(text, []byte("\n")))
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Zero(t, info.Mode().Perm()&0o077, "detections are for nobody else to read")
}

// Whatever the bytes, they are there again.
func TestBytes(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	bodies := []string{"", "{}", "a\nb\r\n\x00\u2028", "\xff\xfe{", `{"lone":"\ud800"}`, "\xed\xa0\x80", strings.Repeat("ü", 1<<20)}
	file := refused.NewFile(path, 1<<30)
	for _, body := range bodies {
		require.NoError(t, file.Append(t.Context(), []refused.Record{record("de_1", body)}))
	}
	for i, r := range lines(t, path) {
		got := []byte(r.Detection)
		if r.Encoding == refused.Base64 {
			var err error
			got, err = base64.StdEncoding.DecodeString(r.Detection)
			require.NoError(t, err)
		}
		require.Equal(t, bodies[i], string(got))
	}
	require.Len(t, lines(t, path), len(bodies))
}

// A line that an earlier process left half written is removed: it was not acknowledged.
func TestBrokenLine(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	require.NoError(t, os.WriteFile(path, []byte(`{"time":"20`), 0o600))
	file := refused.NewFile(path, 1000)
	require.NoError(t, file.Append(t.Context(), []refused.Record{record("de_1", "{}")}))
	require.NoError(t, file.Append(t.Context(), []refused.Record{record("de_2", "{}")}))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, 2, bytes.Count(text, []byte("\n")))
	require.Len(t, lines(t, path), 2)
}

// A full file takes nothing more, and is as it was.
func TestFull(t *testing.T) {
	path := filepath.Join(t.TempDir(), "refused.jsonl")
	file := refused.NewFile(path, 400)
	require.NoError(t, file.Append(t.Context(), []refused.Record{record("de_1", "{}")}))
	before, err := os.ReadFile(path)
	require.NoError(t, err)
	err = file.Append(t.Context(), []refused.Record{record("de_2", "{}"), record("de_3", strings.Repeat("x", 100))})
	full, isFull := errors.AsType[*refused.FullError](err)
	require.True(t, isFull, "%v", err)
	require.ErrorContains(t, full, "400 bytes")
	after, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, before, after)

	// Once somebody has moved it away, there is room again.
	require.NoError(t, os.Rename(path, path+".1"))
	require.NoError(t, file.Append(t.Context(), []refused.Record{record("de_2", "{}")}))
	require.Len(t, lines(t, path), 1)
}

// A long reason is cut.
func TestReason(t *testing.T) {
	r := refused.Record{}
	r.SetReason(strings.Repeat("x", 100_000))
	require.Less(t, len(r.Reason), 5000)
}
