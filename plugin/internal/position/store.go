package position

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// SpareSuffix makes the key of the spare from the key of the position.
const SpareSuffix = ".spare"

// probeSuffix makes a key that is like that of the position.
const probeSuffix = ".probe"

// A Cache keeps values under keys. Its methods may be called at the same time.
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
//
// Each call of the cache has a deadline of its own, and is abandoned where it does not
// return by then.
type Store struct {
	cache Cache
	dir   *Directory // the cache, where it is one
	label string
	key   string

	reads, writes calls
	late          chan struct{} // holds a token when an abandoned write has returned

	mu sync.Mutex // guards what follows, never held across calls
	// torn is set while the position itself is not whole, but its spare is.
	torn bool
	// known are the values of the key that are no surprise: what was found at the
	// beginning, and what was stored since. A cache may give out an older one for a
	// while.
	known  []string
	closed bool
}

// knownValues is how many values of the key are remembered: those of a minute, at the
// highest rate of writes.
const knownValues = 256

// NewStore returns the store of the position under a key of a cache, which label
// names in errors.
func NewStore(cache Cache, label, key string) *Store {
	return newStore(&Store{cache: cache, label: label, key: key})
}

// NewDirectoryStore returns the store of the position in a directory.
func NewDirectoryStore(dir *Directory, key string) *Store {
	return newStore(&Store{cache: dir, dir: dir, label: dir.Path(), key: key})
}

func newStore(s *Store) *Store {
	s.late = make(chan struct{}, 1)
	siblings.add(s)
	return s
}

// Label names the cache, or is the path of the directory.
func (s *Store) Label() string { return s.label }

// Key is that of the position.
func (s *Store) Key() string { return s.key }

// Open makes the position this process's alone, where the store can do that: in a
// directory. Errors are a *[CacheError].
func (s *Store) Open(ctx context.Context) error {
	if s.dir == nil {
		return nil
	}
	if err := s.write(ctx, func(context.Context) error { return s.dir.Lock(s.key) }, nil); err != nil {
		return s.failed("locking", err)
	}
	return nil
}

// Close ends the use of the store, and undoes Open.
func (s *Store) Close() {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
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
// A position that cannot be read, or not in time, is a *[CacheError],
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
		s.mu.Lock()
		s.torn = true
		s.mu.Unlock()
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

func (s *Store) read(ctx context.Context, key string) ([]byte, error) {
	return call(ctx, &s.reads, func(ctx context.Context) ([]byte, error) { return s.cache.Get(ctx, key) }, nil)
}

func (s *Store) write(ctx context.Context, do func(context.Context) error, late func()) error {
	_, err := call(ctx, &s.writes, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) }, late)
	return err
}

func (s *Store) know(value []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.known = append(s.known, string(value)); len(s.known) > knownValues {
		s.known = s.known[1:]
	}
}

func (s *Store) knows(value []byte) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.known, string(value))
}

// Probe says whether the cache can store anything under the position's key, by
// doing so under one like it. A directory has shown it by being locked. Errors are a
// *[CacheError].
func (s *Store) Probe(ctx context.Context) error {
	if s.dir != nil {
		return nil
	}
	key := s.key + probeSuffix
	err := s.write(ctx, func(ctx context.Context) error {
		if err := s.cache.Set(ctx, key, []byte("{}")); err != nil {
			return err
		}
		// What is left of it is in nobody's way.
		_ = s.cache.Delete(ctx, key)
		return nil
	}, nil)
	if err != nil {
		return s.failed("storing", err)
	}
	return nil
}

// A Sight is what is found under the key of a position that was stored before.
type Sight struct {
	// Missing says that there is no position any more.
	Missing bool
	// Foreign is a position that this store has neither found nor stored, zero where
	// there is none: somebody else stores under the same key. Each is found once.
	Foreign Position
	// Sibling says that the position is one of another store of this process.
	Sibling bool
}

// Look looks at what is stored. Errors are a *[CacheError].
func (s *Store) Look(ctx context.Context) (Sight, error) {
	value, err := s.read(ctx, s.key)
	if err != nil {
		return Sight{}, s.failed("reading", err)
	}
	p, corrupt := Decode(value)
	switch {
	case value == nil, corrupt != nil: // by a write that broke off, perhaps
		return Sight{Missing: true}, nil //nolint:nilerr // It is written again.
	case s.dir != nil, s.knows(value):
		// In a directory the lock keeps others out.
		return Sight{}, nil
	}
	s.know(value)
	sibling, closed := siblings.of(s, value)
	if closed {
		// A late write of the one whose place this store has taken.
		return Sight{}, nil
	}
	return Sight{Foreign: p, Sibling: sibling}, nil
}

// Save replaces the stored position. Errors are a *[CacheError].
func (s *Store) Save(ctx context.Context, p Position) error {
	encoded, err := p.Encode()
	if err != nil {
		return err
	}
	// A write that fails may be done all the same, and later.
	s.know(encoded)
	for _, key := range s.keys() {
		err = s.write(ctx, func(ctx context.Context) error { return s.cache.Set(ctx, key, encoded) }, func() { s.wroteLate(key) })
		if key == s.key {
			// A write that failed may have emptied it first.
			s.setTorn(err != nil)
		}
		if err != nil {
			return s.failed("storing", err)
		}
	}
	return nil
}

// keys are those to write, in order: what is whole is written last.
func (s *Store) keys() []string {
	if s.dir != nil {
		return []string{s.key}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.torn {
		return []string{s.key, s.key + SpareSuffix}
	}
	return []string{s.key + SpareSuffix, s.key}
}

func (s *Store) setTorn(torn bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.torn = torn
}

// wroteLate is called when an abandoned write has returned: what it wrote may have
// replaced a newer position.
func (s *Store) wroteLate(key string) {
	if key == s.key {
		s.setTorn(true)
	}
	select {
	case s.late <- struct{}{}:
	default:
	}
}
