package position

import (
	"context"
	"errors"
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
			require.EqualError(t, err, "reading the position in the cache positions: context deadline exceeded")
			failed, ok := errors.AsType[*CacheError](err)
			require.True(t, ok)
			require.ErrorIs(t, failed, context.DeadlineExceeded)
			require.Equal(t, readTimeout, time.Since(begun))
		})
	}
}

func TestStoreProbes(t *testing.T) {
	c := &fakeCache{values: map[string]string{"k": "{}"}}
	require.NoError(t, NewStore(c, "positions", "k").Probe(t.Context()))
	require.Equal(t, map[string]string{"k": "{}"}, c.values, "and leaves nothing behind")
}

func TestStoreNoticesAnotherProcess(t *testing.T) {
	at := func(text string) Position { return Position{ContinuationTime: text} }
	cache := &fakeCache{values: map[string]string{"k": `{"continuation_time":"` + t0 + `"}`}}
	store := NewStore(cache, "c", "k")
	require.Zero(t, store.Foreign(t.Context()), "nothing is known before it was looked for")
	_, _, err := store.Load(t.Context())
	require.NoError(t, err)
	require.Zero(t, store.Foreign(t.Context()), "it is what was found")
	require.NoError(t, store.Save(t.Context(), at(t1)))
	require.Zero(t, store.Foreign(t.Context()), "it is what was stored")

	other := NewStore(cache, "c", "k")
	_, _, err = other.Load(t.Context())
	require.NoError(t, err)
	require.NoError(t, other.Save(t.Context(), at(t2)))
	require.Equal(t, at(t2), store.Foreign(t.Context()))
	require.Zero(t, store.Foreign(t.Context()), "it is told once")
	const later = "2026-03-01T04:00:00Z"
	require.NoError(t, store.Save(t.Context(), at(later)))
	require.Equal(t, at(later), other.Foreign(t.Context()))

	delete(cache.values, "k")
	require.Zero(t, store.Foreign(t.Context()), "caches evict")
	cache.values["k"] = `{"continuation_`
	require.Zero(t, store.Foreign(t.Context()), "a write broke off")
	cache.values["k"] = `{"continuation_time":"` + t0 + `"}`
	require.Zero(t, store.Foreign(t.Context()), "caches give out what was there before")
}
