package simulate

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestOwnDetections(t *testing.T) {
	want := []string{`{"id":"de_1","n":1.0}`, `{"id":"de_2","text":"\u00e9 \n"}`}
	for name, text := range map[string]string{
		"lines":                want[0] + "\n" + want[1] + "\n",
		"lines of Windows":     "\xef\xbb\xbf" + want[0] + "\r\n\r\n" + want[1],
		"an array":             "[" + want[0] + ", " + want[1] + "]",
		"an array as jq does":  "[\n  {\n    \"id\": \"de_1\",\n    \"n\": 1.0\n  },\n  " + want[1] + "\n]\n",
		"objects of any lines": "{\n  \"id\": \"de_1\",\n  \"n\": 1.0\n}\n" + want[1],
	} {
		t.Run(name, func(t *testing.T) {
			all, err := read(t, text)
			require.NoError(t, err)
			require.Equal(t, want, all)
		})
	}
	for text, want := range map[string]string{
		"":                     "holds none, want JSON objects",
		"[]":                   "holds none, want JSON objects",
		"7":                    "detection 1: got 7, want a JSON object",
		`[{"id":"de_1"}, "x"]`: `detection 2: got "x", want a JSON object`,
		"{}\n{":                "detection 2, from byte 2 on: unexpected EOF",
	} {
		_, err := read(t, text)
		require.ErrorContains(t, err, want, text)
	}
	_, err := (&simulation{detections: filepath.Join(t.TempDir(), "missing")}).ownDetections()
	require.ErrorContains(t, err, "flag detections: open ")
}

func read(t *testing.T, text string) (all []string, err error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "detections")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	found, err := (&simulation{detections: path}).ownDetections()
	for _, one := range found {
		require.False(t, strings.ContainsAny(string(one), "\r\n"))
		all = append(all, string(one))
	}
	return all, err
}
