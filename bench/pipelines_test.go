package main

import (
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A pipeline that is new is measured, or the table says why it isn't.
func TestEveryPipelineIsInTheTable(t *testing.T) {
	paths, err := filepath.Glob("../config/*.yaml")
	if err != nil || len(paths) == 0 {
		t.Fatalf("got the pipelines %q with error %v, want some", paths, err)
	}
	var files, listed []string
	for _, path := range paths {
		if !strings.HasSuffix(path, "_benthos_test.yaml") {
			files = append(files, strings.TrimSuffix(filepath.Base(path), ".yaml"))
		}
	}
	for _, p := range pipelines {
		if (p.left == "") == (p.to == "") {
			t.Errorf("%s: it has either a destination or a reason why it isn't measured", p.name)
		}
		listed = append(listed, p.name)
	}
	slices.Sort(files)
	slices.Sort(listed)
	if !slices.Equal(files, listed) {
		t.Errorf("the table has the pipelines %q, want those of config/, %q", listed, files)
	}
}

func TestDestinationSaysYes(t *testing.T) {
	d := newDestination()
	defer d.close()
	for _, c := range []struct{ method, place, body, want string }{
		{http.MethodPost, webhookPlace, "{}", ""},
		{http.MethodPost, slackPlace, "{}", "ok"},
		{http.MethodPost, googleChatPlace + "?key=k&token=t", "{}", `{"name":"spaces/bench/messages/1"}`},
		{http.MethodPost, "/services/collector/event", "{}", `{"text":"Success","code":0}`},
		{http.MethodPut, "/bench/date=2026-11-26/a.jsonl.gz?x-id=PutObject", "{}", ""},
		{http.MethodPost, "/upload/storage/v1/b/bench/o?name=a&uploadType=multipart", "{}", `{"bucket":"bench","name":"bench","generation":"1"}`},
		{
			http.MethodPost, "/_bulk", `{"index":{"_index":"i","_id":"de_1"}}` + "\n{}\n" + `{"index":{"_index":"i","_id":"de_2"}}` + "\n{}\n",
			`{"took":1,"errors":false,"items":[` +
				`{"index":{"_index":"i","_id":"de_1","_version":1,"result":"created","status":201}},` +
				`{"index":{"_index":"i","_id":"de_2","_version":1,"result":"created","status":201}}]}`,
		},
	} {
		req, err := http.NewRequestWithContext(t.Context(), c.method, d.URL+c.place, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		res, err := d.Client().Do(req)
		if err != nil {
			t.Fatal(err)
		}
		got, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		if err := res.Body.Close(); err != nil {
			t.Fatal(err)
		}
		if res.StatusCode != http.StatusOK || string(got) != c.want {
			t.Errorf("%s %s: got %s and %q, want 200 and %q", c.method, c.place, res.Status, got, c.want)
		}
	}
	if got := d.requests.Load(); got != 7 {
		t.Errorf("it counted %d requests, want 7", got)
	}
	if _, err := bulkAnswer(strings.NewReader(`{"index":{}}`)); err == nil {
		t.Error("an action without its document passes for whole")
	}
}

func TestPassageTable(t *testing.T) {
	l := load{Total: 40e6, Detection: 4000, Batch: 100}
	before := passage{pipeline: shipped{name: "http", to: "a webhook"}, config: "before", load: l, usage: usage{2, 1, 100e6}, Requests: 10_000}
	after := before
	after.config, after.Seconds = "after", 4
	table := passageTable([]passage{before, after, {pipeline: shipped{name: "kafka", left: "it wants a broker"}}})
	for _, want := range []string{
		"| before/http.yaml | a webhook | 10000 | 100 | 10000 | 2.00 | 5000 | 20 | 1.00 | 100 |\n",
		"| after/http.yaml | a webhook | 10000 | 100 | 10000 | 4.00 | 2500 | 10 | 1.00 | 100 |\n",
		"- kafka.yaml: it wants a broker.\n",
	} {
		if !strings.Contains(table, want) {
			t.Errorf("the table has no %q:\n%s", want, table)
		}
	}
	if table := passageTable([]passage{before}); !strings.Contains(table, "| http.yaml |") {
		t.Errorf("one directory alone is named:\n%s", table)
	}
}

func TestChoose(t *testing.T) {
	chosen, err := choose("slack,http")
	if err != nil || len(chosen) != 2 || chosen[0].name != "slack" || chosen[1].name != "http" {
		t.Errorf("got %v with error %v, want slack and http", chosen, err)
	}
	if all, err := choose("all"); err != nil || len(all) != len(pipelines) {
		t.Errorf("all are %d with error %v, want %d", len(all), err, len(pipelines))
	}
	if _, err := choose("slak"); err == nil {
		t.Error("a name that is none passes")
	}
}
