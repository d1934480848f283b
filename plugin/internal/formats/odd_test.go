package formats_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What is no detection, or an odd one.
var odd = map[string]string{
	"nothing":                "",
	"blank":                  " \n",
	"null":                   "null",
	"a number":               "42",
	"a huge number":          "1e400",
	"a text":                 `"abc"`,
	"true":                   "true",
	"a list":                 `[{"id":"de_1"}]`,
	"broken":                 `{"id":"de_1","detection":[`,
	"words":                  "not JSON <&> \" \\ at all",
	"two values":             `{"id":"de_1"} {"id":"de_2"}`,
	"no UTF-8":               "\xff\xfe{",
	"no UTF-8 inside":        "{\"id\":\"de_\xff\",\"detection\":[{\"ruleName\":\"\xc3\"}]}",
	"half a pair":            `{"id":"\ud800","detection":[{"ruleName":"\udc00 \ufffd"}]}`,
	"empty":                  "{}",
	"nulls":                  `{"id":null,"type":null,"detection":null,"createdTime":null,"timeWindow":null,"collectionElements":null,"tags":null}`,
	"lists of null":          `{"detection":[null],"collectionElements":[null,{"references":[null,{"event":null}]}],"tags":[null]}`,
	"numbers for text":       `{"id":1,"type":2,"detection":[{"ruleName":3,"ruleId":4,"severity":5,"summary":6}],"tags":[7],"createdTime":1748765000,"detectionTime":1e300}`,
	"text for numbers":       `{"detection":[{"riskScore":"85"}],"collectionElements":[{"references":[{"event":{"principal":{"port":"443","process":{"pid":"0x1a4"}},"target":{"port":"-1","file":{"fullPath":"","size":"1e9"}}}}]}]}`,
	"no numbers":             `{"detection":[{"riskScore":"NaN"}],"collectionElements":[{"references":[{"event":{"principal":{"port":"Infinity","ip":["::1"],"process":{"pid":"Inf"}},"target":{"file":{"fullPath":"/a","size":"nan"}}}}]}]}`,
	"big numbers":            `{"detection":[{"riskScore":1e300}],"collectionElements":[{"references":[{"event":{"principal":{"port":99999999999999999999,"hostname":"h","process":{"pid":4294967296}}}}]}]}`,
	"no times":               `{"createdTime":"yesterday","detectionTime":"2025-13-01T00:00:00Z","timeWindow":{"startTime":{},"endTime":[]}}`,
	"old times":              `{"createdTime":"0001-01-01T00:00:00Z","detectionTime":"1969-12-31T23:59:59Z"}`,
	"a rule for a list":      `{"id":"de_1","detection":{"ruleName":"r","severity":"low"},"collectionElements":{"references":{"event":{"principal":{"hostname":"h"}}}}}`,
	"lists for objects":      `{"id":["de_1"],"detection":[[{"ruleName":"r"}]],"timeWindow":[1],"collectionElements":[[{"references":[[1]]}]]}`,
	"objects for text":       `{"id":{"a":1},"type":{},"tags":{"a":1},"detection":[{"ruleName":{"b":2},"ruleLabels":{"key":"severity","value":"High"},"severity":{"c":3}}]}`,
	"an event that is text":  `{"collectionElements":[{"references":[{"event":"x"},{"event":["y"]},{"event":7}]}]}`,
	"nouns that are text":    `{"collectionElements":[{"references":[{"event":{"metadata":"m","principal":"p","target":["t"],"src":1,"network":"n","observer":true}}]}]}`,
	"parts that are text":    `{"collectionElements":[{"references":[{"event":{"principal":{"user":"u","process":"p","ip":"10.0.0.1","mac":"x","location":"l"},"target":{"file":"f","resource":"r","url":7},"network":{"dns":"d","http":"h","email":"e"}}}]}]}`,
	"addresses that are not": `{"collectionElements":[{"references":[{"event":{"principal":{"ip":["999.1.1.1","1.2.3","1.2.3.4.","::ffff:1.2.3.4","fe80::1%eth0","1::2::3",":::",7,null],"mac":["zz"]},"target":{"ip":[],"hostname":""}}}]}]}`,
	"addresses of any kind":  `{"collectionElements":[{"references":[{"event":{"principal":{"ip":["::","2001:db8::1","1:2:3:4:5:6:7:8","255.255.255.255"]}}}]}]}`,
	"odd outcomes":           `{"detection":[{"outcomes":[{"key":"k"}],"ruleLabels":[{"key":"severity"},{"value":"v"},{"key":7,"value":8},null,"x"],"variables":{"a":{}}}],"latencyMetrics":{},"detectionTimingDetails":"X"}`,
	"an unknown severity":    `{"detection":[{"severity":"Urgent"}]}`,
}

func TestOdd(t *testing.T) {
	for _, f := range bothFormats(t) {
		processor, bare := newProcessor(t, f.processor+": {}"), newProcessor(t, f.processor+": { original: false }")
		for name, body := range odd {
			t.Run(f.processor+"/"+name, func(t *testing.T) {
				text := process(t, processor, []byte(body))
				made := document(t, text)
				require.Empty(t, f.schema.check(made), "%s", text)
				parent, _, _ := strings.Cut(f.original, ".")
				require.Contains(t, made[parent], "detection")
				text = process(t, bare, []byte(body))
				require.Empty(t, f.schema.check(document(t, text)), "%s", text)
			})
		}
	}
}

// A finding has the message as text. A document has the JSON, and as text what is
// none. What is no UTF-8 has marks in the place of the rest.
func TestOriginal(t *testing.T) {
	findings, documents := newProcessor(t, "chronicle_ocsf: {}"), newProcessor(t, "chronicle_ecs: {}")
	for _, c := range []struct {
		body, text string
		json       any
	}{
		{"", "", ""},
		{"words", "words", "words"},
		{"[1]", "[1]", []any{json.Number("1")}},
		{"null", "null", "null"},
		{"\xff", "\ufffd", "\ufffd"},
		{"{\"id\":\"\xff\"}", "{\"id\":\"\ufffd\"}", map[string]any{"id": "\ufffd"}},
		{` { "id" : "a", "n": 1e400 }`, ` { "id" : "a", "n": 1e400 }`, map[string]any{"id": "a", "n": json.Number("1e400")}},
	} {
		text := process(t, findings, []byte(c.body))
		require.Equal(t, c.text, at(document(t, text), "unmapped.detection"))
		text = process(t, documents, []byte(c.body))
		require.Equal(t, c.json, at(document(t, text), own))
	}
}

// The severity is that of the first rule that has one, else the first label's.
func TestSeverity(t *testing.T) {
	findings, documents := newProcessor(t, "chronicle_ocsf: {}"), newProcessor(t, "chronicle_ecs: {}")
	for _, c := range []struct {
		rules    string
		id       string
		caption  string
		severity any
	}{
		{`{},{},{"severity":"High"},{"severity":"LOW"},{}`, "4", "High", json.Number("73")},
		{`{"ruleLabels":[{"key":"severity","value":"critical"}]},{"severity":"low"}`, "2", "Low", json.Number("21")},
		{`{"ruleLabels":[{"key":"author","value":"x"},{"key":"SEVERITY","value":"critical"}]}`, "5", "Critical", json.Number("99")},
		{`{"severity":"Info"}`, "1", "Informational", json.Number("10")},
		{`{"severity":"INFORMATIONAL"}`, "1", "Informational", json.Number("10")},
		{`{"severity":"NONE"}`, "1", "Informational", json.Number("0")},
		{`{"severity":"ERROR"}`, "0", "Unknown", nil},
		{`{"severity":"UNKNOWN_SEVERITY"}`, "0", "Unknown", nil},
		{`{"severity":"Urgent"}`, "99", "URGENT", nil},
		{`{}`, "0", "Unknown", nil},
	} {
		body := []byte(`{"detection":[` + c.rules + `]}`)
		text := process(t, findings, body)
		finding := document(t, text)
		require.Equal(t, json.Number(c.id), finding["severity_id"], c.rules)
		require.Equal(t, c.caption, finding["severity"], c.rules)
		text = process(t, documents, body)
		require.Equal(t, c.severity, at(document(t, text), "event.severity"), c.rules)
	}
}

// An event of 5 MB, and a detection with thousands of events.
func TestLarge(t *testing.T) {
	one := `{"event":{"metadata":{"id":"x"},"principal":{"hostname":"h","ip":["10.0.0.1"]},"raw_log":"%s"}}`
	long := fmt.Sprintf(`{"id":"de_1","collectionElements":[{"references":[%s]}]}`, fmt.Sprintf(one, strings.Repeat("x", 5<<20)))
	many := fmt.Sprintf(`{"id":"de_1","collectionElements":[{"references":[%s]}]}`,
		strings.TrimSuffix(strings.Repeat(fmt.Sprintf(one, "")+",", 20_000), ","))
	for _, f := range bothFormats(t) {
		processor := newProcessor(t, f.processor+": {}")
		for _, body := range []string{long, many} {
			text := process(t, processor, []byte(body))
			require.Empty(t, f.schema.check(document(t, text)))
			require.Less(t, len(text), len(body)*3/2+20_000)
		}
	}
}
