package input

import (
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// Message makes a message of a detection that was read before, as the input made one
// of it. What was known of its detection batch is not in it. Bytes that are no
// detection become a message without metadata.
func Message(raw []byte) *service.Message {
	fields, _ := stream.FieldsOf(raw)
	return newMessage(raw, &fields)
}

// newMessage makes a message of a detection. Its body is the received bytes, not
// a copy.
func newMessage(raw []byte, f *stream.Fields) *service.Message {
	m := service.NewMessage(raw)
	for _, meta := range [...]struct{ key, value string }{
		{settings.MetaDetectionID, f.ID},
		{settings.MetaDetectionType, f.Type},
		{settings.MetaDetectionTime, f.Time},
		{settings.MetaRuleID, f.RuleID},
		{settings.MetaRuleName, f.RuleName},
		{settings.MetaSeverity, f.Severity},
	} {
		if meta.value != "" {
			m.MetaSetMut(meta.key, meta.value)
		}
	}
	return m
}

// A sharedMeta is what all messages of a piece have in their metadata. The value is
// boxed once, not for each of them.
type sharedMeta struct {
	key   string
	value any
}

// metadata is what the messages of a piece have in common. It is called for each
// piece of the connection, in order, since it counts the parts of an element.
func (l *link) metadata(piece stream.Piece) (shared []sharedMeta) {
	if t := continuationTime(piece.Position); t != "" {
		shared = append(shared, sharedMeta{settings.MetaContinuationTime, t})
	}
	if l.search {
		// The pieces of a slice are no parts of a detection batch.
		return append(shared, sharedMeta{settings.MetaSource, settings.SourceSearch})
	}
	if l.parts > 0 || !piece.Complete {
		l.parts++
		shared = append(shared, sharedMeta{settings.MetaBatchPart, strconv.Itoa(l.parts)})
	}
	if piece.Complete {
		l.parts = 0
	}
	return append(shared, sharedMeta{settings.MetaSource, settings.SourceStream})
}

// continuationTime is what an element says of when it is, in the words of either
// API.
func continuationTime(said stream.Position) string {
	if said.ContinuationTime != "" {
		return said.ContinuationTime
	}
	return said.NextPageStartTime
}
