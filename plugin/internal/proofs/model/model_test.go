package model_test

import (
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The model drives the input through histories made by chance, and holds every
// one against the promise in plugin/doc.go. Where things are:
//
//	script_test.go    a history as text, a step a line
//	generate_test.go  histories by chance, each from a seed
//	kinds_test.go     the kinds of steps that those are made of
//	run_test.go       one run: a bubble, the stand-in, processes one after another
//	verbs_test.go     what each step does; faults_test.go those that break something
//	past_test.go      histories of weeks, and the searches that reach them
//	process_test.go   the input inside Benthos; cache_test.go the cache that outlives it
//	ledger_test.go    what was sent
//	check_test.go     the checks, by name
//	shrink_test.go    a shorter history that fails too
//
// One seed is run again by its name, other seeds by a range, and a history as it
// is printed, or after editing, from a file:
//
//	go test ./plugin/internal/proofs/model -run 'TestModel/seed=17$'
//	CHRONICLE_MODEL_SEEDS=5000-9999 go test ./plugin/internal/proofs/model -run TestModel
//	CHRONICLE_MODEL_SCRIPT=history.txt go test ./plugin/internal/proofs/model -run TestModelScript -v
//
// A seed always makes the same history, but not always the same run: goroutines
// race, and back-off is random. A failure that does not come again at once is
// still one.
const (
	modelSeedsVariable  = "CHRONICLE_MODEL_SEEDS"
	modelScriptVariable = "CHRONICLE_MODEL_SCRIPT"
)

// modelShrinks is how many failures of a test run are shrunk. The others are
// most likely the same again.
const modelShrinks = 3

func TestModel(t *testing.T) {
	first, last := modelRange(t)
	var failures atomic.Int32
	for seed := first; seed <= last; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			t.Parallel()
			script := generateScript(seed)
			violation := script.run(t, slog.DiscardHandler)
			switch {
			case violation == nil:
			case failures.Add(1) > modelShrinks:
				t.Error(violation)
			default:
				reportFailure(t, script, violation)
			}
		})
	}
}

// modelRange is which seeds to run.
func modelRange(t *testing.T) (first, last uint64) {
	t.Helper()
	text := os.Getenv(modelSeedsVariable)
	if text == "" {
		if testing.Short() {
			return 1, modelSeeds / 10
		}
		return 1, modelSeeds
	}
	from, to, isRange := strings.Cut(text, "-")
	if !isRange {
		from, to = text, text
	}
	first, err := strconv.ParseUint(from, 10, 64)
	require.NoError(t, err, "%s wants a seed, or a range such as 1-9999", modelSeedsVariable)
	last, err = strconv.ParseUint(to, 10, 64)
	require.NoError(t, err, "%s wants a seed, or a range such as 1-9999", modelSeedsVariable)
	return first, last
}

// reportFailure says what went wrong in the shortest history that can be found.
func reportFailure(t *testing.T, script modelScript, violation error) {
	t.Helper()
	const runs, attempts = 400, 3
	check, _, _ := strings.Cut(violation.Error(), ":")
	reason := violation
	shrunk := script.shrink(func(candidate modelScript) bool {
		for range attempts {
			// Another check's violation may be another fault's.
			if err := candidate.run(t, slog.DiscardHandler); err != nil && strings.HasPrefix(err.Error(), check) {
				reason = err
				return true
			}
		}
		return false
	}, runs)
	t.Errorf("%v\n\nOf the history's %d steps these %d suffice, by which: %v\n\n%s\nTo run it again, put these lines into a file that %s names, and run TestModelScript.",
		violation, len(script.steps), len(shrunk.steps), reason, shrunk, modelScriptVariable)
}

// TestModelScript runs one history, often enough for a race to show, with the
// input's log.
func TestModelScript(t *testing.T) {
	path := os.Getenv(modelScriptVariable)
	if path == "" {
		t.Skip(modelScriptVariable + " names no file")
	}
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	script, err := parseScript(string(text))
	require.NoError(t, err)
	failed := 0
	const runs = 10
	for range runs {
		log := &rig.Log{}
		if violation := script.run(t, slog.NewTextHandler(log, &slog.HandlerOptions{Level: slog.LevelDebug})); violation != nil {
			failed++
			if failed == 1 {
				t.Logf("%v\n\n%s", violation, log)
			}
		}
	}
	require.Zero(t, failed, "of %d runs failed", runs)
}

func TestModelScriptsAreText(t *testing.T) {
	for seed := range uint64(100) {
		script := generateScript(seed)
		parsed, err := parseScript("# a comment\n\n" + script.String())
		require.NoError(t, err)
		require.Equal(t, script.String(), parsed.String())
	}
	_, err := parseScript("append 1 2 3")
	require.EqualError(t, err, `reading the script: "append 1 2 3" has 3 words behind the first, want 2`)
	_, err = parseScript("explode")
	require.EqualError(t, err, `reading the script: no step is called "explode"`)
}

// Of a long history with one fault in two steps, those two are left.
func TestModelShrinks(t *testing.T) {
	script := generateScript(1)
	script.steps = append(script.steps, step("append", 40, 200), step("pass", "1s"), step("crash"), step("pass", "1s"))
	shrunk := script.shrink(func(candidate modelScript) bool {
		appended := false
		for _, s := range candidate.steps {
			appended = appended || s.verb == "append" && s.number(0) > 0
			if s.verb == "crash" && appended {
				return true
			}
		}
		return false
	}, 1000)
	require.Equal(t, []modelStep{step("append", 1, 0), step("crash")}, shrunk.steps)
}
