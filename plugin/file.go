package plugin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/linefile"
)

// The name of the output that appends lines to a file, and those of its fields.
const (
	fileName     = "chronicle_file"
	filePath     = "path"
	fileMaxBytes = "max_bytes"
	fileRotate   = "rotate"
)

// Values of the field rotate.
const (
	rotateNone  = "none"
	rotateDaily = "daily"
)

func fileSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Beta().
		Categories("Local").
		Summary("Appends each message to a file as a line, whole or not at all.").
		Description(`
Line breaks within a message are removed, which changes nothing in JSON: there they stand between fields only. A message is acknowledged when its line is on the disk (fsync), so a line survives a crash of the process and a loss of power.

While the file cannot be written to, because the disk is full for example, the output tries again after 1 s, 2 s, 4 s and so on, up to once a minute, and logs what is wrong once. A write that fails halfway is undone. What a killed process has left of a line is removed before the next line is written, with a warning; an unfinished last line that is whole JSON, or does not begin as JSON or as the next line does, is somebody else's and gets a line break instead. After a crash, messages that were not acknowledged are written again.

The file is created with the permissions 0600 and its folders with 0700, whatever the umask; what exists keeps its own. It is opened for each batch, so it may be renamed or removed at any time. Several outputs and processes may append to one file, where the file system has locks. A symbolic link in a folder that other users can write to is refused. Messages are written in order, one batch at a time.`).
		Fields(
			service.NewStringField(filePath).
				Description("The file.").
				Example("./detections.jsonl"),
			service.NewIntField(fileMaxBytes).
				Description("The size beyond which the file is renamed and a new one begun, 0 for none. The new name has the time of its last line (UTC), before the extension: `detections-20261201T235959Z.jsonl`. A line is never split: one larger than this has a file to itself. Renamed files are never removed.").
				Default(0).
				Example(100_000_000).
				LintRule(`root = if this < 0 { "got %v, want at least 0".format(this) }`),
			service.NewStringEnumField(fileRotate, rotateNone, rotateDaily).
				Description("`daily` renames, in the same way, a file whose last line was written on an earlier day (UTC), before the next line is written.").
				Default(rotateNone),
		).
		Example("A file a day", "Detections as OCSF, in files of a day or 1 GB, whichever comes first.", `
pipeline:
  processors:
    - chronicle_ocsf: {}
output:
  chronicle_file:
    path: ./detections.jsonl
    rotate: daily
    max_bytes: 1000000000
`)
}

func newFileOutput(parsed *service.ParsedConfig, res *service.Resources) (out service.BatchOutput, batching service.BatchPolicy, maxInFlight int, err error) {
	o := &fileOutput{log: res.Logger()}
	maxBytes := 0
	rotate := ""
	for _, err := range []error{
		readField(&o.path, parsed.FieldString, filePath),
		readField(&maxBytes, parsed.FieldInt, fileMaxBytes),
		readField(&rotate, parsed.FieldString, fileRotate),
	} {
		if err != nil {
			return nil, batching, 0, err
		}
	}
	if o.path == "" {
		return nil, batching, 0, errors.New("field " + filePath + ": got an empty text, want the path of a file")
	}
	if maxBytes < 0 {
		return nil, batching, 0, fmt.Errorf("field %s: got %d, want at least 0", fileMaxBytes, maxBytes)
	}
	if rotate != rotateNone && rotate != rotateDaily {
		return nil, batching, 0, fmt.Errorf("field %s: got %q, want %s or %s", fileRotate, rotate, rotateNone, rotateDaily)
	}
	o.chunk = maxAppend
	if maxBytes > 0 {
		o.chunk = min(o.chunk, maxBytes)
	}
	o.file = linefile.New(o.path, linefile.Options{
		RotateBytes: int64(maxBytes),
		RotateDaily: rotate == rotateDaily,
		Removed:     o.removed,
	})
	return o, batching, 1, nil
}

// maxAppend is about how many bytes are appended at a time. What fits on a disk that is
// nearly full is written, and a batch needs no memory for a second copy of it.
const maxAppend = 1 << 20

// A fileOutput appends messages to a file. Its methods are called one at a time.
type fileOutput struct {
	log   *service.Logger
	path  string // as people wrote it
	file  *linefile.File
	chunk int

	lines  []byte // reused
	outage fileOutage
}

// Connect implements service.BatchOutput. It creates the file and repairs its end, so
// that a file that cannot be written to is found before there are messages. That is no
// reason to refuse them: WriteBatch waits until it can.
func (o *fileOutput) Connect(ctx context.Context) error {
	if err := o.file.Append(ctx, nil); err != nil && ctx.Err() == nil {
		o.failed(err)
	}
	return ctx.Err()
}

// WriteBatch implements service.BatchOutput.
func (o *fileOutput) WriteBatch(ctx context.Context, batch service.MessageBatch) error {
	o.lines = o.lines[:0]
	for _, message := range batch {
		body, err := message.AsBytes()
		if err != nil {
			return err
		}
		if len(o.lines) > 0 && len(o.lines)+len(body)+1 > o.chunk {
			if err := o.append(ctx, message); err != nil {
				return err
			}
		}
		o.lines = appendLine(o.lines, body)
	}
	if len(batch) == 0 {
		return nil
	}
	err := o.append(ctx, batch[0])
	if cap(o.lines) > 4*maxAppend {
		o.lines = nil // one message that large is no reason to keep so much
	}
	return err
}

// appendLine appends body as a line, without the line breaks in it. In JSON these stand
// between fields: within strings they are escaped.
func appendLine(lines, body []byte) []byte {
	for len(body) > 0 {
		i := bytes.IndexByte(body, '\n')
		if i < 0 {
			i = len(body)
		}
		lines = append(lines, bytes.ReplaceAll(body[:i], []byte("\r"), nil)...)
		body = body[min(i+1, len(body)):]
	}
	return append(lines, '\n')
}

// append appends the lines, trying again until that succeeds, ctx ends or the pipeline
// that message came by stops.
func (o *fileOutput) append(ctx context.Context, message *service.Message) error {
	for {
		err := o.file.Append(ctx, o.lines)
		if err == nil {
			o.works()
			o.lines = o.lines[:0]
			return nil
		}
		if ctx.Err() != nil {
			return err
		}
		pause := time.NewTimer(o.failed(err))
		select {
		case <-pause.C:
			continue
		case <-input.Stopping(message):
		case <-ctx.Done():
		}
		pause.Stop()
		// The input recognises a stop by context.Canceled.
		return fmt.Errorf("the pipeline stops (%w) and what is not written yet is read again at the next start: %w", context.Canceled, err)
	}
}

// failed notes that an append failed, and returns how long to wait before the next one.
func (o *fileOutput) failed(err error) (pause time.Duration) {
	pause, changed := o.outage.failed(err)
	if changed {
		o.log.Errorf("Writing to %s failed: %v. It is tried again, after 1 s at first and up to once a minute, and nothing is lost. What to do: %s", o.path, err, fileAdvice(err))
	}
	return pause
}

func (o *fileOutput) works() {
	if tries := o.outage.ended(); tries > 0 {
		o.log.Infof("Writing to %s works again, after %d tries", o.path, tries)
	}
}

func (o *fileOutput) removed(bytes int64) {
	o.log.Warnf("Removed %d bytes from the end of %s, of a line that an interrupted write had left unfinished. It was not acknowledged, so it comes again", bytes, o.path)
}

// Close implements service.BatchOutput.
func (o *fileOutput) Close(context.Context) error { return nil }
