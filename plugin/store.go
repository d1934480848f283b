package plugin

import (
	"context"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// A positionStore keeps one position in a cache resource.
type positionStore struct {
	res   *service.Resources
	label string
	key   string
}

// load returns the stored position, zero where none is stored. What is stored
// and is no position is an error.
func (s *positionStore) load(ctx context.Context) (position, error) {
	var stored []byte
	var err error
	if accessErr := s.res.AccessCache(ctx, s.label, func(c service.Cache) {
		stored, err = c.Get(ctx, s.key)
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
		return position{}, &cacheError{doing: "reading", label: s.label, err: fmt.Errorf("the value of key %s: %w", s.key, err)}
	}
	return p, nil
}

// save replaces the stored position.
func (s *positionStore) save(ctx context.Context, p position) error {
	encoded, err := p.encode()
	if err != nil {
		return err
	}
	if accessErr := s.res.AccessCache(ctx, s.label, func(c service.Cache) {
		err = c.Set(ctx, s.key, encoded, nil)
	}); accessErr != nil {
		err = accessErr
	}
	if err != nil {
		return &cacheError{doing: "storing", label: s.label, err: err}
	}
	return nil
}
