package input_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// promptly is how long a stop may take, whatever the cache does.
const promptly = 5 * time.Second

// stopsPromptly stops the process, once everything is acknowledged.
func stopsPromptly(t *testing.T, p *rig.Process) {
	t.Helper()
	begun := time.Now()
	p.StopAfterAcks()
	require.LessOrEqual(t, time.Since(begun), promptly)
}

// A write that does not return is logged, counted and tried again, and holds up neither
// the delivery nor a stop.
func TestWritesHang(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(3, 1, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		p.Deliver()
		rig.Pass(time.Second)
		require.Equal(t, times[0], r.Stored())
		r.Cache.HangWrites(true)
		defer r.Cache.HangWrites(false)
		p.Deliver()
		rig.Pass(30 * time.Second)
		require.Contains(t, p.Logs.String(), "storing the position in the cache positions: no answer within 11s; failure 1 in a row")
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_checkpoint_failures"), 2.0, "it is tried again")
		p.Deliver()
		rig.Pass(time.Hour)
		require.Contains(t, p.Logs.String(), "nor to 16 earlier calls", "so many are left behind, and no more")
		stopsPromptly(t, p)
		require.Contains(t, p.Logs.String(), "the last position is not stored")
	})
}

// An abandoned write that is done late replaces a newer position, which is then written
// again.
func TestLateWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		_, times := r.History(3, 1, 1000)
		p := r.Start(rig.Settings{"start_time": "2h"})
		p.Deliver()
		rig.Pass(time.Second)
		r.Cache.HangWrites(true)
		p.Deliver()
		rig.Pass(15 * time.Second)
		letGo := r.Cache.AnswerWrites()
		p.Deliver()
		rig.Pass(time.Minute)
		require.Equal(t, times[2], r.Stored())
		writes := r.Cache.Writes()
		letGo()
		rig.Pass(time.Second)
		require.Equal(t, times[2], r.Stored())
		require.Greater(t, r.Cache.Writes(), writes+1)
		stopsPromptly(t, p)
	})
}

// Reads that are slow, or hang, do not keep the position from being stored, nor the
// process from stopping.
func TestReadsAreSlow(t *testing.T) {
	for slow, failed := range map[time.Duration]bool{10 * time.Second: false, time.Minute: true} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			_, times := r.History(5, 1, 1000)
			p := r.Start(rig.Settings{"start_time": "2h"})
			require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
			r.Cache.SlowReads(slow)
			defer rig.Pass(slow) // the last read
			for _, at := range times {
				p.Deliver()
				rig.Pass(2 * time.Second)
				require.Equal(t, at, r.Stored())
			}
			rig.Pass(20 * time.Second)
			require.Equal(t, failed, p.Metrics.Value("chronicle_checkpoint_failures") > 0)
			require.Equal(t, failed, strings.Contains(p.Logs.String(), "reading the position in the cache positions: no answer within 11s; positions are stored all the same"))
			rig.Pass(5 * time.Minute)
			require.LessOrEqual(t, strings.Count(p.Logs.String(), "no answer"), 1)
			stopsPromptly(t, p)
		})
	}
}

// A start that waits for the cache says so, tries again, and can be stopped.
func TestReadsHangAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		sent, times := r.History(2, 1, 1000)
		r.Store(`{"continuation_time":"` + times[0] + `"}`)
		r.Cache.HangReads(true)
		p := r.Start(nil)
		rig.Pass(30 * time.Second)
		require.Contains(t, p.Logs.String(), "reading the position in the cache positions: no answer within 11s")
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_checkpoint_failures"), 2.0)
		require.Empty(t, r.Server.Requests())
		stopsPromptly(t, p)
		p = r.Start(nil)
		rig.Pass(15 * time.Second)
		r.Cache.HangReads(false)
		require.Equal(t, sent[1:], p.Deliver())
	})
}

// What was stored and is not any more is stored again within 30 seconds, also where
// nothing but heartbeats comes; and at a stop in any case.
func TestStoredPositionVanishes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	for name, test := range map[string]struct {
		set    rig.Settings
		lose   func(t *testing.T, r *rig.Rig)
		stored func(r *rig.Rig) string
	}{
		"from a cache": {nil, func(_ *testing.T, r *rig.Rig) { r.Cache.Lose() }, (*rig.Rig).StoredJSON},
		"the position, not its spare": {nil, func(t *testing.T, r *rig.Rig) {
			t.Helper()
			spare := r.StoredJSON()
			r.Cache.Lose()
			r.StoreSpare(spare)
		}, (*rig.Rig).StoredJSON},
		"emptied": {nil, func(_ *testing.T, r *rig.Rig) { r.Store("") }, (*rig.Rig).StoredJSON},
		"with its directory": {
			inDirectory(dir, nil), func(t *testing.T, _ *rig.Rig) {
				t.Helper()
				require.NoError(t, os.RemoveAll(dir))
			}, func(*rig.Rig) string {
				content, _ := os.ReadFile(filepath.Join(dir, settings.Name)) // it may not be there
				return string(content)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, os.RemoveAll(dir))
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				p := r.Start(test.set)
				rig.Pass(time.Minute)
				want := test.stored(r)
				require.NotEmpty(t, want)
				// The process that begins at a stored position has stored none itself.
				for range 2 {
					for range 2 {
						test.lose(t, r)
						rig.Pass(30 * time.Second)
						require.Equal(t, want, test.stored(r))
					}
					require.Equal(t, 1, strings.Count(p.Logs.String(), "is missing or not whole; it is stored again"))
					test.lose(t, r)
					stopsPromptly(t, p)
					require.Equal(t, want, test.stored(r))
					p = r.Start(test.set)
					rig.Pass(time.Second)
				}
				require.Len(t, r.Asked(), 3)
			})
		})
	}
}

// A start with reads that take ten seconds each begins, and is remembered.
func TestReadsAreSlowAtTheStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Cache.SlowReads(10 * time.Second)
		p := r.Start(nil)
		rig.Pass(30 * time.Second)
		require.NotEmpty(t, r.Stored())
		require.Len(t, r.Asked(), 1)
		stopsPromptly(t, p)
		rig.Pass(10 * time.Second) // the last read
	})
}
