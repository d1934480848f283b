package refused

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Name is what the output is registered under.
const Name = "chronicle_refused"

const (
	fieldPath        = "path"
	fieldMaxBytes    = "max_bytes"
	fieldPipeline    = "pipeline"
	fieldDestination = "destination"
	fieldReason      = "reason"
	fieldID          = "id"
	fieldDetection   = "detection"
)

// Spec describes the output.
func Spec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Local").
		Summary("Keeps messages that a destination won't ever take in a file, each with the reason.").
		Description(`
Appends a line of JSON for each message, and logs an error. The line has the fields `+"`time`, `pipeline`, `destination`, `reason`, `id`, `detection` and `encoding`"+`. A message counts as delivered when its line is on the disk.

A line that broke off, as when a process was killed, stays by itself and takes no other one with it. At `+"`max_bytes`"+` the file takes no more: messages are then rejected until somebody has moved it away.`).
		Fields(
			service.NewStringField(fieldPath).
				Description("The file. It and its directory are created where they don't exist.").
				Example("./state/http_refused.jsonl"),
			service.NewIntField(fieldMaxBytes).
				Description("The most bytes of the file.").
				Default(1_000_000_000).
				LintRule(`root = if this < 1 { "got %v, want at least 1".format(this) }`),
			service.NewStringField(fieldPipeline).
				Description("The name of the pipeline.").
				Example("http"),
			service.NewInterpolatedStringMapField(fieldDestination).
				Description("Where the message was meant to go, in the destination's own terms. Nothing secret: the file may be shown to others.").
				Default(map[string]any{}).
				Example(map[string]any{"index": "${! @index }"}),
			service.NewInterpolatedStringField(fieldReason).
				Description("Why it is kept here, in the destination's words."),
			service.NewInterpolatedStringField(fieldID).
				Description("The detection's id.").
				Default(`${! @chronicle_detection_id | "" }`),
			service.NewInterpolatedStringField(fieldDetection).
				Description("The detection, byte for byte; `encoding` is `base64` where it is no valid UTF-8, else `utf-8`.").
				Default("${! content() }"),
		)
}

// NewOutput makes the output.
func NewOutput(parsed *service.ParsedConfig, res *service.Resources) (out service.BatchOutput, batching service.BatchPolicy, maxInFlight int, err error) {
	o := &output{log: res.Logger()}
	maxBytes := 0
	path := ""
	for _, err := range []error{
		read(&path, parsed.FieldString, fieldPath),
		read(&maxBytes, parsed.FieldInt, fieldMaxBytes),
		read(&o.pipeline, parsed.FieldString, fieldPipeline),
		read(&o.destination, parsed.FieldInterpolatedStringMap, fieldDestination),
		read(&o.reason, parsed.FieldInterpolatedString, fieldReason),
		read(&o.id, parsed.FieldInterpolatedString, fieldID),
		read(&o.detection, parsed.FieldInterpolatedString, fieldDetection),
	} {
		if err != nil {
			return nil, batching, 0, err
		}
	}
	if path == "" {
		return nil, batching, 0, errors.New(fieldPath + ": got an empty text, want the path of a file")
	}
	if maxBytes < 1 {
		return nil, batching, 0, fmt.Errorf("%s: got %d, want at least 1", fieldMaxBytes, maxBytes)
	}
	o.path, o.file = path, NewFile(path, int64(maxBytes))
	return o, batching, 1, nil
}

func read[T any](into *T, field func(path ...string) (T, error), name string) (err error) {
	*into, err = field(name)
	return err
}

type output struct {
	log                   *service.Logger
	path                  string // as people wrote it
	file                  *File
	pipeline              string
	destination           map[string]*service.InterpolatedString
	reason, id, detection *service.InterpolatedString
}

// Connect implements service.BatchOutput.
func (o *output) Connect(context.Context) error { return nil }

// WriteBatch implements service.BatchOutput.
func (o *output) WriteBatch(_ context.Context, batch service.MessageBatch) error {
	records := make([]Record, len(batch))
	for i := range batch {
		record, err := o.record(batch, i)
		if err != nil {
			return err
		}
		records[i] = record
	}
	if err := o.file.Append(records); err != nil {
		return err
	}
	for _, record := range records {
		o.log.Errorf("refused for good, and kept in %s: %q: %s", o.path, record.ID, record.Reason)
	}
	return nil
}

// record is that of a message of a batch.
func (o *output) record(batch service.MessageBatch, i int) (Record, error) {
	record := Record{Time: time.Now().UTC(), Pipeline: o.pipeline, Destination: make(map[string]string, len(o.destination))}
	reason, err := batch.TryInterpolatedString(i, o.reason)
	if err != nil {
		return Record{}, fmt.Errorf("%s: %w", fieldReason, err)
	}
	record.SetReason(reason)
	if record.ID, err = batch.TryInterpolatedString(i, o.id); err != nil {
		return Record{}, fmt.Errorf("%s: %w", fieldID, err)
	}
	body, err := batch.TryInterpolatedBytes(i, o.detection)
	if err != nil {
		return Record{}, fmt.Errorf("%s: %w", fieldDetection, err)
	}
	record.SetDetection(body)
	for name, value := range o.destination {
		if record.Destination[name], err = batch.TryInterpolatedString(i, value); err != nil {
			return Record{}, fmt.Errorf("%s.%s: %w", fieldDestination, name, err)
		}
	}
	return record, nil
}

// Close implements service.BatchOutput.
func (o *output) Close(context.Context) error { return nil }
