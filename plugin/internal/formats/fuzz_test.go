package formats_test

import (
	"encoding/json"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Detections with parts of them changed at random make valid documents.
func TestAnyShape(t *testing.T) {
	rounds := 300
	if testing.Short() {
		rounds = 30
	}
	detections := kinds(t)
	for _, f := range bothFormats(t) {
		processor := newProcessor(t, f.processor+": {}")
		random := rand.New(rand.NewPCG(1, 2))
		for range rounds {
			for _, kind := range sortedKeys(detections) {
				v := any(document(t, detections[kind]))
				for range 1 + random.IntN(8) {
					v = change(random, v)
				}
				body, err := json.Marshal(v)
				require.NoError(t, err)
				text := process(t, processor, body)
				require.Empty(t, f.schema.check(document(t, text)), "%s: %s", kind, body)
			}
		}
	}
}

// Every value of the detections, one after the other, is one of any other type, and the
// documents are valid still.
func TestEveryValueOfAnyType(t *testing.T) {
	detections := kinds(t)
	for _, f := range bothFormats(t) {
		processor := newProcessor(t, f.processor+": { original: false }")
		for _, kind := range sortedKeys(detections) {
			whole := any(document(t, detections[kind]))
			each(whole, func(v any, put func(any)) {
				for _, other := range otherTypes(v) {
					put(other)
					body, err := json.Marshal(whole)
					require.NoError(t, err)
					text := process(t, processor, body)
					require.Empty(t, f.schema.check(document(t, text)), "%s: %s", kind, body)
				}
				put(v)
			})
		}
	}
}

// each calls do with every value inside v and with what puts another in its place.
func each(v any, do func(v any, put func(any))) {
	visit := func(value any, put func(any)) {
		do(value, put)
		each(value, do)
	}
	switch of := v.(type) {
	case map[string]any:
		for _, key := range sortedKeys(of) {
			visit(of[key], func(other any) { of[key] = other })
		}
	case []any:
		for i := range of {
			visit(of[i], func(other any) { of[i] = other })
		}
	}
}

// otherTypes are values of other types, and v in other shapes.
func otherTypes(v any) []any {
	return []any{
		nil, true, -1, json.Number("1e400"), 4294967296, "", "\x00 x/y:z@\u2028", "10.0.0.1", "2025-06-01T08:00:00.5+02:00",
		[]any{},
		map[string]any{},
		[]any{nil, v},
		map[string]any{"x": v},
	}
}

// FuzzAnything: whatever bytes come in, a valid document goes out.
func FuzzAnything(f *testing.F) {
	for _, detection := range kinds(f) {
		f.Add(detection)
	}
	for _, body := range odd {
		f.Add([]byte(body))
	}
	all := bothFormats(f)
	processors := make([]*service.OwnedProcessor, len(all))
	for i, format := range all {
		processors[i] = newProcessor(f, format.processor+": {}")
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for i, format := range all {
			text := process(t, processors[i], body)
			require.Empty(t, format.schema.check(document(t, text)))
		}
	})
}

// change replaces a value somewhere inside v.
func change(random *rand.Rand, v any) any {
	if random.IntN(12) == 0 {
		return oddValue(random, v)
	}
	switch of := v.(type) {
	case map[string]any:
		if len(of) == 0 {
			return oddValue(random, v)
		}
		// Keys in an order that does not change from run to run.
		key := sortedKeys(of)[random.IntN(len(of))]
		of[key] = change(random, of[key])
	case []any:
		if len(of) == 0 {
			return oddValue(random, v)
		}
		i := random.IntN(len(of))
		of[i] = change(random, of[i])
	default:
		return oddValue(random, v)
	}
	return v
}

// oddValue is a value that has no place where v has, or v in another shape.
func oddValue(random *rand.Rand, v any) any {
	choices := []any{
		nil, true, false, 0, -1, 1.5, 443, 1e18, 4294967296, json.Number("1e400"), json.Number("123456789012345678901234567890"),
		"", " ", "x", "NaN", "-Inf", "0x10", "010", "1e5", "2025-06-01T08:00:00,5Z", "9999-12-31T23:59:59.999999999-23:59", "0000-01-01T00:00:00Z",
		"::1", "1.2.3.4", "1.2.3.4/24", "a@b.example", "00:11:22:33:44:55", "http://[::1]:x/%zz", "https://user:pw@example.com:8443/p?q=1#f",
		"\ufffd", "\x00\u2028", "%s%d", "${!content()}", "C:\\", "/", "TA0001 T1059.001", "Execution",
		"attack.t1059.001", "ta0099", " High ", "d41d8cd98f00b204e9800998ecf8427e", "d41d8", "1748765000", 1748765000123, -1748765000, 1e-9,
		"2025-06-01T08:00:00.123456789+14:00", "2025-06-01 08:00:00", "2025-06-31T00:00:00Z", "10000-01-01T00:00:00Z", "::ffff:10.0.0.1", "fe80::1%eth0",
		"c2.example/a?b=1", "host.example:8080/p", "host.example:99999", "mailto:a@b.example", "//[::1", "http://", "?", "#", "ftp://x:y", "a.", ".", "a/",
		json.RawMessage("\"\\ud800\""), json.RawMessage("{\"a\":1,\"a\":[]}"), json.RawMessage(strings.Repeat("[", 300) + strings.Repeat("]", 300)),
		[]any{},
		map[string]any{},
		[]any{nil},
		[]any{[]any{"a"}},
		[]any{map[string]any{"a": 1}},
		map[string]any{"a": []any{1}},
		[]any{v},
		map[string]any{"x": v},
		[]any{v, v},
	}
	return choices[random.IntN(len(choices))]
}
