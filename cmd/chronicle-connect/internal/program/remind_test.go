package program

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRemind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		var failed atomic.Bool
		var said atomic.Int32
		failure := func() error {
			if failed.Load() {
				return errors.New("refused")
			}
			return nil
		}
		go remind(ctx, failure, func(text string) {
			assert.Equal(t, "An input has given up, and the process runs on for what else it has: refused", text)
			said.Add(1)
		})
		time.Sleep(time.Hour + time.Second)
		synctest.Wait()
		require.Zero(t, said.Load())
		failed.Store(true)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 6, said.Load())
		failed.Store(false) // it was started again
		time.Sleep(time.Hour)
		synctest.Wait()
		require.EqualValues(t, 6, said.Load())
	})
}
