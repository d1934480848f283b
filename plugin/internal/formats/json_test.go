package formats_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/formats"
)

// decoded is what encoding/json makes of a text, or null.
func decoded(text []byte) any {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var v any
	if decoder.Decode(&v) != nil || decoder.Decode(new(any)) != io.EOF {
		return nil
	}
	return v
}

// encoded is what encoding/json writes.
func encoded(tb testing.TB, v any) string {
	tb.Helper()
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	require.NoError(tb, encoder.Encode(v))
	return strings.TrimSuffix(text.String(), "\n")
}

var texts = []string{
	``, ` `, `null`, ` null `, `nul`, `nulls`, `true`, `tru`, `false`, `"`, `"a`, `"a"`, `"a" "b"`, `"a",`,
	`0`, `-0`, `-`, `01`, `1.`, `1.5`, `.5`, `1e5`, `1E+5`, `1e-5`, `1e`, `1e+`, `+1`, `1e400`, `123456789012345678901234567890`, `0x1`, `NaN`, `1 2`,
	`{}`, `{ }`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1}`, `{"a":1,}`, `{,}`, `{"a":1 "b":2}`, `{"a":1,"a":2}`, `{"":0}`, `{a:1}`, `{1:1}`, `{"a":1}}`,
	`[]`, `[ ]`, `[`, `]`, `[1]`, `[1,]`, `[,]`, `[1 2]`, `[[[]],[1,[2,3],4]]`, `[1]]`, "[1]\n\t\r ", "[1]\v", "\ufeff[1]",
	`"\"\\\/\b\f\n\r\t"`, `"\u00e9\u0000\u2028"`, `"\ud83d\ude00"`, `"\ud83d"`, `"\ude00"`, `"\ud83d\ud83d\ude00"`, `"\ud83dx"`, `"\ud83d\n"`, `"\ud83d\u0041"`,
	`"\u12"`, `"\u123"`, `"\u12g4"`, `"\u+123"`, `"\x41"`, `"\'"`, `"\`, `"\"`, `"\u`, "\"\x00\"", "\"a\nb\"", "\"\x7f\"", "\"\x1f\"",
	"\"\xff\"", "\"a\xc3\"", "\"\xe2\x82\"", "\"\xed\xa0\x80\"", "\"é€😀\u2028\u2029\ufffd\"", "\"0123456\xff89\"", "\"01234567\\u0041\"", "\"01234567\x0189\"",
	`"1234567"`, `"12345678"`, `"123456789"`, `"1234567\""`, `"12345678\""`, `"<&>"`, `{"b":[{}, null, [null]], "a":{"c":{}}}`,
}

// Parse reads what encoding/json reads, and JSON writes what that writes.
func TestJSON(t *testing.T) {
	check := func(text string) { checkJSON(t, text) }
	for _, text := range texts {
		check(text)
	}
	for _, text := range odd {
		check(text)
	}
	for _, detection := range chronicletest.NewGenerator(1).Detections(50, 4000) {
		check(string(detection))
		for cut := 0; cut < len(detection); cut += 97 {
			check(string(detection[:cut]))
		}
	}
	for _, depth := range []int{90, 9_999, 10_000, 10_001} {
		check(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		check(strings.Repeat(`{"a":`, depth) + "1" + strings.Repeat("}", depth))
	}
}

func checkJSON(t *testing.T, text string) {
	t.Helper()
	want := decoded([]byte(text))
	require.Equal(t, want, formats.Parse(text), "%.2000q", text)
	if want != nil && strings.Count(text, "[")+strings.Count(text, "{") < 98 {
		whole := formats.JSON(map[string]any{"v": want}, "v")
		require.Equal(t, encoded(t, map[string]any{"v": want}), string(whole), "%.2000q", text)
	}
}

// What is too deep goes on as a text, and no document is deeper than what reads it
// takes.
func TestDepth(t *testing.T) {
	for depth, want := range map[int]int{5: 6, 99: 100, 100: 100, 5000: 100} {
		inner := strings.Repeat(`[{"\\":`, depth/2) + strings.Repeat("[", depth%2) + strings.Repeat("]", depth%2) + strings.Repeat("}]", depth/2)
		if depth%2 == 0 {
			inner = strings.Replace(inner, ":}", `:"x"}`, 1)
		}
		text := formats.JSON(map[string]any{"v": formats.Parse(inner)}, "v")
		require.True(t, json.Valid(text))
		require.Less(t, len(text), 3*len(inner)+100)
		deepest, at := 0, 0
		decoder := json.NewDecoder(bytes.NewReader(text))
		for {
			token, err := decoder.Token()
			if err == io.EOF {
				break
			}
			require.NoError(t, err)
			switch token {
			case json.Delim('['), json.Delim('{'):
				at++
			case json.Delim(']'), json.Delim('}'):
				at--
			}
			deepest = max(deepest, at)
		}
		require.Equal(t, want, deepest)
	}
}

// FuzzJSON holds Parse and JSON against encoding/json.
func FuzzJSON(f *testing.F) {
	for _, text := range texts {
		f.Add([]byte(text))
	}
	for _, detection := range kinds(f) {
		f.Add(detection)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		checkJSON(t, string(text))
		require.True(t, json.Valid(formats.JSON(decoded(text), "")))
	})
}
