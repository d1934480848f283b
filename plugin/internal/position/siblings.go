package position

import (
	"runtime"
	"sync"
	"weak"
)

// siblings are the stores of this process: what one of them has stored is not taken for
// the work of another process.
var siblings = &family{stores: make(map[weak.Pointer[Store]]struct{})}

type family struct {
	mu     sync.Mutex // guards stores
	stores map[weak.Pointer[Store]]struct{}
}

// add adds a store until it is garbage.
func (f *family) add(s *Store) {
	pointer := weak.Make(s)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stores[pointer] = struct{}{}
	runtime.AddCleanup(s, f.remove, pointer)
}

func (f *family) remove(pointer weak.Pointer[Store]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	delete(f.stores, pointer)
}

// of says whether another store with the key of s has stored a value, and whether all
// that have are closed.
func (f *family) of(s *Store, value []byte) (found, closed bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for pointer := range f.stores {
		other := pointer.Value()
		if other == nil || other == s || other.key != s.key || !other.knows(value) {
			continue
		}
		if !other.isClosed() {
			return true, false
		}
		found = true
	}
	return found, found
}

func (s *Store) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
