package input_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// The warning comes once, at the start, with what to do; however often the file
// is read again.
func TestWarningOfAnExposedKey(t *testing.T) {
	for mode, want := range map[fs.FileMode]int{0o644: 1, 0o640: 0, 0o600: 0} {
		synctest.Test(t, func(t *testing.T) {
			r := rig.New(t)
			sent, _ := r.History(3, 3, 1000)
			file := filepath.Join(t.TempDir(), "key.json")
			require.NoError(t, r.Server.WriteCredentials(file))
			require.NoError(t, os.Chmod(file, mode))
			r.Server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut}, chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
			p := r.Start(rig.Settings{"start_time": "2h", "credentials_json": "", "credentials_file": file})
			p.DeliverAll(len(sent))
			warning := "The credentials file " + file + " is readable for every user of this machine (mode 0644): chmod 600 " + file
			require.Equal(t, want, strings.Count(p.Logs.String(), warning))
			require.Equal(t, want, strings.Count(p.Logs.String(), "credentials file"))
		})
	}
}
