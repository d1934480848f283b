package input

import (
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// digestElement takes in what a whole element says beside its detections.
func (in *input) digestElement(conn *link, piece stream.Piece) error {
	further, err := in.cursor.Element(in.believed(conn, piece), len(piece.Detections) > 0 || conn.search)
	if err != nil {
		return &stream.SyntaxError{Offset: piece.Offset, Problem: err.Error()}
	}
	conn.news = conn.news || further
	switch piece.Kind {
	case stream.Heartbeat:
		conn.heartbeat = time.Now()
		if conn.firstHeartbeat.IsZero() {
			conn.firstHeartbeat = conn.heartbeat
		}
		in.metrics.heartbeats.Incr(1)
		in.gauges.progress.Beat(conn.heartbeat)
		in.log.Debugf("Heartbeat")
	case stream.Batch:
		in.metrics.detectionBatches.Incr(1)
	case stream.Empty:
		in.log.Debugf("An element without any keys at byte %d of the stream", piece.Offset)
	}
	if len(piece.Keys) > 0 {
		in.metrics.unknownElements.Incr(1)
		in.samples.unknown.Warnf("An element at byte %d of the stream has none of the known keys, but %q; it is left out", piece.Offset, piece.Keys)
	}
	in.gauges.read(in.cursor.At())
	return nil
}

// farFuture is how far a position may be ahead of the server's clock. It can't be
// at all, but its servers' clocks may differ.
const farFuture = time.Hour

// believed is what of an element's positions is taken.
func (in *input) believed(conn *link, piece stream.Piece) position.Said {
	if len(piece.Keys) > 0 {
		// It may stand behind what is unknown.
		return position.Said{}
	}
	said := in.conf.Endpoint.API.Understood(piece.Position)
	if said.NextPageToken != "" && said.NextPageToken == in.cursor.refusedToken {
		// It would be refused again, so it is no place to resume from.
		return position.Said{}
	}
	for _, at := range []*string{&said.NextPageStartTime, &said.ContinuationTime} {
		// What is no time is an error, which the cursor makes.
		if t, err := time.Parse(time.RFC3339, *at); err == nil && t.Sub(conn.Now()) > farFuture {
			in.metrics.unknownElements.Incr(1)
			in.samples.unknown.Warnf("An element at byte %d of the stream has a position in the future, %s; it is not used", piece.Offset, *at)
			*at = ""
		}
	}
	return position.Said(said)
}
