package input

import (
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// A handout is what a piece of the stream comes to: messages for the pipeline,
// and the position once those and all before them are acknowledged.
type handout struct {
	batch service.MessageBatch
	bytes int // of the batch
	after position.Position
}

// digest takes in one piece of a connection: it counts it, moves the cursor where
// the piece is a whole element, and drops what the pipeline has had before. It
// returns nil where nothing is left for the pipeline, and an error where the
// connection has to end.
func (in *input) digest(conn *link, piece stream.Piece) (*handout, error) {
	if piece.Kind == stream.Batch || piece.Kind == stream.Heartbeat {
		in.skipped()
	}
	before := in.cursor.At()
	if piece.Complete {
		if err := in.digestElement(conn, piece); err != nil {
			return nil, err
		}
	}
	in.recovered()
	batch, bytes := in.unpack(conn, piece)
	in.noteSeam(conn, piece)
	if len(batch) == 0 {
		in.passed(before)
		return nil, nil
	}
	in.metrics.detections.Incr(int64(len(batch)))
	in.gauges.progress.Read(time.Now(), len(batch))
	// A part of an element has the position before it: the element's own is
	// reached with its last part.
	return &handout{batch: batch, bytes: bytes, after: in.cursor.At()}, nil
}

// passed hands a position on that the cursor has moved to without messages.
func (in *input) passed(before position.Position) {
	if at := in.cursor.At(); at != before {
		in.tracker.Pass(at)
	}
}

// unpack makes messages of the detections that the pipeline has not had yet, and
// returns how many bytes they have.
func (in *input) unpack(conn *link, piece stream.Piece) (batch service.MessageBatch, bytes int) {
	batch = make(service.MessageBatch, 0, len(piece.Detections))
	shared := conn.metadata(piece)
	for i := range piece.Detections {
		raw := piece.Detections[i].Raw
		fields := in.fields.Read(&piece.Detections[i])
		repeat, isNew := in.look(conn, fields.ID, raw)
		conn.news = conn.news || isNew
		if repeat {
			continue
		}
		if fields.Garbled {
			in.samples.garbled.Warnf("The detection %q is not valid UTF-8; it is handed on as it was received, and its receivers may choke on it", fields.ID)
		}
		message := newMessage(raw, &fields)
		for _, meta := range shared {
			message.MetaSetMut(meta.key, meta.value)
		}
		batch = append(batch, message)
		bytes += len(raw)
	}
	if dropped := len(piece.Detections) - len(batch); dropped > 0 {
		in.metrics.duplicatesDropped.Incr(int64(dropped))
	}
	return batch, bytes
}
