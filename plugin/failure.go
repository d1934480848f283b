package plugin

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/input"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// failures are the errors that inputs ended with, one for each place in the host
// program. Benthos knows inputs that end, but not inputs that end for a bad reason.
type failures struct {
	mu   sync.Mutex // guards ends
	ends []end
}

type end struct {
	at  input.Place
	err error
}

// failuresID is what the resources know the failures by.
type failuresID struct{}

func failuresOf(res *service.Resources) *failures {
	value, _ := res.GetOrSetGeneric(failuresID{}, &failures{})
	return value.(*failures)
}

// Failure returns why inputs named chronicle_detection_alerts of a stream ended
// with an error, all of them joined, or nil where none did. An input that was
// started again since, or replaced by another one, does not count any more: one at
// the same place of the configuration with the same checkpoint, or, without a
// checkpoint, with the same configuration. A stream whose input gives up delivers
// what is in flight and then stops like one that has finished, so ask when it has
// stopped:
//
//	err := stream.Run(ctx)
//	if err == nil {
//		err = plugin.Failure(stream.Resources())
//	}
func Failure(res *service.Resources) error {
	f := failuresOf(res)
	f.mu.Lock()
	defer f.mu.Unlock()
	errs := make([]error, len(f.ends))
	for i, end := range f.ends {
		errs[i] = fmt.Errorf("input %s: %w", cmp.Or(end.at.Label, settings.Name), end.err)
	}
	return errors.Join(errs...)
}

// ended notes why the input at a place ended.
func (f *failures) ended(at input.Place, err error) {
	f.begun(at)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ends = append(f.ends, end{at, err})
}

// begun forgets why an earlier input at a place ended, and reports whether one at
// another place of the same component has ended, too.
func (f *failures) begun(at input.Place) (others bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ends = slices.DeleteFunc(f.ends, func(e end) bool { return e.at == at })
	return slices.ContainsFunc(f.ends, func(e end) bool { return e.at.Component == at.Component })
}
