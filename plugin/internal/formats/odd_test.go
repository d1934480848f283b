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
	"the same name twice":    `{"id":"de_1","id":["de_2"],"detection":[],"detection":{"ruleName":"r","ruleName":null}}`,
	"empty texts":            `{"id":"","type":"","tags":["",null],"createdTime":"","detection":[{"ruleName":"","ruleId":"","severity":"","summary":"","ruleLabels":[{"key":"","value":""}]}],"collectionElements":[{"references":[{"event":{"metadata":{"id":"","eventType":""},"principal":{"hostname":"","ip":[""],"user":{"userid":"","emailAddresses":[""]},"process":{"pid":""}},"target":{"url":"","file":{"fullPath":"","md5":""}},"network":{"ipProtocol":"","email":{"from":"","to":[""]},"dns":{"questions":[{"name":""}]}}}}]}]}`,
	"times in odd forms":     `{"createdTime":"2025-06-01T08:00:00.123456789+14:00","detectionTime":"2025-06-01 08:00:00","timeWindow":{"startTime":1748765000123,"endTime":"+12025-06-01T00:00:00Z"},"lastUpdatedTime":-1}`,
	"hashes of odd length":   `{"collectionElements":[{"references":[{"event":{"target":{"file":{"fullPath":"/a","md5":"d41d8","sha1":"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709","sha256":"zz"}}}}]}]}`,
	"URLs of odd forms":      `{"collectionElements":[{"references":[{"event":{"target":{"url":"c2.example:8443/a?b=1"}}},{"event":{"target":{"url":"mailto:a@b.example"}}},{"event":{"target":{"url":"http://[::1"}}},{"event":{"target":{"url":"host.example:99999"}}},{"event":{"target":{"url":"%zz"}}},{"event":{"target":{"url":["x"]}}}]}]}`,
	"too deep":               `{"id":"de_1","a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
	"deep":                   `{"id":"de_1","a":` + strings.Repeat(`{"a":[`, 2_000) + strings.Repeat("]}", 2_000) + `}`,
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

// What a rule says of MITRE ATT&CK is found in any case, in tags and in labels, by an
// identifier or by a tactic's name.
func TestAttack(t *testing.T) {
	findings, documents := newProcessor(t, "chronicle_ocsf: {}"), newProcessor(t, "chronicle_ecs: {}")
	execution := map[string]any{"uid": "TA0002", "name": "Execution"}
	for _, c := range []struct {
		body                string
		attacks             []any
		tactics, techniques any
	}{
		{`{"tags":["attack.t1059.001","ta0002"]}`, []any{map[string]any{
			"tactic": execution, "technique": map[string]any{"uid": "T1059"}, "sub_technique": map[string]any{"uid": "T1059.001"},
		}}, []any{"TA0002"}, []any{"T1059"}},
		{`{"tags":["attack.execution"]}`, []any{map[string]any{"tactic": execution}}, []any{"TA0002"}, nil},
		{`{"tags":["execution time"]}`, nil, nil, nil},
		{`{"detection":[{"ruleLabels":[{"key":"MITRE_technique","value":"t1566 - Phishing"},{"key":"Tactic","value":"EXECUTION"}]}]}`, []any{map[string]any{
			"tactic": execution, "technique": map[string]any{"uid": "T1566", "name": "Phishing"},
		}}, []any{"TA0002"}, []any{"T1566"}},
		{`{"detection":[{"ruleLabels":[{"key":"technique"},{"key":"tactic","value":null}]}]}`, nil, nil, nil},
	} {
		text := process(t, findings, []byte(c.body))
		attacks, _ := at(document(t, text), "finding_info.attacks").([]any)
		require.Equal(t, c.attacks, attacks, c.body)
		text = process(t, documents, []byte(c.body))
		require.Equal(t, c.tactics, at(document(t, text), "threat.tactic.id"), c.body)
		require.Equal(t, c.techniques, at(document(t, text), "threat.technique.id"), c.body)
	}
}

// A URL may come without its scheme, and as none at all.
func TestURLs(t *testing.T) {
	findings, documents := newProcessor(t, "chronicle_ocsf: {}"), newProcessor(t, "chronicle_ecs: {}")
	for _, c := range []struct{ url, scheme, host, port, path, query string }{
		{"https://user:pw@example.com:8443/p?q=1#f", "https", "example.com", "8443", "/p", "q=1"},
		{"c2.example/a?b=1", "", "c2.example", "", "/a", "b=1"},
		{"c2.example:8080", "", "c2.example", "8080", "", ""},
		{"http://[::1]:80/", "http", "[::1]", "80", "/", ""},
		{"/only/a/path", "", "", "", "/only/a/path", ""},
		{"http://example.com:99999/", "http", "example.com", "", "/", ""},
		{"http://[::1", "", "", "", "", ""},
		{"mailto:a@b.example", "mailto", "", "", "", ""},
	} {
		body, err := json.Marshal(map[string]any{"collectionElements": map[string]any{"references": map[string]any{"event": map[string]any{
			"target": map[string]any{"url": c.url},
		}}}})
		require.NoError(t, err)
		text := process(t, findings, body)
		finding := document(t, text)
		require.Equal(t, c.url, at(finding, "evidences.0.url.url_string"))
		text = process(t, documents, body)
		made := document(t, text)
		require.Equal(t, c.url, at(made, "url.original"))
		for names, want := range map[string]string{
			"scheme scheme": c.scheme, "hostname domain": c.host, "port port": c.port, "path path": c.path, "query_string query": c.query,
		} {
			ofFinding, ofDocument, _ := strings.Cut(names, " ")
			for _, got := range []any{at(finding, "evidences.0.url."+ofFinding), at(made, "url."+ofDocument)} {
				if got == nil {
					got = ""
				}
				require.Equal(t, want, fmt.Sprint(got), "%s of %s", names, c.url)
			}
		}
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
