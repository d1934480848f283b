package position

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// A fakeCache has values, or fails.
type fakeCache struct {
	values map[string]string
	hangs  bool
	deaf   chan struct{} // unless nil, reads wait for it whatever becomes of their context
	// deafWrites is the same for writes.
	deafWrites chan struct{}

	mu sync.Mutex // guards values where writes are abandoned
}

func (c *fakeCache) Get(ctx context.Context, key string) ([]byte, error) {
	if c.deaf != nil {
		<-c.deaf
	}
	if c.hangs {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	if value, found := c.values[key]; found {
		return []byte(value), nil
	}
	return nil, nil
}

func (c *fakeCache) Set(_ context.Context, key string, value []byte) error {
	if c.deafWrites != nil {
		<-c.deafWrites
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.values[key] = string(value)
	return nil
}

func (c *fakeCache) Delete(_ context.Context, key string) error {
	delete(c.values, key)
	return nil
}

func TestStoreLoads(t *testing.T) {
	position := func(at string) string { return `{"continuation_time":"` + at + `"}` }
	for _, test := range []struct {
		name, value, spare string // "" = not there
		want               string
		fromSpare          bool
		problem            string
	}{
		{name: "nothing"},
		{name: "both", value: position(t1), spare: position(t1), want: t1},
		{name: "no spare", value: position(t1), want: t1},
		{name: "the first write broke off between the two", spare: position(t1), want: t1, fromSpare: true},
		{name: "a write of the position broke off", value: "{", spare: position(t1), want: t1, fromSpare: true},
		{name: "a time that was never set over a good one", value: position("1970-01-01T00:00:00Z"), spare: position(t0), want: t0, fromSpare: true},
		{name: "a time that was never set alone", value: position("0001-01-01T00:00:00Z")},
		{name: "neither is whole", value: "{", spare: "{", problem: `the value of key k: got "{", want JSON`},
		{name: "not whole, and no spare", value: "{", problem: `the value of key k: got "{", want JSON`},
		{name: "the first write broke off in the spare", spare: "{"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := &fakeCache{values: map[string]string{}}
			if test.value != "" {
				c.values["k"] = test.value
			}
			if test.spare != "" {
				c.values["k"+SpareSuffix] = test.spare
			}
			s := NewStore(c, "positions", "k")
			got, fromSpare, err := s.Load(t.Context())
			if test.problem != "" {
				require.ErrorContains(t, err, "reading the position in the cache positions: "+test.problem)
				return
			}
			require.NoError(t, err)
			require.Equal(t, test.want, got.StartTime())
			require.Equal(t, test.fromSpare, fromSpare)
			// Whatever was there, the next write leaves both whole.
			require.NoError(t, s.Save(t.Context(), Position{ContinuationTime: t2}))
			require.Equal(t, map[string]string{"k": position(t2), "k" + SpareSuffix: position(t2)}, c.values)
		})
	}
}

// A cache that does not answer is a failure after ten seconds, even one that takes
// no notice of the context.
func TestStoreReadsWithADeadline(t *testing.T) {
	for _, deaf := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			c := &fakeCache{hangs: true}
			if deaf {
				c.deaf = make(chan struct{})
				defer close(c.deaf)
			}
			begun := time.Now()
			_, _, err := NewStore(c, "positions", "k").Load(t.Context())
			require.EqualError(t, err, "reading the position in the cache positions: no answer within 11s")
			failed, ok := errors.AsType[*CacheError](err)
			require.True(t, ok)
			require.ErrorIs(t, failed, ErrNoAnswer)
			require.Equal(t, callTimeout, time.Since(begun))
		})
	}
}

func TestStoreProbes(t *testing.T) {
	c := &fakeCache{values: map[string]string{"k": "{}"}}
	require.NoError(t, NewStore(c, "positions", "k").Probe(t.Context()))
	require.Equal(t, map[string]string{"k": "{}"}, c.values, "and leaves nothing behind")
}

// What is found is compared with what this store has found and stored, and with what
// other stores of this process have.
func TestStoreNoticesWhoElseStores(t *testing.T) {
	at := func(text string) Position { return Position{ContinuationTime: text} }
	text := func(at string) string { return `{"continuation_time":"` + at + `"}` }
	cache := &fakeCache{values: map[string]string{"mine": text(t0)}}
	look := func(s *Store) Sight {
		found, err := s.Look(t.Context())
		require.NoError(t, err)
		return found
	}
	store := NewStore(cache, "c", "mine")
	_, _, err := store.Load(t.Context())
	require.NoError(t, err)
	require.Zero(t, look(store), "it is what was found")
	require.NoError(t, store.Save(t.Context(), at(t1)))
	require.Zero(t, look(store), "it is what was stored")
	cache.values["mine"] = text(t2)
	require.Equal(t, Sight{Foreign: at(t2)}, look(store))
	require.Zero(t, look(store), "it is found once")

	const later, evenLater = "2026-03-01T04:00:00Z", "2026-03-01T05:00:00Z"
	other := NewStore(&fakeCache{values: cache.values}, "another label", "mine")
	require.NoError(t, other.Save(t.Context(), at(later)))
	require.Equal(t, Sight{Foreign: at(later), Sibling: true}, look(store))
	require.NoError(t, other.Save(t.Context(), at(evenLater)))
	other.Close()
	require.Zero(t, look(store), "a late write of a store whose place this one took")

	delete(cache.values, "mine")
	require.Equal(t, Sight{Missing: true}, look(store), "caches evict")
	cache.values["mine"] = `{"continuation_`
	require.Equal(t, Sight{Missing: true}, look(store), "a write broke off")
	cache.values["mine"] = text(t0)
	require.Zero(t, look(store), "caches give out what was there before")
}

// A write that does not return is abandoned, like a read; so many are left behind, and
// no more. When one returns late, the position is written again, and what is whole last.
func TestStoreAbandonsWrites(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := &fakeCache{values: map[string]string{}, deafWrites: make(chan struct{})}
		store := NewStore(cache, "positions", "k")
		for range maxAbandoned {
			begun := time.Now()
			err := store.Save(t.Context(), Position{ContinuationTime: t1})
			require.EqualError(t, err, "storing the position in the cache positions: no answer within 11s")
			require.ErrorIs(t, err, ErrNoAnswer)
			require.Equal(t, callTimeout, time.Since(begun))
		}
		begun := time.Now()
		err := store.Save(t.Context(), Position{ContinuationTime: t1})
		require.ErrorIs(t, err, ErrNoAnswer)
		require.ErrorContains(t, err, "nor to 16 earlier calls")
		require.Zero(t, time.Since(begun))

		close(cache.deafWrites)
		synctest.Wait()
		require.NotEmpty(t, store.late)
		require.NoError(t, store.Save(t.Context(), Position{ContinuationTime: t2}))
		require.Equal(t, map[string]string{"k": encoded(t, t2), "k.spare": encoded(t, t2)}, cache.values)
		require.Equal(t, "k.spare", store.keys()[0])
		store.wroteLate("k")
		require.Equal(t, "k", store.keys()[0], "it may be half written")
	})
}

func encoded(t *testing.T, at string) string {
	t.Helper()
	text, err := Position{ContinuationTime: at}.Encode()
	require.NoError(t, err)
	return string(text)
}
