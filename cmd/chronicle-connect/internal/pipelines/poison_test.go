//go:build !minimal

package pipelines

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// withoutWaits are arguments that take the waits out of the retry output at path.
func withoutWaits(path string) []string {
	return []string{"--set", path + ".backoff.initial_interval=10ms", "--set", path + ".backoff.max_interval=50ms"}
}

// poison is one odd detection of each kind, all of which Chronicle's JSON can hold.
// The field "mark" names the kind.
func poison() map[string]string {
	long, deep := strings.Repeat("x", 10_000), strings.Repeat(`{"a":`, 1000)+"1"+strings.Repeat("}", 1000)
	ids := map[string]string{
		"control characters": `de_\u0001\u001b\u0085`,
		"line breaks":        `de_\r\nX-Evil: 1`,
		"NUL":                `de_\u0000`,
		"slashes and quotes": `de_/../\\\"'{}[]$!%00`,
		"10,000 characters":  long,
		"lone surrogate":     `de_\ud800`,
		"invalid UTF-8":      "de_\xff\xfe",
		"Unicode":            "de_ü\u2028😀",
		"empty":              "",
	}
	all := map[string]string{
		"no id":              `{"detection":[{"ruleName":"no id"}]`,
		"an id that is none": `{"id":{"a":1}`,
		"nesting":            `{"id":"de_deep","outcomes":` + deep,
		"rule name":          `{"id":"de_rule","detection":[{"ruleId":"ru_/../\r\n\u0000","ruleName":"` + long + `\r\n/\"ü\ud800"}]`,
		"odd shapes":         `{"id":"de_odd","detection":"none","createdTime":5,"collectionElements":{},"detectionTime":"never"`,
	}
	for kind, id := range ids {
		all["id: "+kind] = `{"id":"` + id + `","detection":[{"ruleId":"ru_1","ruleName":"a rule"}]`
	}
	for kind, detection := range all {
		all[kind] = detection + fmt.Sprintf(`,"mark":%q}`, "mark of "+kind)
	}
	return all
}

// provePoison sends each odd detection between two good ones, and expects all of
// them delivered, or kept with a reason: what has is the text of all that arrived.
// more are further odd ones.
func provePoison(t *testing.T, server *chronicletest.Server, d *programtest.Deployment, more map[string]string, has func() string) {
	t.Helper()
	odd := poison()
	maps.Copy(odd, more)
	var last time.Time
	var marks []string
	for kind, detection := range odd {
		good := fmt.Sprintf(`{"id":"de_good_%d","mark":%q}`, len(marks), "mark behind "+kind)
		last = server.Append(json.RawMessage(detection), json.RawMessage(good))
		marks = append(marks, "mark of "+kind, "mark behind "+kind)
	}
	process := d.Start()
	waiting.For(t, "all detections to be settled", func() bool { return d.Stored().Equal(last) })
	process.Stop()
	arrived := has()
	kept := ""
	for _, record := range refusedBy(t, d, false) {
		require.NotEmpty(t, record.Reason)
		kept += record.body(t)
	}
	for _, mark := range marks {
		require.True(t, strings.Contains(arrived, mark) || strings.Contains(kept, mark), "%s is lost", mark)
		if strings.HasPrefix(mark, "mark behind ") {
			require.Contains(t, arrived, mark)
		}
	}
}

// A refusal is a line of a file of refused messages.
type refusal struct {
	Pipeline, Reason, ID, Detection, Encoding string
	Destination                               map[string]string
}

func (r refusal) body(t *testing.T) string {
	t.Helper()
	if r.Encoding != "base64" {
		require.Equal(t, "utf-8", r.Encoding)
		return r.Detection
	}
	body, err := base64.StdEncoding.DecodeString(r.Detection)
	require.NoError(t, err)
	return string(body)
}

// refusedBy reads the files of refused messages of a deployment, of which there have
// to be some.
func refusedBy(t *testing.T, d *programtest.Deployment, some bool) (all []refusal) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(d.StateDir, "*_refused.jsonl"))
	require.NoError(t, err)
	for _, path := range paths {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		lines := bufio.NewScanner(bytes.NewReader(text))
		lines.Buffer(nil, 1<<28)
		for lines.Scan() {
			var r refusal
			require.NoError(t, json.Unmarshal(lines.Bytes(), &r), "%.300s", lines.Text())
			all = append(all, r)
		}
		require.NoError(t, lines.Err())
	}
	require.False(t, some && len(all) == 0, "nothing was kept")
	return all
}
