package input_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestPositionTooOld(t *testing.T) {
	old := func() string { return rig.RFC3339(time.Now().Add(-10 * 24 * time.Hour)) }
	t.Run("fail", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			r.Store(fmt.Sprintf(`{"continuation_time":%q}`, old()))
			p := r.Start(nil)
			err := p.Ends()
			require.ErrorContains(t, err, "the server answered 400")
			require.ErrorContains(t, err, "what was detected from "+old()+" to ")
			require.ErrorContains(t, err, "(72h1m0s) is out of reach")
			require.ErrorContains(t, err, "on_unresumable_position")
			require.Equal(t, old(), r.Stored(), "the stored position is left for a decision")
		})
	})
	t.Run("oldest", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			sent, _ := r.History(1, 3, 1000)
			r.Store(fmt.Sprintf(`{"continuation_time":%q}`, old()))
			oldest := rig.RFC3339(time.Now().Add(-7*24*time.Hour + time.Minute))
			p := r.Start(rig.Settings{"on_unresumable_position": "oldest"})
			require.Equal(t, sent, p.Deliver())
			require.Equal(t, oldest, r.Asked()[1])
			require.EqualValues(t, (72*time.Hour + time.Minute).Seconds(), p.Metrics.Value("chronicle_skipped_seconds"))
			require.Contains(t, strings.Join(p.Logs.Above(), "\n"), "72h1m0s since "+old()+" is skipped")
		})
	})
	t.Run("oldest is refused too", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t, chronicletest.WithRetention(24*time.Hour))
			r.Store(fmt.Sprintf(`{"continuation_time":%q}`, old()))
			p := r.Start(rig.Settings{"on_unresumable_position": "oldest"})
			require.ErrorContains(t, p.Ends(), "the server answered 400")
			require.Len(t, r.Asked(), 2)
		})
	})
}
