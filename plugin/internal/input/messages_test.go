package input_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestDetectionsBecomeMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent := chronicletest.NewGenerator(1).Detections(5, 2000)
		at := r.Server.Append(sent...)
		p := r.Start(rig.Settings{"start_time": "1h"})

		batch, ack := p.Read()
		require.Equal(t, rig.Texts(sent), rig.Bodies(t, batch))
		require.NoError(t, ack(t.Context(), nil))
		got, _ := batch[0].MetaGet("chronicle_continuation_time")
		require.Equal(t, rig.RFC3339(at), got)
	})
}

func TestMetadata(t *testing.T) {
	for _, test := range []struct {
		name, detection string
		want            map[string]string
	}{
		{
			"rule detection", `{"type":"RULE_DETECTION","detection":[{"ruleName":"r","ruleId":"ru_1","ruleLabels":[{"key":"severity","value":"Medium"}]}],"id":"de_1","detectionTime":"2026-03-01T10:30:00Z"}`,
			map[string]string{"chronicle_detection_id": "de_1", "chronicle_detection_type": "RULE_DETECTION", "chronicle_detection_time": "2026-03-01T10:30:00Z", "chronicle_rule_id": "ru_1", "chronicle_rule_name": "r", "chronicle_severity": "MEDIUM"},
		},
		{
			"curated detection", `{"type":"GCTI_FINDING","detection":[{"ruleName":"c","ruleId":"ur_1","severity":"HIGH"}],"id":"de_2"}`,
			map[string]string{"chronicle_detection_id": "de_2", "chronicle_detection_type": "GCTI_FINDING", "chronicle_rule_id": "ur_1", "chronicle_rule_name": "c", "chronicle_severity": "HIGH"},
		},
		{"bare", `{}`, map[string]string{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				at := r.Server.Append([]byte(test.detection))
				p := r.Start(rig.Settings{"start_time": "1h"})
				batch, ack := p.Read()
				require.NoError(t, ack(t.Context(), nil))
				got := map[string]string{}
				require.NoError(t, batch[0].MetaWalk(func(key, value string) error {
					got[key] = value
					return nil
				}))
				test.want["chronicle_continuation_time"] = rig.RFC3339(at)
				test.want["chronicle_source"] = "stream"
				require.Equal(t, test.want, got)
			})
		})
	}
}

// Elements that are not detections move the position and are no messages.
func TestControlElements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		later := func(d time.Duration) string { return rig.RFC3339(time.Now().Add(d)) }
		for _, element := range []string{
			`{"continuationTime":"` + later(1*time.Second) + `"}`,
			`{"detections":[],"continuationTime":"` + later(2*time.Second) + `"}`,
			`{"heartbeat":true,"continuationTime":"` + later(3*time.Second) + `"}`,
			`{}`,
			`{"quota":{"left":7}}`,
		} {
			r.Server.AppendElement([]byte(element))
		}
		want := later(3 * time.Second)
		go func() {
			rig.Pass(40 * time.Second)
			r.Server.Append([]byte(`{"id":"de_1"}`))
		}()
		batch, _ := p.Read()
		require.Equal(t, []string{`{"id":"de_1"}`}, rig.Bodies(t, batch))
		synctest.Wait()
		require.Equal(t, want, r.Stored(), "what is before the unacknowledged batch")
		require.EqualValues(t, 3, p.Metrics.Value("chronicle_heartbeats"), "one with a position, two by the clock")
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_unknown_elements"))
		require.EqualValues(t, 3, p.Metrics.Value("chronicle_detection_batches"))
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_detections"))
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_connected"))
		require.Len(t, r.Asked(), 1, "no reconnection")
	})
}

func TestQuietWhenAllIsWell(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		r.Server.Append([]byte(`{"id":"de_1"}`))
		p.Deliver()
		rig.Pass(10 * time.Minute)
		lines := p.Logs.Above()
		require.Len(t, lines, 2, "at the start, and never after it")
		require.Contains(t, lines[0], "Reading begins now: no position is stored")
		require.Contains(t, lines[1], "is now active", "from Benthos")
		require.Greater(t, p.Metrics.Value("chronicle_lag_seconds"), 590.0, "follows the clock")
		require.Zero(t, p.Metrics.Value("chronicle_uncommitted_seconds"))
	})
}

// However large, a detection batch within the limits is one message batch.
func TestBatchLimits(t *testing.T) {
	for _, test := range []struct {
		name string
		set  rig.Settings
		want []int
	}{
		{"within", rig.Settings{"max_batch_count": 10}, []int{10}},
		{"more than the most", rig.Settings{"max_batch_count": 4}, []int{4, 4, 2}},
		{"no limits", rig.Settings{"max_batch_count": 0, "max_batch_bytes": 0, "checkpoint_limit": 1}, []int{10}},
		{"bytes", rig.Settings{"max_batch_bytes": 5000}, []int{2, 2, 2, 2, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				sent := chronicletest.NewGenerator(2).Detections(10, 2000)
				r.Server.Append(sent...)
				test.set["start_time"] = "1h"
				p := r.Start(test.set)
				var got []string
				for _, n := range test.want {
					bodies := p.Deliver()
					require.Len(t, bodies, n)
					got = append(got, bodies...)
				}
				require.Equal(t, rig.Texts(sent), got)
			})
		})
	}
}

// The parts of a detection batch are numbered, those that the pipeline has had before
// included. What comes as a whole has no number.
func TestBatchParts(t *testing.T) {
	cutBehindThree := chronicletest.Step{AfterBytes: 3*2000 + 500, Then: chronicletest.Cut}
	for _, test := range []struct {
		name       string
		set        rig.Settings
		detections []int // of each detection batch
		steps      []chronicletest.Step
		want       []string // of each message batch
	}{
		{"whole", nil, []int{4, 1}, nil, []string{"", ""}},
		{"bytes", rig.Settings{"max_batch_bytes": 5000}, []int{5, 2, 3}, nil, []string{"1", "2", "3", "", "1", "2"}},
		{"count", rig.Settings{"max_batch_count": 2}, []int{5, 2, 3}, nil, []string{"1", "2", "3", "", "1", "2"}},
		{"no limits", rig.Settings{"max_batch_count": 0, "max_batch_bytes": 0}, []int{1001}, nil, []string{""}},
		{"after a cut", rig.Settings{"max_batch_bytes": 3000}, []int{4}, []chronicletest.Step{cutBehindThree}, []string{"1", "2", "3", "4"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				r.Server.Script(test.steps...)
				g := chronicletest.NewGenerator(2)
				begin := time.Now().Add(-time.Hour)
				for i, n := range test.detections {
					r.Server.AppendAt(begin.Add(time.Duration(i)*time.Minute), g.Detections(n, 2000)...)
				}
				set := rig.Settings{"start_time": "2h"}
				maps.Copy(set, test.set)
				p := r.Start(set)
				for i, want := range test.want {
					batch, ack := p.Read()
					require.NoError(t, ack(t.Context(), nil))
					for _, m := range batch {
						part, found := m.MetaGet("chronicle_batch_part")
						require.Equal(t, want, part, "batch %d", i)
						require.Equal(t, want != "", found)
					}
				}
				require.EqualValues(t, len(test.steps), p.Metrics.Value("chronicle_reconnects", "cut"))
			})
		})
	}
}

// At most four times max_batch_bytes are unacknowledged. A detection that is larger
// than that comes alone.
func TestBytesInFlight(t *testing.T) {
	for _, replay := range []bool{true, false} {
		for _, test := range []struct {
			name     string
			maxBytes int
			sizes    []int // of the detections
			want     []int // how many come before anything is acknowledged
		}{
			{"within", 10_000, []int{9000, 9000, 9000, 9000, 4000}, []int{1, 1, 1, 1, 1}},
			{"one byte too many", 10_000, []int{9000, 9000, 9000, 9000, 4001}, []int{1, 1, 1, 1}},
			{"without a limit", 0, []int{90_000, 90_000, 90_000}, []int{3}},
			{"larger than the limit", 1000, []int{50_000, 100}, []int{1}},
		} {
			t.Run(test.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rig.New(t)
					var sent []json.RawMessage
					for i, size := range test.sizes {
						sent = append(sent, detectionOf(i, size))
					}
					r.Server.Append(sent...)
					p := r.Start(rig.Settings{"start_time": "1h", "max_batch_bytes": test.maxBytes, "auto_replay_nacks": replay})
					var got []string
					var acks []service.AckFunc
					for _, n := range test.want {
						batch, ack := p.Read()
						acks = append(acks, ack)
						require.Len(t, batch, n)
						got = append(got, rig.Bodies(t, batch)...)
					}
					if len(got) < len(sent) {
						ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
						defer cancel()
						_, _, err := p.Input.ReadBatch(ctx)
						require.ErrorIs(t, err, context.DeadlineExceeded, "reading waits")
					}
					for _, ack := range acks {
						require.NoError(t, ack(t.Context(), nil))
					}
					got = append(got, p.DeliverAll(len(sent)-len(got))...)
					require.Equal(t, rig.Texts(sent), got)
				})
			})
		}
	}
}

// detectionOf is a detection of so many bytes.
func detectionOf(id, size int) json.RawMessage {
	text := fmt.Sprintf(`{"id":"de_%d","padding":""}`, id)
	return json.RawMessage(strings.Replace(text, `""`, `"`+strings.Repeat("x", size-len(text))+`"`, 1))
}
