package linked

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const isc = `Copyright 2026 Somebody

Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted, provided that the above
copyright notice and this permission notice appear in all copies.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS
OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
`

func TestLicences(t *testing.T) {
	const community = "**Redpanda Community License Agreement**\n\nPlease read …\n"
	for _, test := range []struct {
		name  string
		files map[string]string // by path in the module
		want  map[string][]string
	}{
		{
			name:  "in the root",
			files: map[string]string{"COPYING": isc, "license.go": isc},
			want:  map[string][]string{"COPYING": {"ISC"}},
		},
		{
			name:  "beside a linked package",
			files: map[string]string{"LICENSE.md": community, "p/LICENSE": isc},
			want:  map[string][]string{"LICENSE.md": {CommunityLicence}, "p/LICENSE": {"ISC"}},
		},
		{
			name:  "in a folder, where the root has none",
			files: map[string]string{"licenses/a.md": community, "licenses/b.txt": isc, "licenses/b_header.txt": isc, "licenses/README.md": "Two licences."},
			want:  map[string][]string{"licenses/a.md": {CommunityLicence}, "licenses/b.txt": {"ISC"}},
		},
		{
			name:  "business source",
			files: map[string]string{"LICENSE": "Redpanda Business Source License 1.1\n"},
			want:  map[string][]string{"LICENSE": {BusinessSource}},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := licensed(t, test.files)
			licences, err := Licences(m)
			require.NoError(t, err)
			got := map[string][]string{}
			for _, licence := range licences {
				path, err := filepath.Rel(m.Dir, licence.Path)
				require.NoError(t, err)
				got[filepath.ToSlash(path)] = licence.IDs
			}
			require.Equal(t, test.want, got)
		})
	}
}

func TestUnknownLicences(t *testing.T) {
	_, err := Licences(licensed(t, map[string]string{"LICENSE": "All rights reserved. You may look at this on Sundays.\n"}))
	require.ErrorContains(t, err, "example.com/m: no known licence in")

	_, err = Licences(licensed(t, nil))
	require.ErrorContains(t, err, "example.com/m has no licence in its root")
}

func TestNotices(t *testing.T) {
	m := licensed(t, map[string]string{"NOTICE.txt": "Made by somebody.\n", "noticeboard.go": "package m\n"})
	paths, err := Notices(m)
	require.NoError(t, err)
	require.Equal(t, []string{filepath.Join(m.Dir, "NOTICE.txt")}, paths)
}

// licensed writes a module with files beside those of its one package.
func licensed(t *testing.T, files map[string]string) Module {
	t.Helper()
	m := module(t, map[string]string{"p.go": "package p\n"})[0]
	for path, content := range files {
		path = filepath.Join(m.Dir, filepath.FromSlash(path))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
	}
	return m
}
