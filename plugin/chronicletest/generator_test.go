package chronicletest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestGeneratorSizes(t *testing.T) {
	for _, size := range []int{1000, 1024, 1500, 2000, 2599, 2600, 2601, 4000, 4096, 10_000, 33_333, 100_000} {
		for _, d := range chronicletest.NewGenerator(uint64(size)).Detections(200, size) {
			if off := len(d) - size; off*20 > size || off*20 < -size {
				t.Errorf("%d bytes, want %d within 5 %%: %s", len(d), size, d)
			}
			if !json.Valid(d) || bytes.ContainsAny(d, "\r\n") {
				t.Fatalf("not JSON on one line: %s", d)
			}
		}
	}
	for _, size := range []int{-1, 0, 1} {
		if d := chronicletest.NewGenerator(1).Detection(size); !json.Valid(d) || len(d) > 1050 {
			t.Errorf("%d: %s", size, d)
		}
	}
}

func TestGeneratorIsDeterministic(t *testing.T) {
	for _, size := range []int{1000, 4000, 20_000} {
		one, again := chronicletest.NewGenerator(7), chronicletest.NewGenerator(7)
		other, later := chronicletest.NewGenerator(8), chronicletest.NewGenerator(7)
		later.Base = later.Base.Add(time.Hour)
		for range 50 {
			d := one.Detection(size)
			if !bytes.Equal(d, again.Detection(size)) {
				t.Fatal("the same seed gives other bytes")
			}
			if bytes.Equal(d, other.Detection(size)) || bytes.Equal(d, later.Detection(size)) {
				t.Fatal("another seed or base gives the same bytes")
			}
		}
	}
}

func TestGeneratorDetectionCreatedAt(t *testing.T) {
	created := time.Date(2026, time.March, 9, 8, 0, 0, 0, time.UTC)
	g := chronicletest.NewGenerator(7)
	for range 50 {
		var d detection
		if err := json.Unmarshal(g.DetectionCreatedAt(created, 4000), &d); err != nil {
			t.Fatal(err)
		}
		if before := created.Sub(d.DetectionTime); !d.CreatedTime.Equal(created) || before < time.Minute || before > 7*time.Hour {
			t.Errorf("created at %s of what happened at %s, want %s and some hours before", d.CreatedTime, d.DetectionTime, created)
		}
	}
}

// detection is what clients look at.
type detection struct {
	Type      string
	ID        string
	Detection []struct {
		RuleName, RuleID, RuleVersion, URLBackToProduct, AlertState, RuleType string
		Summary, Description, Severity, RuleSet, RuleSetDisplayName           string
		RiskScore                                                             int
		RuleLabels, Outcomes, DetectionFields                                 []struct{ Key, Value, Source string }
	}
	CreatedTime, DetectionTime time.Time
	TimeWindow                 struct{ StartTime, EndTime time.Time }
	CollectionElements         []struct {
		Label      string
		References []struct {
			Event struct {
				Metadata                                                    struct{ EventType string }
				Principal, Target, Src, SecurityResult, Network, Additional any
			}
		}
	}
}

func TestGeneratorsDetections(t *testing.T) {
	const n, size = 2000, 6000
	uuid := `[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}`
	id := regexp.MustCompile("^de_" + uuid + "$")
	version := regexp.MustCompile("^ru_" + uuid + `@v_\d+_\d{9}$`)
	g := chronicletest.NewGenerator(1)
	ids, rules, events, severities := map[string]bool{}, map[string]bool{}, map[string]int{}, map[string]bool{}
	types := map[string]int{}
	var all strings.Builder
	for i, text := range g.Detections(n, size) {
		all.Write(text)
		var d detection
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		if ids[d.ID] || !id.MatchString(d.ID) {
			t.Fatalf("id %q", d.ID)
		}
		ids[d.ID] = true
		types[d.Type]++
		rule := d.Detection[0]
		rules[rule.RuleName] = true
		if at := g.Base.Add(time.Duration(i) * time.Second); !d.DetectionTime.Equal(at) || d.CreatedTime.Before(at) ||
			d.TimeWindow.EndTime.Before(d.TimeWindow.StartTime) {
			t.Fatalf("times of %s", text)
		}
		if len(d.Detection) != 1 || rule.URLBackToProduct == "" || rule.AlertState != "ALERTING" || rule.RiskScore == 0 ||
			len(rule.Outcomes) == 0 || len(rule.DetectionFields) == 0 {
			t.Fatalf("rule of %s", text)
		}
		switch d.Type {
		case "RULE_DETECTION":
			if !version.MatchString(rule.RuleVersion) || !strings.HasPrefix(rule.RuleVersion, rule.RuleID+"@") || rule.Severity != "" {
				t.Fatalf("custom rule of %s", text)
			}
			for _, label := range rule.RuleLabels {
				if strings.EqualFold(label.Key, "severity") {
					severities[label.Key+"="+label.Value] = true
				}
			}
		case "GCTI_FINDING":
			if rule.RuleVersion != "" || rule.Severity == "" || rule.Summary == "" || rule.RuleSet == "" || rule.RuleSetDisplayName == "" {
				t.Fatalf("curated rule of %s", text)
			}
		}
		for _, element := range d.CollectionElements {
			for _, reference := range element.References {
				e := reference.Event
				events[e.Metadata.EventType]++
				for noun, v := range map[string]any{
					"principal": e.Principal, "target": e.Target, "src": e.Src,
					"securityResult": e.SecurityResult, "network": e.Network, "additional": e.Additional,
				} {
					if v != nil {
						events[noun]++
					}
				}
			}
		}
	}
	if share := float64(types["RULE_DETECTION"]) / n; len(types) != 2 || share < 0.7 || share > 0.8 {
		t.Errorf("types %v", types)
	}
	if len(rules) < 5 || len(severities) < 5 {
		t.Errorf("rules %v, severities %v", rules, severities)
	}
	for _, want := range []string{
		"PROCESS_LAUNCH", "NETWORK_CONNECTION", "USER_LOGIN", "EMAIL_TRANSACTION", "FILE_CREATION",
		"NETWORK_DNS", "principal", "target", "src", "securityResult", "network", "additional",
	} {
		if events[want] == 0 {
			t.Errorf("no %s among %v", want, events)
		}
	}
	for _, want := range []string{`\n`, `\"`, `\u00e9`, `\\`, `\ud83d\ude00`, "é", "李雷", "😀", "<script>", "&"} {
		if !strings.Contains(all.String(), want) {
			t.Errorf("no %s in any string", want)
		}
	}
}

func BenchmarkGenerator(b *testing.B) {
	for _, size := range []int{1000, 4000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			g := chronicletest.NewGenerator(1)
			b.SetBytes(int64(size))
			for b.Loop() {
				g.Detection(size)
			}
		})
	}
}
