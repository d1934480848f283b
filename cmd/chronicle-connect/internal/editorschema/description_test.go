package editorschema

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDescriptions(t *testing.T) {
	sentence := strings.Repeat("word ", 50) + "end."
	for _, c := range []struct {
		name  string
		texts []string
		want  string
	}{
		{"the first that says anything", []string{" \n", "Reads\nlines. ", "More."}, "Reads lines."},
		{"the first paragraph", []string{"One.\n\nTwo."}, "One."},
		{"a heading is none", []string{"== Metrics\n\nOne."}, "One."},
		{"an attribute is none", []string{"[NOTE]\n\nOne."}, "One."},
		{"cross references", []string{"See xref:guides:bloblang/about.adoc[Bloblang]."}, "See Bloblang."},
		{"links", []string{"See https://example.com/a[a page^], or https://example.com/b."}, "See a page (https://example.com/a), or https://example.com/b."},
		{"whole sentences", []string{sentence + " " + sentence}, sentence},
		{"a sentence without an end", []string{strings.Repeat("word ", 100)}, strings.TrimSuffix(strings.Repeat("word ", 80), " ") + " …"},
		{"a word without an end", []string{strings.Repeat("é", 300)}, strings.Repeat("é", 200) + " …"},
		{"nothing", nil, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, firstOf(c.texts...))
		})
	}
}
