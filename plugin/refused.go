package plugin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/refused"
)

// What the output of refused messages, and its fields, are called.
const (
	refusedName        = "chronicle_refused"
	refusedPath        = "path"
	refusedMaxBytes    = "max_bytes"
	refusedPipeline    = "pipeline"
	refusedDestination = "destination"
	refusedReason      = "reason"
	refusedID          = "id"
	refusedDetection   = "detection"
	refusedFormat      = "format"
	refusedMetadata    = "metadata"
)

func refusedSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Local").
		Summary("Keeps messages that a destination won't ever take in a file, each with the reason.").
		Description(`
Appends a line of JSON for each message, and logs an error. The line has the fields `+"`time`, `pipeline`, `destination`, `reason`, `id`, `detection` and `encoding`"+`. A message counts as delivered when its line is on the disk.

A line is in the file as a whole or not at all: what a full disk or a killed process has left of one is removed. At `+"`max_bytes`"+` the file takes no more: messages are then rejected until somebody has moved it away.`).
		Fields(
			service.NewStringField(refusedPath).
				Description("The file. It and its directory are created where they don't exist.").
				Example("./state/http_refused.jsonl"),
			service.NewIntField(refusedMaxBytes).
				Description("The most bytes of the file.").
				Default(1_000_000_000).
				LintRule(`root = if this < 1 { "got %v, want at least 1".format(this) }`),
			service.NewStringField(refusedPipeline).
				Description("The name of the pipeline.").
				Example("http"),
			service.NewInterpolatedStringMapField(refusedDestination).
				Description("Where the message was meant to go, in the destination's own terms. Nothing secret: the file may be shown to others.").
				Default(map[string]any{}).
				Example(map[string]any{"index": "${! @index }"}),
			service.NewInterpolatedStringField(refusedReason).
				Description("Why it is kept here, in the destination's words."),
			service.NewInterpolatedStringField(refusedID).
				Description("The detection's id.").
				Default(`${! @chronicle_detection_id | "" }`),
			service.NewInterpolatedStringField(refusedDetection).
				Description("The detection, byte for byte; `encoding` is `base64` where it is no valid UTF-8, else `utf-8`.").
				Default("${! content() }"),
			service.NewInterpolatedStringField(refusedFormat).
				Description("What `detection` is: `raw`, a detection as it was received, or what was made of it, such as `ocsf`, `ecs` or `post`. `chronicle-connect redeliver` applies the pipeline's processors to what is raw, and hands all else to the pipeline's output as it is.").
				Default(refused.Raw),
			service.NewStringListField(refusedMetadata).
				Description("The metadata to keep beside `chronicle_…`, by its names: what the pipeline's output needs of a message that is not raw any more.").
				Default([]any{}).
				Example([]any{"kafka_key"}),
		)
}

func newRefusedOutput(parsed *service.ParsedConfig, res *service.Resources) (out service.BatchOutput, batching service.BatchPolicy, maxInFlight int, err error) {
	return buildRefusedOutput(parsed, res, "", nil)
}

// buildRefusedOutput makes an output that writes to the path given rather than to its
// own, unless that is "", and calls kept, unless that is nil, for each message that is
// on the disk.
func buildRefusedOutput(parsed *service.ParsedConfig, res *service.Resources, instead string, kept func(*service.Message, Refused)) (out service.BatchOutput, batching service.BatchPolicy, maxInFlight int, err error) {
	o := &refusedOutput{log: res.Logger(), kept: kept}
	maxBytes := 0
	path := ""
	for _, err := range []error{
		readField(&path, parsed.FieldString, refusedPath),
		readField(&maxBytes, parsed.FieldInt, refusedMaxBytes),
		readField(&o.pipeline, parsed.FieldString, refusedPipeline),
		readField(&o.destination, parsed.FieldInterpolatedStringMap, refusedDestination),
		readField(&o.reason, parsed.FieldInterpolatedString, refusedReason),
		readField(&o.id, parsed.FieldInterpolatedString, refusedID),
		readField(&o.detection, parsed.FieldInterpolatedString, refusedDetection),
		readField(&o.format, parsed.FieldInterpolatedString, refusedFormat),
		readField(&o.metadata, parsed.FieldStringList, refusedMetadata),
	} {
		if err != nil {
			return nil, batching, 0, err
		}
	}
	if path == "" {
		return nil, batching, 0, errors.New(refusedPath + ": got an empty text, want the path of a file")
	}
	if maxBytes < 1 {
		return nil, batching, 0, fmt.Errorf("%s: got %d, want at least 1", refusedMaxBytes, maxBytes)
	}
	path = cmp.Or(instead, path)
	o.path, o.file = path, refused.NewFile(path, int64(maxBytes))
	return o, batching, 1, nil
}

func readField[T any](into *T, field func(path ...string) (T, error), name string) (err error) {
	*into, err = field(name)
	return err
}

// A refusedOutput keeps messages in a file.
type refusedOutput struct {
	log                   *service.Logger
	path                  string // as people wrote it
	file                  *refused.File
	pipeline              string
	destination           map[string]*service.InterpolatedString
	reason, id, detection *service.InterpolatedString
	format                *service.InterpolatedString
	metadata              []string
	kept                  func(*service.Message, Refused) // nil for nobody
}

// Connect implements service.BatchOutput.
func (o *refusedOutput) Connect(context.Context) error { return nil }

// WriteBatch implements service.BatchOutput.
func (o *refusedOutput) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	records := make([]refused.Record, len(batch))
	for i := range batch {
		record, err := o.record(batch, i)
		if err != nil {
			return err
		}
		records[i] = record
	}
	if err := o.file.Append(ctx, records); err != nil {
		return err
	}
	for i, record := range records {
		o.log.Errorf("refused for good, and kept in %s: %q: %s", o.path, record.ID, record.Reason)
		if o.kept != nil {
			o.kept(batch[i], refusedOf(record))
		}
	}
	return nil
}

// record is that of a message of a batch.
func (o *refusedOutput) record(batch service.MessageBatch, i int) (refused.Record, error) {
	record := refused.Record{Time: time.Now().UTC(), Pipeline: o.pipeline, Destination: make(map[string]string, len(o.destination))}
	reason, err := batch.TryInterpolatedString(i, o.reason)
	if err != nil {
		return refused.Record{}, fmt.Errorf("%s: %w", refusedReason, err)
	}
	record.SetReason(reason)
	if record.ID, err = batch.TryInterpolatedString(i, o.id); err != nil {
		return refused.Record{}, fmt.Errorf("%s: %w", refusedID, err)
	}
	body, err := batch.TryInterpolatedBytes(i, o.detection)
	if err != nil {
		return refused.Record{}, fmt.Errorf("%s: %w", refusedDetection, err)
	}
	record.SetDetection(body)
	if record.Format, err = batch.TryInterpolatedString(i, o.format); err != nil {
		return refused.Record{}, fmt.Errorf("%s: %w", refusedFormat, err)
	}
	record.Metadata = o.metadataOf(batch[i])
	for name, value := range o.destination {
		if record.Destination[name], err = batch.TryInterpolatedString(i, value); err != nil {
			return refused.Record{}, fmt.Errorf("%s.%s: %w", refusedDestination, name, err)
		}
	}
	return record, nil
}

// metadataOf is what is kept of a message's metadata.
func (o *refusedOutput) metadataOf(message *service.Message) map[string]string {
	kept := make(map[string]string)
	// The function returns no error, so there is none.
	_ = message.MetaWalk(func(name, value string) error {
		if strings.HasPrefix(name, chroniclePrefix) || slices.Contains(o.metadata, name) {
			kept[name] = value
		}
		return nil
	})
	return kept
}

// chroniclePrefix begins the names of all metadata that the input makes.
const chroniclePrefix = "chronicle_"

// Close implements service.BatchOutput.
func (o *refusedOutput) Close(context.Context) error { return nil }
