package input

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/journal"
)

// samples are the warnings that may come as often as there are elements, by what
// they warn of.
type samples struct{ unknown, garbled, rejected *journal.Sample }

func newSamples(log *service.Logger) *samples {
	return &samples{unknown: journal.NewSample(log), garbled: journal.NewSample(log), rejected: journal.NewSample(log)}
}

func (s *samples) each(do func(*journal.Sample)) {
	for _, one := range []*journal.Sample{s.unknown, s.garbled, s.rejected} {
		do(one)
	}
}
