package input_test

import (
	"errors"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

func TestConnectionTest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := rig.New(t)
		p := r.Start(nil)
		require.NoError(t, r.Server.WaitForRequests(t.Context(), 1))
		require.Equal(t, []error{nil}, p.Test())
		r.Server.Script(chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 403, Message: "no permission"}})
		require.ErrorContains(t, errors.Join(p.Test()...), "403 PERMISSION_DENIED: no permission")
		r.Server.Script(chronicletest.Step{Body: []byte("<html>sign in</html>")})
		require.ErrorContains(t, errors.Join(p.Test()...), "<html>sign in</html>")
	})
}
