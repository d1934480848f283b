package plugin

import (
	"errors"
	"fmt"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// failures are the errors that inputs ended with. Benthos knows inputs that
// end, but not inputs that end for a bad reason.
type failures struct {
	mu   sync.Mutex // guards errs
	errs []error
}

// failuresID is what the resources know the failures by.
type failuresID struct{}

func failuresOf(res *service.Resources) *failures {
	value, _ := res.GetOrSetGeneric(failuresID{}, &failures{})
	return value.(*failures)
}

// Failure returns why inputs named chronicle_detection_alerts of a stream ended
// with an error, all of them joined, or nil where none did. A stream whose
// input gives up delivers what is in flight and then stops like one that has
// finished, so ask when it has stopped:
//
//	err := stream.Run(ctx)
//	if err == nil {
//		err = plugin.Failure(stream.Resources())
//	}
func Failure(res *service.Resources) error {
	f := failuresOf(res)
	f.mu.Lock()
	defer f.mu.Unlock()
	return errors.Join(f.errs...)
}

func (f *failures) add(label string, err error) {
	if label == "" {
		label = settings.Name
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.errs = append(f.errs, fmt.Errorf("input %s: %w", label, err))
}
