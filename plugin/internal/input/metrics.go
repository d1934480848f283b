package input

import "github.com/redpanda-data/benthos/v4/public/service"

// metrics are the input's own, beside those of every Benthos input. Their names
// are part of people's dashboards and must not change.
type metrics struct {
	heartbeats         *service.MetricCounter
	detectionBatches   *service.MetricCounter
	detections         *service.MetricCounter
	searched           *service.MetricCounter
	duplicatesDropped  *service.MetricCounter
	reconnects         *service.MetricCounter
	unknownElements    *service.MetricCounter
	checkpointWrites   *service.MetricCounter
	checkpointFailures *service.MetricCounter
	foreignPositions   *service.MetricCounter
	rejected           *service.MetricCounter
	skippedSeconds     *service.MetricCounter
	skippedRules       *service.MetricGauge

	// lagSeconds is now less the newest position that was read. On a quiet
	// account it grows though nothing is wrong: heartbeats have no position, and
	// the newest one that there is grows old.
	lagSeconds         *service.MetricGauge
	uncommittedSeconds *service.MetricGauge
	// oldestUnackedSeconds is the age of the oldest message in flight.
	oldestUnackedSeconds *service.MetricGauge
	connected            *service.MetricGauge
	ended                *service.MetricGauge
}

// A metric is one of them: the field that holds it, and what people have to know.
// Exactly one of counter and gauge is set.
type metric struct {
	name    string
	counter **service.MetricCounter
	gauge   **service.MetricGauge
	label   string // "" = none
	tells   string
}

// fields are all of the metrics. Both the registration and the reference page go
// by this.
func (m *metrics) fields() []metric {
	return []metric{
		{
			name: "chronicle_connected", gauge: &m.connected,
			tells: "1 while a stream is open, else 0. It is open before anything has come. Alert on 0 for longer than `backoff.max_interval`.",
		},
		{
			name: "chronicle_ended", gauge: &m.ended,
			tells: "1 once the input has given up, else 0: nothing more comes until something starts it again. Alert on 1.",
		},
		{
			name: "chronicle_lag_seconds", gauge: &m.lagSeconds,
			tells: "Now less the newest position read. On a quiet account it grows though nothing is wrong, since heartbeats have no position as a rule. Alert well before 7 days, when detections get out of reach.",
		},
		{
			name: "chronicle_uncommitted_seconds", gauge: &m.uncommittedSeconds,
			tells: "The newest position read less the one that is stored (without a cache: acknowledged), or for how long nothing more was stored while something has to be, where that is longer: within a window of `api: chronicle` all positions have the same time. What a crash would repeat. Growing while `chronicle_detections` does not means that the output takes nothing.",
		},
		{
			name: "chronicle_oldest_unacked_seconds", gauge: &m.oldestUnackedSeconds,
			tells: "Age of the oldest message that no output has taken, counted from when it was handed to the pipeline first; 0 where there is none. Rejections do not make it younger. Alert on more than a few minutes.",
		},
		{
			name: "chronicle_detections", counter: &m.detections,
			tells: "Detections handed to the pipeline, without the duplicates that were dropped and without redeliveries.",
		},
		{
			name: "chronicle_searched_detections", counter: &m.searched,
			tells: "Those of `chronicle_detections` that were found by search, with `on_unresumable_position: search` or an `end_time`.",
		},
		{
			name: "chronicle_detection_batches", counter: &m.detectionBatches,
			tells: "Detection batches read to their end, those without detections included.",
		},
		{
			name: "chronicle_heartbeats", counter: &m.heartbeats,
			tells: "Heartbeats read, about one in 15 s of each open stream.",
		},
		{
			name: "chronicle_duplicates_dropped", counter: &m.duplicatesDropped,
			tells: "Detections dropped because the pipeline has had them, as the server repeats some after a reconnection. Steady growth without reconnections is worth a look.",
		},
		{
			name: "chronicle_reconnects", counter: &m.reconnects, label: "reason",
			tells: "Connections and attempts that ended and are followed by another. See below for the reasons.",
		},
		{
			name: "chronicle_unknown_elements", counter: &m.unknownElements,
			tells: "Elements with none of the known keys, positions that can't be, and streams that were not one. Should stay 0: anything else is a change of the protocol, or a proxy in between. Alert on any.",
		},
		{
			name: "chronicle_checkpoint_writes", counter: &m.checkpointWrites,
			tells: "Positions stored, at most four a second.",
		},
		{
			name: "chronicle_checkpoint_failures", counter: &m.checkpointFailures,
			tells: "Reads and writes of the stored position that failed, or did not end within ten seconds. Each is tried again; delivery goes on.",
		},
		{
			name: "chronicle_foreign_positions", counter: &m.foreignPositions,
			tells: "Positions that another process, or another stream of this one, has stored under the same key. Each of the two delivers everything, and after a restart one begins where the other was. Alert on any.",
		},
		{
			name: "chronicle_rejected", counter: &m.rejected,
			tells: "Messages that the output rejected and that are dropped therefore, with `auto_replay_nacks: false`. They are lost. Where an error blames none of a batch's messages, all of them count; a host of `rpc-plugin` never blames any, so there the number is an upper bound. Alert on any.",
		},
		{
			name: "chronicle_skipped_seconds", counter: &m.skippedSeconds,
			tells: "Time whose detections are skipped, with `on_unresumable_position: oldest`, or that a search cannot search for curated rules. They are lost. Alert on any.",
		},
		{
			name: "chronicle_skipped_rules", gauge: &m.skippedRules,
			tells: "Curated rules that the last search had to leave out, since the server answers 403 or 404 for them. What they detected in its span is not found. The log names each. Alert on any.",
		},
	}
}

// newMetrics registers the metrics. Counters begin at zero, so that there is a
// zero to alert on, not an absence.
func newMetrics(m *service.Metrics) *metrics {
	all := &metrics{}
	for _, field := range all.fields() {
		switch {
		case field.gauge != nil:
			*field.gauge = m.NewGauge(field.name)
		case field.label != "":
			*field.counter = m.NewCounter(field.name, field.label)
			for _, reason := range Reasons {
				(*field.counter).Incr(0, reason)
			}
		default:
			*field.counter = m.NewCounter(field.name)
			(*field.counter).Incr(0)
		}
	}
	return all
}

// A Metric is what people have to know of one of the input's metrics.
type Metric struct {
	Name string
	// Kind is counter or gauge.
	Kind string
	// Label is the name of its label, "" for none.
	Label string
	// Tells is in Markdown.
	Tells string
}

// Metrics describes all of the input's own.
func Metrics() (all []Metric) {
	for _, m := range (&metrics{}).fields() {
		kind := "counter"
		if m.gauge != nil {
			kind = "gauge"
		}
		all = append(all, Metric{m.name, kind, m.label, m.tells})
	}
	return all
}
