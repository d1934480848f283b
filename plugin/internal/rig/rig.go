package rig

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A Rig is the stand-in and what outlives a process, for a test inside a
// synctest bubble: the network, the cache and the clock are the bubble's.
type Rig struct {
	T       *testing.T
	Network *chronicletest.Network
	Server  *chronicletest.Server
	Cache   *Cache
	API     Settings         // of the input
	Dial    network.DialFunc // that of Network, unless a test puts its own between
	Jitter  func() float64
}

// Instance is an instance of the Chronicle API.
const Instance = "projects/p/locations/us/instances/i"

// The two APIs, in the input's settings. What is the same for both is tested for
// both with ForBothAPIs.
var (
	Backstory = Settings{"api": "backstory"}
	Chronicle = Settings{"api": "chronicle", "instance": Instance}
)

// ForBothAPIs runs a test twice, each time in a bubble of its own.
func ForBothAPIs(t *testing.T, test func(t *testing.T, api Settings)) {
	t.Helper()
	for _, api := range []Settings{Backstory, Chronicle} {
		t.Run(fmt.Sprint(api["api"]), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { test(t, api) })
		})
	}
}

// New is a rig whose input uses the Backstory API.
func New(t *testing.T, opts ...chronicletest.Option) *Rig {
	t.Helper()
	return For(t, Backstory, opts...)
}

// For is a rig whose input uses the API of these settings.
func For(t *testing.T, api Settings, opts ...chronicletest.Option) *Rig {
	t.Helper()
	between := chronicletest.NewNetwork()
	r := &Rig{
		T:       t,
		Network: between,
		Server:  chronicletest.NewServer(append(opts, chronicletest.WithNetwork(between))...),
		Cache:   &Cache{values: make(map[string]string)},
		API:     api,
		Dial:    between.DialContext,
		Jitter:  rand.Float64,
	}
	t.Cleanup(r.Server.Close)
	return r
}

// Settings are fields of the input that differ from the rig's defaults.
type Settings map[string]any

// History appends batches of detections, a minute apart, ending an hour ago, and
// returns their bodies and their positions.
func (r *Rig) History(batches, detections, size int) (sent []string, times []string) {
	g := chronicletest.NewGenerator(uint64(batches))
	begin := time.Now().Add(-time.Hour - time.Duration(batches)*time.Minute)
	for i := range batches {
		batch := g.Detections(detections, size)
		sent = append(sent, Texts(batch)...)
		times = append(times, RFC3339(r.Server.AppendAt(begin.Add(time.Duration(i)*time.Minute), batch...)))
	}
	return sent, times
}

// Asked is the continuation time of each stream request so far.
func (r *Rig) Asked() (times []string) {
	for _, request := range r.Server.Requests() {
		times = append(times, request.ContinuationTime)
	}
	return times
}

// Reconnecting is how long Benthos waits before it connects an input again that has
// lost its connection.
const Reconnecting = 100 * time.Millisecond

// Gaps are the waits between the stream requests so far.
func (r *Rig) Gaps() (gaps []time.Duration) {
	requests := r.Server.Requests()
	for i := 1; i < len(requests); i++ {
		gaps = append(gaps, requests[i].Time.Sub(requests[i-1].Time))
	}
	return gaps
}

// Pass lets d pass on the bubble's clock, and everything happen that is due.
func Pass(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

// RFC3339 is how the stand-in writes times.
func RFC3339(t time.Time) string { return position.At(t).ContinuationTime }

// Stored is the time of the position under the default key, "" if none is.
func (r *Rig) Stored() string {
	r.T.Helper()
	r.Cache.mu.Lock()
	defer r.Cache.mu.Unlock()
	value, found := r.Cache.values[settings.Name]
	if !found {
		return ""
	}
	p, err := position.Decode([]byte(value))
	require.NoError(r.T, err)
	return p.StartTime()
}

// StoredJSON is the value under the default key, "" where there is none.
func (r *Rig) StoredJSON() string {
	r.Cache.mu.Lock()
	defer r.Cache.mu.Unlock()
	return r.Cache.values[settings.Name]
}

// StoredPosition is the position under the default key, which has to be there.
func (r *Rig) StoredPosition() position.Position {
	r.T.Helper()
	r.Cache.mu.Lock()
	defer r.Cache.mu.Unlock()
	p, err := position.Decode([]byte(r.Cache.values[settings.Name]))
	require.NoError(r.T, err)
	return p
}

// Store puts a position under the default key.
func (r *Rig) Store(value string) { r.put(settings.Name, value) }

// StoreSpare puts a position's copy where that of the default key is.
func (r *Rig) StoreSpare(value string) { r.put(settings.Name+position.SpareSuffix, value) }

func (r *Rig) put(key, value string) {
	r.Cache.mu.Lock()
	defer r.Cache.mu.Unlock()
	r.Cache.values[key] = value
}

// Texts are detections as the bodies of messages.
func Texts(detections []json.RawMessage) (bodies []string) {
	for _, d := range detections {
		bodies = append(bodies, string(d))
	}
	return bodies
}
