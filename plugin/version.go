package plugin

import (
	"context"
	"strconv"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/version"
)

// versionName is the name of the processor and of the metadata that it sets.
const versionName = "chronicle_version"

func versionSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Utility").
		Summary("Numbers the versions of a detection of Google Chronicle, for destinations that keep the version with the highest number. Internal: used by the pipelines of config/, and may change.").
		Description(`
Sets the metadata ` + "`chronicle_version`" + `: the time of the detection's last change in milliseconds (its ` + "`lastUpdatedTime`, else its `createdTime`, else its `detectionTime`" + `), times 1000, plus a counter that tells versions of the same millisecond apart in the order received. The same bytes get the same number again, as far back as 30,000 detections, so a retry of an older version never gets a higher number than a newer one.

A message that has a number keeps it. ` + "`chronicle_refused`" + ` keeps it in its file, and ` + "`chronicle-connect redeliver`" + ` restores it.

It has to come before whatever changes the order of detections, in a pipeline with ` + "`threads: 1`" + `, and before their bytes are changed.`)
}

// versionsID identifies the numbers of a stream among its resources. All processors of
// a stream share them.
type versionsID struct{ stream string }

func newVersionProcessor(_ *service.ParsedConfig, res *service.Resources) (service.BatchProcessor, error) {
	numbers, _ := res.GetOrSetGeneric(versionsID{res.StreamID()}, version.New(version.Remembered))
	return &versionProcessor{numbers.(*version.Numbers)}, nil
}

// versionProcessor sets the version of each message that has none.
type versionProcessor struct{ numbers *version.Numbers }

// ProcessBatch implements service.BatchProcessor.
func (p *versionProcessor) ProcessBatch(_ context.Context, batch service.MessageBatch) ([]service.MessageBatch, error) {
	for i, message := range batch {
		known, _ := message.MetaGet(versionName)
		if number, err := strconv.ParseInt(known, 10, 64); err == nil && number >= 0 {
			continue
		}
		raw, err := message.AsBytes()
		if err != nil {
			return nil, err
		}
		id, _ := message.MetaGet(settings.MetaDetectionID)
		batch[i] = message.Copy()
		batch[i].MetaSetMut(versionName, strconv.FormatInt(p.numbers.Of(id, raw), 10))
	}
	return []service.MessageBatch{batch}, nil
}

// Close implements service.BatchProcessor.
func (*versionProcessor) Close(context.Context) error { return nil }
