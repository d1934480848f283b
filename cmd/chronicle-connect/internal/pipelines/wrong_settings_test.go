//go:build !minimal

package pipelines

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
)

// proveWrongSettings runs a pipeline with each of the wrong settings, NAME=value, in turn.
// Each has its detections tried again, with the words that it leads to in the log, and
// none of them passes for delivered or refused: first is the position behind the first
// one. No secret is logged.
func proveWrongSettings(t *testing.T, d *programtest.Deployment, first time.Time, again string, wrong map[string]string, secrets ...string) {
	t.Helper()
	env := slices.Clone(d.Env)
	for setting, told := range wrong {
		d.Env = append(slices.Clone(env), setting)
		process := d.Start()
		process.WaitLog(again)
		process.WaitLog(told)
		process.Kill()
		for _, secret := range secrets {
			require.NotContains(t, process.Log.String(), secret)
		}
		require.True(t, d.Stored().Before(first), "nothing was delivered")
		require.Empty(t, refusedFiles(t, d), "a setting is no fault of a detection")
	}
	d.Env = env
}

// oddOnes are detections as nobody should send them, of all kinds.
func oddOnes(t *testing.T) []json.RawMessage {
	t.Helper()
	odd := hostile(t)
	for _, detection := range poison() {
		odd = append(odd, json.RawMessage(detection))
	}
	return odd
}
