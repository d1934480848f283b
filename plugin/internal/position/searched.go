package position

import (
	"hash/maphash"
	"time"
)

const (
	// searchedSpan is for how long before the end of a search what it has found is
	// remembered: well over what a stream begins before that end, since the two go by
	// different times.
	searchedSpan = time.Hour

	// searchedLimit bounds what is remembered, at some 40 MB.
	searchedLimit = 1_000_000
)

// Searched remembers, by id, what a search found last, for the seam to the stream
// behind it: what the stream brings again there is the same detection, though its
// bytes may not be.
type Searched struct {
	limit int // of ids
	seed  maphash.Seed
	seen  map[uint64]struct{}
	parts []searchedPart // by time
	now   searchedPart   // that has no time yet
	end   time.Time
}

// A searchedPart is what was found between two positions.
type searchedPart struct {
	end time.Time
	ids []uint64
}

// NewSearched remembers nothing yet.
func NewSearched() *Searched {
	return &Searched{limit: searchedLimit, seed: maphash.MakeSeed(), seen: make(map[uint64]struct{})}
}

// Found notes a detection.
func (s *Searched) Found(id string) {
	if id == "" {
		return
	}
	key := maphash.String(s.seed, id)
	s.seen[key] = struct{}{}
	s.now.ids = append(s.now.ids, key)
}

// Reached notes the position behind what was found, and forgets what is far before.
func (s *Searched) Reached(at time.Time) {
	s.end, s.now.end = at, at
	s.parts = append(s.parts, s.now)
	s.now = searchedPart{}
	for len(s.parts) > 1 && (at.Sub(s.parts[0].end) > searchedSpan || len(s.seen) > s.limit) {
		for _, key := range s.parts[0].ids {
			delete(s.seen, key)
		}
		s.parts = s.parts[1:]
	}
}

// Has says whether a detection of a stream was found before.
func (s *Searched) Has(id string) bool {
	if len(s.seen) == 0 || id == "" {
		return false
	}
	_, found := s.seen[maphash.String(s.seed, id)]
	return found
}

// Passed notes the position of a stream: far enough behind the search, nothing is
// left to remember.
func (s *Searched) Passed(at time.Time) {
	if len(s.seen) > 0 && at.Sub(s.end) > searchedSpan {
		*s = *NewSearched()
	}
}
