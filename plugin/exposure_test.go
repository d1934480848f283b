package plugin

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestExposed(t *testing.T) {
	ours := ownership{ours: true}
	for _, test := range []struct {
		name  string
		mode  fs.FileMode
		owner ownership
		want  string
	}{
		{"readable by all", 0o644, ours, "is readable for every user of this machine (mode 0644)"},
		{"private", 0o600, ours, ""},
		{"of a group", 0o640, ours, ""},
		{"a secret mounted for a container", 0o444, ownership{ours: true, readOnly: true}, ""},
		{"somebody else's", 0o644, ownership{}, ""},
		{"no file", fs.ModeNamedPipe | 0o644, ours, ""},
	} {
		require.Equal(t, test.want, exposed(test.mode, test.owner), test.name)
	}
}

// The warning comes once, at the start, with what to do; however often the file
// is read again.
func TestWarningOfAnExposedKey(t *testing.T) {
	for mode, want := range map[fs.FileMode]int{0o644: 1, 0o640: 0, 0o600: 0} {
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t)
			sent, _ := r.history(3, 3, 1000)
			file := filepath.Join(t.TempDir(), "key.json")
			require.NoError(t, r.server.WriteCredentials(file))
			require.NoError(t, os.Chmod(file, mode))
			r.server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut}, chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
			p := r.start(settings{"start_time": "2h", "credentials_json": "", "credentials_file": file})
			p.deliverAll(len(sent))
			warning := "The credentials file " + file + " is readable for every user of this machine (mode 0644): chmod 600 " + file
			require.Equal(t, want, strings.Count(p.logs.String(), warning))
			require.Equal(t, want, strings.Count(p.logs.String(), "credentials file"))
		})
	}
}
