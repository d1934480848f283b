package formats_test

import (
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// Detections of 4 kB through the processors as a pipeline runs them, from the bytes
// that came in to those that go out:
//
//	go test -run '^$' -bench Formats -cpu 1 ./plugin/internal/formats
//
// One processor, so that the figure is that of a core, with all of its garbage
// collection; and seconds of it that the process had, whoever else wants it. "parse"
// only decodes the JSON and takes a field of it, by Benthos' own means.
func BenchmarkFormats(b *testing.B) {
	detections := chronicletest.NewGenerator(1).Detections(100, 4000)
	// The program's heap, without which the collector would run all the time.
	heap := make([]byte, 32<<20)
	defer runtime.KeepAlive(heap)
	for _, c := range []struct{ name, config string }{
		{"ocsf", "chronicle_ocsf: {}"},
		{"ocsf without the original", "chronicle_ocsf: { original: false }"},
		{"ecs", "chronicle_ecs: {}"},
		{"ecs without the original", "chronicle_ecs: { original: false }"},
		{"parse", "mapping: 'root = this.id'"},
	} {
		b.Run(c.name, func(b *testing.B) {
			processor := newProcessor(b, c.config)
			b.ReportAllocs()
			made, began := 0, cpuTime(b)
			for b.Loop() {
				batch := make(service.MessageBatch, len(detections))
				for i, detection := range detections {
					batch[i] = service.NewMessage(detection)
				}
				batches, err := processor.ProcessBatch(b.Context(), batch)
				require.NoError(b, err)
				for _, message := range batches[0] {
					_, err := message.AsBytes()
					require.NoError(b, err)
					made++
				}
			}
			b.ReportMetric(float64(made)/(cpuTime(b)-began).Seconds(), "detections/s-of-CPU")
		})
	}
}
