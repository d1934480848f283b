package input_test

import (
	"context"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// Without a start time the stream begins now. If the first attempt fails, the
// second one must not begin at a later now.
func TestFailureBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503}})
		begun := time.Now()
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		rig.Pass(time.Second)
		r.Server.Append([]byte(`{"id":"de_1"}`))
		require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
		require.Equal(t, []string{"", rig.RFC3339(begun.Add(-answer.ClockTolerance))}, r.Asked())
	})
}

// Nor must a process that is restarted, whatever kept the first one from the stream: the
// start is stored before anything else can fail.
func TestFirstStartIsRemembered(t *testing.T) {
	start := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
	now := rig.RFC3339(start.Add(-answer.ClockTolerance))
	for name, test := range map[string]struct {
		set    rig.Settings
		fail   func(r *rig.Rig)
		stored string
	}{
		"the stream answers 503":         {nil, refusing(503), now},
		"the stream answers 400":         {nil, refusing(400), now},
		"the stream answers 403":         {nil, refusing(403), now},
		"the token endpoint answers 503": {nil, func(r *rig.Rig) { scriptTokens(r, chronicletest.TokenStep{Status: 503}) }, now},
		"the token endpoint refuses":     {nil, func(r *rig.Rig) { scriptTokens(r, rig.InvalidGrant("Invalid JWT Signature.")) }, now},
		"nothing listens": {nil, func(r *rig.Rig) {
			r.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
		}, now},
		"no credentials": {rig.Settings{"credentials_json": ""}, func(r *rig.Rig) {
			r.T.Setenv("HOME", r.T.TempDir())
			r.Dial = func(context.Context, string, string) (net.Conn, error) { return nil, syscall.ECONNREFUSED }
		}, now},
		"a duration ago":  {rig.Settings{"start_time": "2h"}, refusing(503), rig.RFC3339(start.Add(-2 * time.Hour))},
		"an absolute one": {rig.Settings{"start_time": "1999-12-31T12:00:00Z"}, refusing(503), ""},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := rig.New(t)
				dial := r.Dial
				test.fail(r)
				set := rig.Settings{"max_consecutive_failures": 1}
				maps.Copy(set, test.set)
				p := r.Start(set)
				require.Error(t, p.Ends())
				require.Equal(t, test.stored, r.Stored(), "before the stop")
				require.Len(t, slices.DeleteFunc(p.Logs.Above(), func(line string) bool { return !strings.Contains(line, "Reading begins") }), 1)
				p.Stop()
				require.Equal(t, test.stored, r.Stored())
				if test.stored == "" {
					return
				}
				rig.Pass(time.Minute)
				r.Server.Append([]byte(`{"id":"de_1"}`))
				rig.Pass(time.Hour)
				r.Dial = dial
				asked := len(r.Asked())
				p = r.Start(nil)
				require.Equal(t, []string{`{"id":"de_1"}`}, p.Deliver())
				require.Equal(t, test.stored, r.Asked()[asked])
			})
		})
	}
}

func refusing(status int) func(*rig.Rig) {
	return func(r *rig.Rig) {
		steps := 2
		if status == http.StatusBadRequest {
			steps = 1 // which ends the input
		}
		for range steps {
			r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: status}})
		}
	}
}

func scriptTokens(r *rig.Rig, step chronicletest.TokenStep) {
	for range 2 {
		r.Server.ScriptToken(step)
	}
}

// A start that cannot be stored does not begin: it would be forgotten.
func TestFirstStartThatCannotBeStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		begun := time.Now()
		r.Cache.HangWrites(true)
		p := r.Start(rig.Settings{"max_consecutive_failures": 0})
		rig.Pass(time.Minute)
		require.Empty(t, r.Server.Requests())
		require.Contains(t, p.Logs.String(), "storing the position in the cache positions: no answer within 11s")
		require.GreaterOrEqual(t, p.Metrics.Value("chronicle_checkpoint_failures"), 3.0)
		r.Cache.HangWrites(false)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		require.Equal(t, rig.RFC3339(begun.Add(-answer.ClockTolerance)), r.Stored())
	})
}

// Neither must a stream that ends, or a process that crashes, before a position
// came.
func TestEndBeforeAnyPosition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		begun := time.Now()
		r.Server.Script(chronicletest.Step{AfterBytes: 10, Then: chronicletest.Cut})
		first := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		rig.Pass(time.Minute)
		require.Equal(t, rig.RFC3339(begun.Add(-answer.ClockTolerance)), r.Stored())
		first.Stop()
		r.Server.Append([]byte(`{"id":"de_1"}`))
		rig.Pass(time.Minute)
		second := r.Start(nil)
		require.Equal(t, []string{`{"id":"de_1"}`}, second.Deliver())
		require.Equal(t, []string{"", rig.RFC3339(begun.Add(-answer.ClockTolerance))}, r.Asked())
	})
}
