package position

import (
	"context"
	"errors"
	"slices"
	"time"
)

// SpareSuffix makes the key of the spare from the key of the position.
const SpareSuffix = ".spare"

// probeSuffix makes a key that is like that of the position.
const probeSuffix = ".probe"

// readTimeout is how long one read may take before it counts as failed.
const readTimeout = 10 * time.Second

// A Cache keeps values under keys. Its methods are called by one goroutine at a
// time, unless a read did not end in time.
type Cache interface {
	// Get returns the value of a key, nil where there is none.
	Get(ctx context.Context, key string) ([]byte, error)
	// Set replaces the value of a key.
	Set(ctx context.Context, key string, value []byte) error
	// Delete removes a key.
	Delete(ctx context.Context, key string) error
}

// A Store keeps one position in a cache or in a directory.
//
// Some caches cannot replace a value in one step: the file cache empties the
// file first, so a machine that stops at that moment leaves neither the old
// position nor the new one. Every position is therefore written twice, to a
// spare first, or last where it is the spare that has to be kept. At any moment
// one of the two is whole. A directory replaces a value in one step, so there is no
// spare.
type Store struct {
	cache Cache
	dir   *Directory // the cache, where it is one
	label string
	key   string

	// torn is set while the position itself is not whole, but its spare is.
	torn bool

	// known are the values of the key that are no surprise: what was found at the
	// beginning, and what was stored since. A cache may give out an older one for a
	// while.
	known []string
}

// knownValues is how many values of the key are remembered.
const knownValues = 16

func (s *Store) know(value []byte) {
	if s.known = append(s.known, string(value)); len(s.known) > knownValues {
		s.known = s.known[1:]
	}
}

// NewStore returns the store of the position under a key of a cache, which label
// names in errors.
func NewStore(cache Cache, label, key string) *Store {
	return &Store{cache: cache, label: label, key: key}
}

// NewDirectoryStore returns the store of the position in a directory.
func NewDirectoryStore(dir *Directory, key string) *Store {
	return &Store{cache: dir, dir: dir, label: dir.Path(), key: key}
}

// Label names the cache, or is the path of the directory.
func (s *Store) Label() string { return s.label }

// Key is that of the position.
func (s *Store) Key() string { return s.key }

// Open makes the position this process's alone, where the store can do that: in a
// directory. Errors are a *[CacheError].
func (s *Store) Open() error {
	if s.dir == nil {
		return nil
	}
	if err := s.dir.Lock(s.key); err != nil {
		return s.failed("locking", err)
	}
	return nil
}

// Close undoes Open.
func (s *Store) Close() {
	if s.dir != nil {
		s.dir.Release()
	}
}

func (s *Store) failed(doing string, err error) error {
	return &CacheError{Doing: doing, Label: s.label, Directory: s.dir != nil, Err: err}
}

// Load returns the stored position, zero where none is stored. The spare counts
// wherever the position itself is missing or not whole: the first write of all may
// have broken off between the two, and caches evict.
//
// A position that cannot be read, or not within ten seconds, is a *[CacheError],
// and beginning anew no answer to it: unless the spare tells, that would skip what
// the position stands for.
func (s *Store) Load(ctx context.Context) (p Position, fromSpare bool, err error) {
	p, err = s.get(ctx, s.key)
	_, corrupt := errors.AsType[*CorruptError](err)
	if s.dir != nil || err == nil && !p.IsZero() || err != nil && !corrupt {
		return p, false, err
	}
	spare, spareErr := s.get(ctx, s.key+SpareSuffix)
	_, spareCorrupt := errors.AsType[*CorruptError](spareErr)
	switch {
	case spareErr == nil && !spare.IsZero():
		s.torn = true
		return spare, true, nil
	case corrupt:
		return Position{}, false, err
	case spareCorrupt:
		// Of the first write of all, not even the spare was done.
		return Position{}, false, nil
	}
	return Position{}, false, spareErr
}

func (s *Store) get(ctx context.Context, key string) (Position, error) {
	stored, err := s.read(ctx, key)
	if err != nil {
		return Position{}, s.failed("reading", err)
	}
	if key == s.key {
		s.know(stored)
	}
	if stored == nil {
		return Position{}, nil
	}
	p, err := Decode(stored)
	if err != nil {
		return Position{}, s.failed("reading", &CorruptError{key, err})
	}
	return p, nil
}

// read returns when its time is over even where the cache does not.
func (s *Store) read(ctx context.Context, key string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	type outcome struct {
		value []byte
		err   error
	}
	answer := make(chan outcome, 1)
	go func() {
		value, err := s.cache.Get(ctx, key)
		answer <- outcome{value, err}
	}()
	select {
	case got := <-answer:
		return got.value, got.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// Probe says whether the cache can store anything under the position's key, by
// doing so under one like it. A directory has shown it by being locked. Errors are a
// *[CacheError].
func (s *Store) Probe(ctx context.Context) error {
	if s.dir != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	key := s.key + probeSuffix
	if err := s.cache.Set(ctx, key, []byte("{}")); err != nil {
		return s.failed("storing", err)
	}
	// What is left of it is in nobody's way.
	_ = s.cache.Delete(ctx, key)
	return nil
}

// Foreign returns a position under the key that this store has neither found nor
// stored, zero where there is none: another process stores under the same key. Each
// is returned once. A cache that can't be read says nothing about that. In a directory
// the lock keeps other processes out.
func (s *Store) Foreign(ctx context.Context) Position {
	if s.dir != nil || len(s.known) == 0 {
		return Position{}
	}
	value, err := s.read(ctx, s.key)
	if err != nil || value == nil || slices.Contains(s.known, string(value)) {
		return Position{}
	}
	p, err := Decode(value)
	if err != nil {
		return Position{} // a write of one's own that broke off, perhaps
	}
	s.know(value)
	return p
}

// Save replaces the stored position. Errors are a *[CacheError].
func (s *Store) Save(ctx context.Context, p Position) error {
	encoded, err := p.Encode()
	if err != nil {
		return err
	}
	keys := []string{s.key + SpareSuffix, s.key}
	switch {
	case s.dir != nil:
		keys = []string{s.key}
	case s.torn:
		slices.Reverse(keys)
	}
	// A write that fails may be done all the same, and later.
	s.know(encoded)
	for _, key := range keys {
		err = s.cache.Set(ctx, key, encoded)
		if key == s.key {
			// A write that failed may have emptied it first.
			s.torn = err != nil
		}
		if err != nil {
			return s.failed("storing", err)
		}
	}
	return nil
}
