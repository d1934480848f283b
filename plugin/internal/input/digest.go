package input

import (
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A handout is what a piece of the stream comes to: messages for the pipeline,
// and the position once those and all before them are acknowledged.
type handout struct {
	batch service.MessageBatch
	after position.Position
}

// digest takes in one piece: it counts it, moves the cursor where the piece is
// a whole element, and drops what the pipeline has had before. It returns nil
// where nothing is left for the pipeline, and an error where the connection has
// to end.
func (in *input) digest(piece stream.Piece) (*handout, error) {
	before := in.cursor.at
	if piece.Complete {
		if err := in.digestElement(piece); err != nil {
			return nil, err
		}
	}
	in.recovered()
	batch := in.unpack(piece)
	news := len(batch) > 0 || in.cursor.at != before
	if piece.Complete && piece.Kind == stream.Batch && (news || in.conf.Endpoint.API == chronicle.Backstory) {
		// A server that gives the same page again and again gets nowhere. If
		// that counted as a success, it would be asked again at once for ever.
		in.markFruitful()
	}
	if len(batch) == 0 {
		if in.cursor.at != before {
			in.tracker.Pass(in.cursor.at)
		}
		return nil, nil
	}
	in.metrics.detections.Incr(int64(len(batch)))
	in.gauges.progress.Read(time.Now(), len(batch))
	// A part of an element has the position before it: the element's own is
	// reached with its last part.
	return &handout{batch: batch, after: in.cursor.at}, nil
}

// unpack makes messages of the detections that the pipeline has not had yet.
func (in *input) unpack(piece stream.Piece) service.MessageBatch {
	batch := make(service.MessageBatch, 0, len(piece.Detections))
	var told any // boxed once, not for every message
	if t := continuationTime(piece.Position); t != "" {
		told = t
	}
	for i := range piece.Detections {
		raw := piece.Detections[i].Raw
		fields := in.fields.Read(&piece.Detections[i])
		if !in.replays.IsNew(fields.ID, raw) {
			continue
		}
		if fields.Garbled {
			in.samples.garbled.Warnf("The detection %q is not valid UTF-8; it is handed on as it was received, and its receivers may choke on it", fields.ID)
		}
		message := newMessage(raw, &fields)
		if told != nil {
			message.MetaSetMut(settings.MetaContinuationTime, told)
		}
		batch = append(batch, message)
	}
	if dropped := len(piece.Detections) - len(batch); dropped > 0 {
		in.metrics.duplicatesDropped.Incr(int64(dropped))
	}
	return batch
}

// continuationTime is what an element says of when it is, in the words of
// either API.
func continuationTime(said stream.Position) string {
	if said.ContinuationTime != "" {
		return said.ContinuationTime
	}
	return said.NextPageStartTime
}

// digestElement takes in what a whole element says beside its detections.
func (in *input) digestElement(piece stream.Piece) error {
	if piece.Kind == stream.Failure {
		return piece.Err
	}
	said := in.conf.Endpoint.API.Understood(piece.Position)
	if said.NextPageToken != "" && said.NextPageToken == in.cursor.refusedToken {
		// It would be refused again, so it is no place to resume from.
		said = stream.Position{}
	}
	at, err := in.cursor.at.Advance(position.Said(said))
	if err != nil {
		return &stream.SyntaxError{Offset: piece.Offset, Problem: err.Error()}
	}
	switch piece.Kind {
	case stream.Heartbeat:
		in.metrics.heartbeats.Incr(1)
		in.gauges.progress.Beat(time.Now())
		in.log.Debugf("Heartbeat")
	case stream.Batch:
		in.metrics.detectionBatches.Incr(1)
	case stream.Empty:
		in.log.Debugf("An element without any keys at byte %d of the stream", piece.Offset)
	case stream.Unknown:
		in.metrics.unknownElements.Incr(1)
		in.samples.unknown.Warnf("An element at byte %d of the stream has none of the known keys, but %q; it is left out", piece.Offset, piece.Keys)
	}
	in.cursor.at = at
	in.gauges.read(at)
	return nil
}
