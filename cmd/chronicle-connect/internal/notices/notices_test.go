package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/linked"
)

// two modules that share a licence and a notice, and one that shares neither.
var all = []terms{
	{
		module: "example.com/a", version: "v1.0.0",
		licences: []licence{{"LICENSE", []string{"MIT"}, "The terms.\n"}, {"sub/COPYING", []string{"ISC", "MIT"}, "Other terms.\n"}},
		notices:  []string{"Made by somebody."},
	},
	{
		module: "example.com/b", version: "v2.0.0",
		licences: []licence{{"LICENSE", []string{"MIT"}, "The terms.\n"}},
		notices:  []string{"Made by somebody."},
	},
	{
		module: "example.com/c", version: "v3.0.0",
		licences: []licence{{"LICENSE", []string{"Apache-2.0"}, "More terms.\n"}},
		notices:  []string{"Made by another."},
	},
}

func TestReport(t *testing.T) {
	_, table, _ := strings.Cut(string(report(all)), "| --- | --- | --- | --- |\n")
	require.Equal(t, `| example.com/a | v1.0.0 | ISC, MIT | LICENSE, sub/COPYING |
| example.com/b | v2.0.0 | MIT | LICENSE |
| example.com/c | v3.0.0 | Apache-2.0 | LICENSE |
`, table)
}

func TestTextsAreThereOnce(t *testing.T) {
	_, texts, _ := strings.Cut(string(texts(all)), "\n\n")
	require.Equal(t, strings.ReplaceAll(`RULE
example.com/a v1.0.0, LICENSE
example.com/b v2.0.0, LICENSE
RULE

The terms.

RULE
example.com/a v1.0.0, sub/COPYING
RULE

Other terms.

RULE
example.com/c v3.0.0, LICENSE
RULE

More terms.
`, "RULE", rule), texts)
}

func TestAttributionsAreThereOnce(t *testing.T) {
	require.Equal(t, []attribution{
		{"example.com/a\nexample.com/b", "Made by somebody."},
		{"example.com/c", "Made by another."},
	}, attributions(all))
}

func TestLicencesHaveToBeAccepted(t *testing.T) {
	dir := t.TempDir()
	const zeroBSD = `Permission to use, copy, modify, and/or distribute this software for any
purpose with or without fee is hereby granted.

THE SOFTWARE IS PROVIDED "AS IS" AND THE AUTHOR DISCLAIMS ALL WARRANTIES WITH
REGARD TO THIS SOFTWARE INCLUDING ALL IMPLIED WARRANTIES OF MERCHANTABILITY AND
FITNESS. IN NO EVENT SHALL THE AUTHOR BE LIABLE FOR ANY SPECIAL, DIRECT,
INDIRECT, OR CONSEQUENTIAL DAMAGES OR ANY DAMAGES WHATSOEVER RESULTING FROM LOSS
OF USE, DATA OR PROFITS, WHETHER IN AN ACTION OF CONTRACT, NEGLIGENCE OR OTHER
TORTIOUS ACTION, ARISING OUT OF OR IN CONNECTION WITH THE USE OR PERFORMANCE OF
THIS SOFTWARE.
`
	require.NoError(t, os.WriteFile(filepath.Join(dir, "COPYING"), []byte(zeroBSD), 0o644))
	_, err := termsOf(t.Context(), []linked.Module{{Path: "example.com/m", Dir: dir}})
	require.ErrorContains(t, err, "example.com/m is under 0BSD (COPYING), which is not among the accepted licences")
}

func TestStaleFilesAreNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "NOTICE")
	require.ErrorIs(t, compare(path, []byte("new")), os.ErrNotExist)
	require.NoError(t, write(path, []byte("old")))
	require.ErrorContains(t, compare(path, []byte("new")), "is not up to date")
	require.NoError(t, compare(path, []byte("old")))
}
