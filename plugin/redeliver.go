package plugin

import (
	"context"
	"maps"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/refused"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A Refused is a message that the output chronicle_refused has kept, to be sent again.
type Refused struct {
	Time        time.Time
	Pipeline    string            // "" in lines of route.yaml that are older than the format
	Destination map[string]string // where it was meant to go, in the destination's own terms
	Reason      string
	ID          string // of the detection
	Body        []byte
	// Format is what the body is: "raw", a detection as it was received, or what was
	// made of it. It is "" in lines of versions that did not say.
	Format   string
	Metadata map[string]string // as far as it was kept
}

// ParseRefused reads a line of a file that chronicle_refused has written. The error
// says why it is none, and shows nothing of it.
func ParseRefused(line []byte) (Refused, error) {
	record, err := refused.Parse(line)
	if err != nil {
		return Refused{}, err
	}
	return refusedOf(record), nil
}

func refusedOf(record refused.Record) Refused {
	// Whoever wrote or read the record has seen to that it can be decoded.
	body, _ := record.Body()
	return Refused{
		Time: record.Time, Pipeline: record.Pipeline, Destination: record.Destination, Reason: record.Reason,
		ID: record.ID, Body: body, Format: record.Format, Metadata: record.Metadata,
	}
}

// Message is the message as it was when it was refused. A raw detection has the
// metadata that the input gave it, which is read from it where it was not kept.
func (r *Refused) Message() *service.Message {
	metadata := maps.Clone(r.Metadata)
	message := service.NewMessage(r.Body)
	if r.Format == refused.Raw {
		message = input.Message(r.Body)
	} else if _, known := metadata[settings.MetaDetectionID]; !known && r.ID != "" {
		message.MetaSetMut(settings.MetaDetectionID, r.ID)
	}
	for name, value := range metadata {
		message.MetaSetMut(name, value)
	}
	return message
}

// A RefusedFile is one that chronicle_refused writes to.
type RefusedFile struct{ path string }

// NewRefusedFile names a file, which need not exist yet.
func NewRefusedFile(path string) *RefusedFile { return &RefusedFile{path} }

// Redirect makes all outputs chronicle_refused of an environment write to this file,
// whatever path a config says. Each message that is on the disk is told to kept, with
// what was written of it; several outputs may do so at the same time.
func (f *RefusedFile) Redirect(environment *service.Environment, kept func(message *service.Message, written Refused)) error {
	return environment.RegisterBatchOutput(refusedName, refusedSpec(),
		func(parsed *service.ParsedConfig, res *service.Resources) (service.BatchOutput, service.BatchPolicy, int, error) {
			return buildRefusedOutput(parsed, res, f.path, kept)
		})
}

// AppendLines writes whole lines behind what is in the file, all of them or none,
// however large it gets. They are on the disk when it returns nil.
func (f *RefusedFile) AppendLines(lines []byte) error {
	return refused.NewFile(f.path, 1<<62).AppendLines(context.Background(), lines)
}
