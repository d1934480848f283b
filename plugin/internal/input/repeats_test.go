package input_test

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A detection that the server sends again is dropped; one that changed under
// the same id is delivered.
func TestReplaysWithinAProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		r.Server.Append([]byte(`{"id":"de_1","n":1}`), []byte(`{"id":"de_2","n":1}`))
		r.Server.Append([]byte(`{"id":"de_1","n":1}`), []byte(`{"id":"de_2","n":2}`))
		r.Server.Append([]byte(`{"id":"de_3","n":1}`))
		p := r.Start(rig.Settings{"start_time": "2h"})
		require.Equal(t, []string{`{"id":"de_1","n":1}`, `{"id":"de_2","n":1}`, `{"id":"de_2","n":2}`, `{"id":"de_3","n":1}`}, p.DeliverAll(4))
		require.EqualValues(t, 1, p.Metrics.Value("chronicle_duplicates_dropped"))
	})
}
