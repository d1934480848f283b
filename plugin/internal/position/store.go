package position

import (
	"context"
	"errors"
	"slices"
)

// SpareSuffix makes the key of the spare from the key of the position.
const SpareSuffix = ".spare"

// A Cache keeps values under keys. Both methods may be called by one goroutine at
// a time only.
type Cache interface {
	// Get returns the value of a key, nil where there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Set replaces the value of a key.
	Set(ctx context.Context, key string, value []byte) error
}

// A Store keeps one position in a cache.
//
// Some caches cannot replace a value in one step: the file cache empties the
// file first, so a machine that stops at that moment leaves neither the old
// position nor the new one. Every position is therefore written twice, to a
// spare first, or last where it is the spare that has to be kept. At any moment
// one of the two is whole.
type Store struct {
	cache Cache
	label string
	key   string

	// torn is set while the position itself is not whole, but its spare is.
	torn bool
}

// NewStore returns the store of the position under a key of a cache, which label
// names in errors.
func NewStore(cache Cache, label, key string) *Store {
	return &Store{cache: cache, label: label, key: key}
}

// Label names the cache.
func (s *Store) Label() string { return s.label }

// Key is that of the position.
func (s *Store) Key() string { return s.key }

// Load returns the stored position, zero where none is stored. A position that
// cannot be read is a *[CacheError], and beginning anew no answer to it: unless the
// spare tells, that would skip what the position stands for.
func (s *Store) Load(ctx context.Context) (p Position, fromSpare bool, err error) {
	p, err = s.get(ctx, s.key)
	if _, corrupt := errors.AsType[*CorruptError](err); !corrupt {
		return p, false, err
	}
	spare, spareErr := s.get(ctx, s.key+SpareSuffix)
	if spareErr != nil || spare.IsZero() {
		return Position{}, false, err
	}
	s.torn = true
	return spare, true, nil
}

func (s *Store) get(ctx context.Context, key string) (Position, error) {
	stored, err := s.cache.Get(ctx, key)
	if err != nil {
		return Position{}, &CacheError{Doing: "reading", Label: s.label, Err: err}
	}
	if stored == nil {
		return Position{}, nil
	}
	p, err := Decode(stored)
	if err != nil {
		return Position{}, &CacheError{Doing: "reading", Label: s.label, Err: &CorruptError{key, err}}
	}
	return p, nil
}

// Save replaces the stored position. Errors are a *[CacheError].
func (s *Store) Save(ctx context.Context, p Position) error {
	encoded, err := p.Encode()
	if err != nil {
		return err
	}
	keys := []string{s.key + SpareSuffix, s.key}
	if s.torn {
		slices.Reverse(keys)
	}
	for _, key := range keys {
		err = s.cache.Set(ctx, key, encoded)
		if key == s.key {
			// A write that failed may have emptied it first.
			s.torn = err != nil
		}
		if err != nil {
			return &CacheError{Doing: "storing", Label: s.label, Err: err}
		}
	}
	return nil
}
