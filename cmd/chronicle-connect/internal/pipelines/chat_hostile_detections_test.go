//go:build !minimal

package pipelines

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// hostile are detections as nobody should send them.
func hostile(t *testing.T) []json.RawMessage {
	t.Helper()
	long := map[string]string{
		"ascii": strings.Repeat("a", 5000),
		"quote": strings.Repeat(`"\`, 2500),
		"amp":   strings.Repeat("&", 5000),
		"tick":  strings.Repeat("`", 5000),
		"wide":  strings.Repeat("漢", 5000),
		"emoji": strings.Repeat("😀", 5000),
		"odd":   "x" + strings.Repeat("<😀&", 2000),
		"nul":   strings.Repeat("\x00\n\x7f\u202e", 2000),
		"lone":  "a",
		"mixed": "<!channel> <users/all> &amp; `*_~ \u202etxt.exe\u0000 |>",
		"none":  "",
	}
	var detections []json.RawMessage
	add := func(detection any) {
		text, err := json.Marshal(detection)
		require.NoError(t, err)
		detections = append(detections, text)
	}
	for name, text := range long {
		var pairs []map[string]any
		for i := range 15 {
			pairs = append(pairs, map[string]any{"key": text + fmt.Sprint(i), "value": text, "source": text})
		}
		noun := map[string]any{"hostname": text, "ip": []string{text + "1", text + "2", text + "3", text + "4"}, "user": map[string]any{
			"userid": text, "userDisplayName": text + "0", "emailAddresses": []string{text + "5", text + "6"},
		}, "asset": map[string]any{"hostname": text + "7", "ip": text}}
		add(map[string]any{
			"id": text + name, "type": text, "detectionTime": text, "createdTime": text,
			"timeWindow": map[string]any{"startTime": text, "endTime": text},
			"detection": []any{map[string]any{
				"ruleName": text, "ruleId": text, "ruleVersion": text, "severity": text, "ruleType": text,
				"riskScore": text, "summary": text, "description": text, "ruleSet": text, "ruleSetDisplayName": text,
				"urlBackToProduct": "https://example.test/?" + name + "=" + strings.ReplaceAll(text, "\x00", ""),
				"detectionFields":  pairs, "outcomes": pairs, "ruleLabels": pairs,
			}},
			"collectionElements": []any{map[string]any{"references": []any{map[string]any{"event": map[string]any{
				"metadata":  map[string]any{"eventType": text, "vendorName": text, "productName": text},
				"principal": noun, "src": noun, "target": noun,
			}}}}},
		})
	}
	for _, odd := range []string{
		`{}`, `{"id":null}`, `{"detection":[]}`, `{"detection":{}}`, `{"detection":[null]}`,
		`{"id":["x"],"type":{},"detectionTime":5,"detection":[{"ruleName":7,"ruleVersion":{"n":1},"severity":["HIGH"],"riskScore":null,"urlBackToProduct":5,"detectionFields":"none","outcomes":{"a":1},"ruleLabels":[null,"x",{"key":"severity"}]}],"timeWindow":{"endTime":5},"collectionElements":{"references":"none"}}`,
		`{"detection":[{"severity":"high","detectionFields":[null,7,"x",{},{"key":null,"value":null},{"key":{"a":1},"value":[1,2]}],"outcomes":[[]],"urlBackToProduct":"javascript:alert(1)"}],"timeWindow":"soon","collectionElements":[null,{"references":null},{"references":[null,{"event":null},{"event":"a string"}]}]}`,
		`{"detection":[{"ruleName":"n","urlBackToProduct":"https://example.test/|x>"}],"collectionElements":[{"references":[{"event":{"metadata":[],"principal":"p","src":[1],"target":{"user":"u","asset":7,"ip":null,"hostname":["a",["b"]]}}}]}]}`,
		`{"detection":[{"ruleName":"n","urlBackToProduct":"https:// example.test"}],"collectionElements":[{"references":[{"event":{}}]}]}`,
		`{"detection":[{"ruleName":"n","urlBackToProduct":"https:"}],"collectionElements":[{"references":[{"event":{"metadata":{"eventType":null},"principal":{"hostname":"","ip":[null,""]}}}]}]}`,
		"{\"id\":\"de_\xff\xfe\",\"detection\":[{\"ruleName\":\"\xed\xa0\x80\"}]}",
		`{"id":"de_deep","detection":[{"outcomes":` + strings.Repeat(`[`, 1000) + strings.Repeat(`]`, 1000) + `}]}`,
		`{"big":12345678901234567890,"detection":[{"riskScore":1e400,"ruleName":"\ud800"}]}`,
	} {
		detections = append(detections, json.RawMessage(odd))
	}
	return detections
}

// Whatever comes, alone, with others, or in a large batch, becomes posts that are
// within the limits and can't do more than be read.
func TestChatLimits(t *testing.T) {
	t.Parallel()
	all := hostile(t)
	require.Less(t, len(all), 100, "they have to be listed")
	require.Greater(t, len(all), 10, "they have to share posts")
	var many []json.RawMessage
	for i := range 300 {
		text := strings.Repeat("<漢😀&\"", 300)
		many = append(many, json.RawMessage(fmt.Sprintf(`{"id":"de_%d","detection":[{"ruleName":"%[1]d %s","ruleId":"%[2]s","severity":"LOW"}]}`, i%250, strings.ReplaceAll(text, `"`, `\"`))))
	}
	for _, chat := range chats {
		t.Run(chat.config, func(t *testing.T) {
			server := chronicletest.NewServer()
			defer server.Close()
			for _, detection := range all {
				server.Append(detection)
			}
			server.Append(again(all)...)
			server.Append(many...)
			room := servers.NewChatroom(t, false, chat.check)
			d := programtest.DeployFile(t, server, chat.config, chat.variable+"="+room.URL())
			d.Args = append(d.Args, quickly...)
			p := d.Start()
			posts := len(all) + (len(all)+2)/3 + 1
			waiting.For(t, "all posts", func() bool { return room.Judged() >= posts })
			p.Stop()
			room.RequireNoneRefused()
			require.Len(t, room.Taken(), posts)
			require.NotContains(t, p.Log.String(), "level=error")
			refused, err := filepath.Glob(filepath.Join(d.StateDir, "*_refused.jsonl"))
			require.NoError(t, err)
			require.Empty(t, refused)
			if path := os.Getenv("CHRONICLE_CONNECT_TEST_POSTS"); path != "" {
				require.NoError(t, os.WriteFile(filepath.Join(path, chat.config+".jsonl"), joinLines(room.Taken()), 0o600))
			}
		})
	}
}

// again is the same detections, but for a key, since what is entirely the same is
// a replay to the input.
func again(detections []json.RawMessage) (changed []json.RawMessage) {
	for _, detection := range detections {
		text := `{"again":true,` + string(detection[1:])
		changed = append(changed, json.RawMessage(strings.Replace(text, ",}", "}", 1)))
	}
	return changed
}

func joinLines(posts [][]byte) (lines []byte) {
	for _, post := range posts {
		lines = append(append(lines, post...), '\n')
	}
	return lines
}
