package signin

import (
	"io/fs"
	"testing"

	"github.com/stretchr/testify/require"
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
