package plugin

import "github.com/redpanda-data/benthos/v4/public/service"

// metrics are the input's own, beside those of every Benthos input. Their names
// are part of people's dashboards and must not change.
type metrics struct {
	heartbeats         *service.MetricCounter
	detectionBatches   *service.MetricCounter
	detections         *service.MetricCounter
	duplicatesDropped  *service.MetricCounter
	reconnects         *service.MetricCounter
	unknownElements    *service.MetricCounter
	checkpointWrites   *service.MetricCounter
	checkpointFailures *service.MetricCounter
	rejected           *service.MetricCounter
	skippedSeconds     *service.MetricCounter

	// lagSeconds is now less the newest position that was read. On a quiet
	// account it grows though nothing is wrong: heartbeats have no position, and
	// the newest one that there is grows old.
	lagSeconds         *service.MetricGauge
	uncommittedSeconds *service.MetricGauge
	connected          *service.MetricGauge
}

func newMetrics(m *service.Metrics) *metrics {
	all := &metrics{
		heartbeats:         m.NewCounter("chronicle_heartbeats"),
		detectionBatches:   m.NewCounter("chronicle_detection_batches"),
		detections:         m.NewCounter("chronicle_detections"),
		duplicatesDropped:  m.NewCounter("chronicle_duplicates_dropped"),
		reconnects:         m.NewCounter("chronicle_reconnects", "reason"),
		unknownElements:    m.NewCounter("chronicle_unknown_elements"),
		checkpointWrites:   m.NewCounter("chronicle_checkpoint_writes"),
		checkpointFailures: m.NewCounter("chronicle_checkpoint_failures"),
		rejected:           m.NewCounter("chronicle_rejected"),
		skippedSeconds:     m.NewCounter("chronicle_skipped_seconds"),
		lagSeconds:         m.NewGauge("chronicle_lag_seconds"),
		uncommittedSeconds: m.NewGauge("chronicle_uncommitted_seconds"),
		connected:          m.NewGauge("chronicle_connected"),
	}
	for _, reason := range reasons {
		all.reconnects.Incr(0, reason)
	}
	for _, counter := range []*service.MetricCounter{
		all.heartbeats, all.detectionBatches, all.detections, all.duplicatesDropped, all.unknownElements,
		all.checkpointWrites, all.checkpointFailures, all.rejected, all.skippedSeconds,
	} {
		// So that there is a zero to alert on, not an absence.
		counter.Incr(0)
	}
	return all
}
