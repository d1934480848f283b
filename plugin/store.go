package plugin

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// spareSuffix makes the key of the spare from the key of the position.
const spareSuffix = ".spare"

// A positionStore keeps one position in a cache resource.
//
// Some caches cannot replace a value in one step: the file cache empties the
// file first, so a machine that stops at that moment leaves neither the old
// position nor the new one. Every position is therefore written twice, to a
// spare first, or last where it is the spare that has to be kept. At any moment
// one of the two is whole.
type positionStore struct {
	res   *service.Resources
	label string
	key   string

	// torn is set while the position itself is not whole, but its spare is.
	torn bool
}

// load returns the stored position, zero where none is stored. A position that
// cannot be read is an error, and beginning anew no answer to it: unless the
// spare tells, that would skip what the position stands for.
func (s *positionStore) load(ctx context.Context) (p position, fromSpare bool, err error) {
	p, err = s.get(ctx, s.key)
	var corrupt *corruptError
	if err == nil || !errors.As(err, &corrupt) {
		return p, false, err
	}
	spare, spareErr := s.get(ctx, s.key+spareSuffix)
	if spareErr != nil || spare.isZero() {
		return position{}, false, err
	}
	s.torn = true
	return spare, true, nil
}

func (s *positionStore) get(ctx context.Context, key string) (position, error) {
	var stored []byte
	var err error
	if accessErr := s.res.AccessCache(ctx, s.label, func(c service.Cache) {
		stored, err = c.Get(ctx, key)
	}); accessErr != nil {
		err = accessErr
	}
	if errors.Is(err, service.ErrKeyNotFound) {
		return position{}, nil
	}
	if err != nil {
		return position{}, &cacheError{doing: "reading", label: s.label, err: err}
	}
	p, err := decodePosition(stored)
	if err != nil {
		return position{}, &cacheError{doing: "reading", label: s.label, err: &corruptError{key, err}}
	}
	return p, nil
}

// save replaces the stored position.
func (s *positionStore) save(ctx context.Context, p position) error {
	encoded, err := p.encode()
	if err != nil {
		return err
	}
	keys := []string{s.key + spareSuffix, s.key}
	if s.torn {
		slices.Reverse(keys)
	}
	for _, key := range keys {
		if accessErr := s.res.AccessCache(ctx, s.label, func(c service.Cache) {
			err = c.Set(ctx, key, encoded, nil)
		}); accessErr != nil {
			err = accessErr
		}
		if key == s.key {
			// A write that failed may have emptied it first.
			s.torn = err != nil
		}
		if err != nil {
			return &cacheError{doing: "storing", label: s.label, err: err}
		}
	}
	return nil
}

// corruptError says that what is stored under a key is no position.
type corruptError struct {
	key string
	err error
}

func (e *corruptError) Error() string { return fmt.Sprintf("the value of key %s: %v", e.key, e.err) }
func (e *corruptError) Unwrap() error { return e.err }
