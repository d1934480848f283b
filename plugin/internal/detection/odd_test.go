package detection_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/detection"
)

// generated is one of the stand-in's own rules.
const generated = "generated_ru_e6abfcb5-1b85-41b0-b64c-695b3250436f"

// maxSummary is more than the JSON of any summary has, in bytes.
const maxSummary = 1_000_000

// check holds a summary to what all of them promise.
func check(t *testing.T, v any) {
	t.Helper()
	object := detection.Summarize(v).Object()
	text, err := json.Marshal(object)
	require.NoError(t, err)
	require.Less(t, len(text), maxSummary)
	require.NotEmpty(t, object["title"])
	headline, _ := object["headline"].(string)
	require.True(t, headline != "" && utf8.RuneCountInString(headline) <= 300, headline)
	requireCleanTexts(t, object, "")
}

func requireCleanTexts(t *testing.T, v any, name string) {
	t.Helper()
	switch of := v.(type) {
	case string:
		requireClean(t, of, name == "description")
	case map[string]any:
		for name, member := range of {
			requireClean(t, name, false)
			requireCleanTexts(t, member, name)
		}
	case []any:
		if len(of) > 50 {
			t.Fatalf("%d items", len(of))
		}
		for _, item := range of {
			requireCleanTexts(t, item, "")
		}
	}
}

// Each value of the examples is replaced by values of other types.
func TestAnyShape(t *testing.T) {
	for name, text := range examples(t) {
		if strings.HasPrefix(name, "generated_ru_") && name != generated {
			continue // their shapes are alike
		}
		whole := parse(t, text)
		each(whole, func(v any, put func(any)) {
			for _, other := range []any{
				nil,
				true,
				1.5,
				int64(-1),
				json.Number("1e400"),
				"",
				"\x00 \u202ex\n",
				"2025-06-01T08:00:00Z",
				[]any{},
				map[string]any{},
				[]any{nil, v},
				map[string]any{"x": v},
				[]any{[]any{v}},
			} {
				put(other)
				check(t, whole)
			}
			put(v)
		})
		check(t, whole)
		require.False(t, t.Failed(), name)
	}
}

// each calls do with every value inside v and with what puts another in its place.
func each(v any, do func(v any, put func(any))) {
	switch of := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(of)) {
			value := of[key]
			do(value, func(other any) { of[key] = other })
			each(value, do)
		}
	case []any:
		for i, value := range of {
			do(value, func(other any) { of[i] = other })
			each(value, do)
		}
	}
}

// What is long, many or deep is cut.
func TestLimits(t *testing.T) {
	long := strings.Repeat("x y\u202e\n", 200_000)
	deep := strings.Repeat(`{"a":[`, 4000) + "1" + strings.Repeat(`]}`, 4000)
	var events, fields, variables, labels, tags []string
	for i := range 5000 {
		events = append(events, fmt.Sprintf(`{"event":{"principal":{"hostname":"h%d","user":{"userid":"u%d"},"process":{"commandLine":"c%d"}}}}`, i, i, i))
		fields = append(fields, fmt.Sprintf(`{"key":"k%d","value":"v"},{"key":"same","value":"v%d"}`, i, i))
		variables = append(variables, fmt.Sprintf(`"v%d":{"stringSeq":{"stringVals":["a","b"]}}`, i))
		labels = append(labels, fmt.Sprintf(`{"key":"technique","value":"T%04d"}`, i))
		tags = append(tags, fmt.Sprintf(`"TA%04d"`, i))
	}
	longText, err := json.Marshal(long)
	require.NoError(t, err)
	for name, text := range map[string]string{
		"events":    `{"collectionElements":[{"references":[` + strings.Join(events, ",") + `]}]}`,
		"fields":    `{"detection":[{"detectionFields":[` + strings.Join(fields, ",") + `]}]}`,
		"variables": `{"detection":[{"variables":{` + strings.Join(variables, ",") + `}}]}`,
		"ATT&CK":    `{"detection":[{"ruleLabels":[` + strings.Join(labels, ",") + `]}],"tags":[` + strings.Join(tags, ",") + `]}`,
		"deep":      `{"detection":[{"ruleName":` + deep + `,"detectionFields":[{"key":"host","value":` + deep + `}]}],"collectionElements":` + deep + `}`,
		"long": strings.ReplaceAll(`{"type":%,"id":%,"caseName":%,"detection":[{"ruleName":%,"description":%,"summary":%,"severity":%,"ruleLabels":[{"key":%,"value":%}],"outcomes":[{"key":%,"value":%}],"detectionFields":[{"key":"host","value":%}]}],
			"collectionElements":[{"references":[{"event":{"metadata":{"productName":%,"eventType":%},"principal":{"hostname":%,"user":{"userid":%}},"target":{"url":%,"file":{"fullPath":%}}}}]}]}`, "%", string(longText)),
	} {
		t.Run(name, func(t *testing.T) { check(t, parse(t, []byte(text))) })
	}
}

// FuzzSummarize: whatever comes, nothing fails, and what goes out is clean and bounded.
func FuzzSummarize(f *testing.F) {
	for _, text := range examples(f) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var v any
		if json.Unmarshal(text, &v) != nil { // numbers as float64, as some sources have them
			v = string(text)
		}
		check(t, v)
	})
}

// A detection of 4 kB, parsed already.
func BenchmarkSummarize(b *testing.B) {
	var all []any
	for _, text := range chronicletest.NewGenerator(1).Detections(100, 4000) {
		all = append(all, parse(b, text))
	}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		detection.Summarize(all[i%len(all)]).Object()
	}
}
