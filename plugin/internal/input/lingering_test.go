package input

import (
	"context"
	"errors"
	"runtime"
	"testing"
	"testing/synctest"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// ending is an input that has given up.
type ending struct{}

func (ending) Connect(context.Context) error { return service.ErrEndOfInput }
func (ending) ReadBatch(context.Context) (service.MessageBatch, service.AckFunc, error) {
	return nil, nil, service.ErrEndOfInput
}
func (ending) Close(context.Context) error { return nil }

func newCompanions() *companions {
	return &companions{running: make(map[Place]weak.Pointer[companion]), changed: make(chan struct{})}
}

func at(stream, path string) Place {
	return Place{Component: Component{Stream: stream, Path: path}}
}

func TestLingering(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		all := newCompanions()
		one, other := all.join(at("", "one")), all.join(at("", "other"))
		elsewhere := all.join(at("another", "other"))
		defer elsewhere.leave()
		one.leave()
		l := &lingering{BatchInput: ending{}, in: &input{companion: one, failure: errors.New("the reason")}}

		_, _, err := l.ReadBatch(t.Context())
		require.ErrorIs(t, err, service.ErrNotConnected)
		require.ErrorContains(t, l.Connect(t.Context()), "the reason")

		ctx, cancel := context.WithCancel(t.Context())
		stopped := make(chan error)
		go func() { stopped <- l.Connect(ctx) }()
		synctest.Wait()
		cancel()
		require.ErrorIs(t, <-stopped, context.Canceled, "a stop ends the waiting")

		ended := make(chan error)
		go func() { ended <- l.Connect(t.Context()) }()
		synctest.Wait()
		other.leave()
		require.ErrorIs(t, <-ended, service.ErrEndOfInput)
	})
}

// Alone, an input ends at once, and so does one that has read all that it should.
func TestLingeringAlone(t *testing.T) {
	all := newCompanions()
	one := all.join(at("", "one"))
	l := &lingering{BatchInput: ending{}, in: &input{companion: one, failure: errors.New("the reason")}}
	require.ErrorIs(t, l.Connect(t.Context()), service.ErrEndOfInput)
	all.join(at("", "other"))
	l.in.failure = nil
	require.ErrorIs(t, l.Connect(t.Context()), service.ErrEndOfInput)
	_, _, err := l.ReadBatch(t.Context())
	require.ErrorIs(t, err, service.ErrEndOfInput)
}

// An input that takes the place of another is the one there, and what Benthos has dropped
// without closing it is none.
func TestCompanions(t *testing.T) {
	all := newCompanions()
	one := all.join(at("", "one"))
	earlier := all.join(at("", "other"))
	later := all.join(at("", "other"))
	earlier.leave()
	others, _ := one.othersRun()
	require.True(t, others)
	later.leave()
	later.leave()
	others, _ = one.othersRun()
	require.False(t, others)

	all.join(at("", "dropped"))
	runtime.GC()
	others, _ = one.othersRun()
	require.False(t, others)
}
