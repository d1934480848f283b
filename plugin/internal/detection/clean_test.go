package detection_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/detection"
)

func TestClean(t *testing.T) {
	for _, c := range []struct{ text, line, lines string }{
		{"", "", ""},
		{"plain text", "plain text", "plain text"},
		{"  two  spaces\tand a tab ", "two spaces and a tab", "two spaces and a tab"},
		{"José 红队 \U0001f600", "José 红队 \U0001f600", "José 红队 \U0001f600"},
		{"<b>&amp;*_[x](y)", "<b>&amp;*_[x](y)", "<b>&amp;*_[x](y)"},

		// Lines.
		{"a\nb", "a b", "a\nb"},
		{"a\r\nb\rc", "a b c", "a\nb\nc"},
		{"a\u2028b\u2029c\u0085d\ve\ff", "a b c d e f", "a\nb\nc\nd\ne\nf"},
		{"a \r\n \r\n\n\n b\n", "a b", "a\n\nb"},
		{"\n\na", "a", "a"},

		// Control characters.
		{"red \x1b[31malert\x1b[0m\a", "red [31malert[0m", "red [31malert[0m"},
		{"\x1b]0;title\x07rest", "]0;titlerest", "]0;titlerest"},
		{"a\u009b31mb\u0090c\u009d", "a31mbc", "a31mbc"},
		{"nul\x00 back\x08 del\x7f", "nul back del", "nul back del"},

		// Bidirectional controls.
		{"invoice\u202excod.exe", "invoicexcod.exe", "invoicexcod.exe"},
		{"\u2066a\u2067b\u2068c\u2069", "abc", "abc"},
		{"\u202aa\u202bb\u202cc\u202d", "abc", "abc"},
		{"a\u200eb\u200fc\u061cd", "abcd", "abcd"},

		// Invisible characters.
		{"pay\u200bpal\u200c\u200d\u2060\ufeff", "paypal", "paypal"},
		{"so\u00adft \u180ea\u034fb", "soft ab", "soft ab"},
		{"\u115f\u1160\u3164\uffa0x", "x", "x"},
		{"tag\U000e0041\U000e007f", "tag", "tag"},
		{"star\u2b50\ufe0f\U000e0100", "star\u2b50", "star\u2b50"},
		{"\ufff9a\ufffab\ufffb", "ab", "ab"},
		{"a\u00a0\u2003\u3000b", "a b", "a b"},

		// Characters of no meaning.
		{"\ue000\U000f0000\U0010fffdx", "x", "x"},
		{"\ufdd0\uffff\U0001fffex", "x", "x"},
		{"bad \xff\xfe\xed\xa0\x80 end\ufffd", "bad end", "bad end"},

		// Accents stay, heaps of them do not.
		{"e\u0301", "e\u0301", "e\u0301"},
		{"x" + strings.Repeat("\u0301", 100), "x" + strings.Repeat("\u0301", 8), "x" + strings.Repeat("\u0301", 8)},
	} {
		require.Equal(t, c.line, detection.Clean(c.text, 100), "%q", c.text)
		require.Equal(t, c.lines, detection.CleanLines(c.text, 100), "%q", c.text)
	}
}

func TestCleanCuts(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
	}{
		{"abc", 3, "abc"},
		{"abcd", 3, "ab…"},
		{"éééé", 4, "éééé"},
		{"ééééé", 4, "ééé…"},
		{"ab cd", 4, "ab…"},
		{"abc \n", 3, "abc"},
		{"abc\u200b\u200b", 3, "abc"},
		{"abc" + strings.Repeat(" ", 1000), 3, "ab…"}, // what comes is not looked for
		{"abc", 1, "…"},
		{"a", 1, "a"},
		{"abc", 0, ""},
		{"abc", -1, ""},
	} {
		require.Equal(t, c.want, detection.Clean(c.text, c.limit), "%q", c.text)
	}
	require.Equal(t, "a\n\nb…", detection.CleanLines("a\n\n\nbcd", 5))
}

func FuzzClean(f *testing.F) {
	for _, text := range []string{"", "plain", "a\r\n\r\n\u202eb", "\xff\u200b e\u0301", "\U000e0001\x1b[2J"} {
		f.Add(text, 5)
	}
	f.Fuzz(func(t *testing.T, text string, limit int) {
		limit %= 1000
		line, lines := detection.Clean(text, limit), detection.CleanLines(text, limit)
		requireClean(t, line, false)
		requireClean(t, lines, true)
		require.LessOrEqual(t, utf8.RuneCountInString(line), max(limit, 0))
		require.LessOrEqual(t, utf8.RuneCountInString(lines), max(limit, 0))
		require.Equal(t, line, detection.Clean(line, limit), "clean text stays as it is")
		require.Equal(t, lines, detection.CleanLines(lines, limit), "clean text stays as it is")
	})
}

// requireClean checks text by rules of its own.
func requireClean(t *testing.T, text string, lines bool) {
	t.Helper()
	require.True(t, utf8.ValidString(text), "%q", text)
	require.Equal(t, strings.TrimSpace(text), text)
	for _, c := range text {
		if ' ' <= c && c <= '~' || c == '\n' && lines {
			continue
		}
		if unicode.IsSpace(c) || unicode.In(c, unicode.Cc, unicode.Cf, unicode.Co, unicode.Zl, unicode.Zp, unicode.Bidi_Control,
			unicode.Noncharacter_Code_Point, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point) {
			t.Fatalf("%U in %q", c, text)
		}
	}
}

func BenchmarkClean(b *testing.B) {
	for name, text := range map[string]string{
		"ASCII":  strings.Repeat("powershell.exe -nop -w hidden ", 8)[:239],
		"Latin":  strings.Repeat("Pièce jointe ouverte après ", 8),
		"CJK":    strings.Repeat("红队发现可疑的下载", 20),
		"hidden": strings.Repeat("a\u200b\u202e\x1b ", 40),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				detection.Clean(text, 1000)
			}
		})
	}
}
