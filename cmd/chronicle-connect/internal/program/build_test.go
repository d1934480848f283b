package program

import (
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestNotedVersion(t *testing.T) {
	const revision, committed = "0123456789abcdef0123456789abcdef01234567", "2026-03-01T12:00:00Z"
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{
			{Key: "vcs.revision", Value: revision},
			{Key: "vcs.time", Value: committed},
			{Key: "vcs.modified", Value: modified},
		}
	}
	for _, test := range []struct {
		name          string
		main          string
		settings      []debug.BuildSetting
		version, date string
	}{
		{"a tag that was checked out", "v1.2.3", vcs("false"), "v1.2.3", committed},
		{"installed by its version", "v1.2.3", nil, "v1.2.3", "unknown"},
		{"a commit between tags", "v1.2.4-0.20260301120000-0123456789ab+dirty", vcs("true"), "v1.2.4-0.20260301120000-0123456789ab+dirty", committed},
		{"a commit without a version", "(devel)", vcs("false"), revision, committed},
		{"a changed commit without a version", "(devel)", vcs("true"), revision + "+dirty", committed},
		{"neither", "", nil, "development", "unknown"},
	} {
		t.Run(test.name, func(t *testing.T) {
			version, date := noted(&debug.BuildInfo{Main: debug.Module{Version: test.main}, Settings: test.settings})
			require.Equal(t, test.version, version)
			require.Equal(t, test.date, date)
		})
	}
}
