package formats_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/formats"
)

func TestFirst(t *testing.T) {
	of := formats.Parse(`{"a":{"b":[{"c":1},null,"x"],"n":null},"0":"zero","t":"text","e":""}`)
	for _, c := range []struct {
		paths []string
		want  any
	}{
		{[]string{"t"}, "text"},
		{[]string{"a.b.0.c"}, json.Number("1")},
		{[]string{"a.b.1", "a.n", "a.b.2"}, "x"},
		{[]string{"a.b.3"}, nil},
		{[]string{"a.b.-1"}, nil},
		{[]string{"a.b.c"}, nil},
		{[]string{"t.x", "a.x", "x.y.z", "x"}, nil},
		{[]string{"0"}, "zero"},
		{[]string{"e"}, nil},
		{[]string{"e", "t"}, "text"},
		{nil, nil},
	} {
		var paths []formats.Path
		for _, path := range c.paths {
			paths = append(paths, formats.ParsePath(path))
		}
		require.Equal(t, c.want, formats.First(of, paths), c.paths)
	}
	require.Equal(t, "v", formats.First("v", []formats.Path{nil}))
}

func TestText(t *testing.T) {
	for _, c := range []struct{ v, want any }{
		{nil, nil},
		{"", ""},
		{"a", "a"},
		{[]byte("b"), "b"},
		{json.Number("1e400"), "1e400"},
		{int64(-7), "-7"},
		{1.5, "1.5"},
		{true, "true"},
		{[]any{}, "[]"},
		{map[string]any{"b": nil, "a": []any{"<", nil}}, `{"a":["<",null],"b":null}`},
	} {
		require.Equal(t, c.want, formats.Text(c.v), "%v", c.v)
	}
}

func TestTexts(t *testing.T) {
	for _, c := range []struct {
		v           any
		list, texts []any
	}{
		{nil, []any{}, []any{}},
		{"a", []any{"a"}, []any{"a"}},
		{json.Number("1"), []any{json.Number("1")}, []any{"1"}},
		{[]any{"a", nil, "", json.Number("2"), []any{}}, []any{"a", nil, "", json.Number("2"), []any{}}, []any{"a", "2", "[]"}},
	} {
		require.Equal(t, c.list, formats.List(c.v), "%v", c.v)
		require.Equal(t, c.texts, formats.Texts(c.v), "%v", c.v)
	}
}

func TestInteger(t *testing.T) {
	for _, c := range []struct{ v, want any }{
		{json.Number("443"), int64(443)},
		{json.Number("443.0"), int64(443)},
		{json.Number("4e2"), int64(400)},
		{"443", int64(443)},
		{"1e2", int64(100)},
		{int64(5), int64(5)},
		{5.0, int64(5)},
		{json.Number("0"), int64(0)},
		{json.Number("-1"), nil},
		{json.Number("65536"), nil},
		{json.Number("443.5"), nil},
		{json.Number("1e400"), nil},
		{"123456789012345678901234567890", nil},
		{math.NaN(), nil},
		{math.Inf(1), nil},
		{"NaN", nil},
		{"Infinity", nil},
		{"", nil},
		{" 443", nil},
		{"0x1bb", nil},
		{"https", nil},
		{true, nil},
		{nil, nil},
		{[]any{"443"}, nil},
		{map[string]any{}, nil},
	} {
		require.Equal(t, c.want, formats.Integer(c.v, 0, 65_535), "%v", c.v)
	}
	// What a float64 can't hold stays as it is.
	require.Equal(t, int64(9_007_199_254_740_993), formats.Integer(json.Number("9007199254740993"), math.MinInt64, math.MaxInt64))
	require.Equal(t, int64(math.MinInt64), formats.Integer("-9223372036854775808", math.MinInt64, math.MaxInt64))
	require.Nil(t, formats.Integer("9223372036854775808", math.MinInt64, math.MaxInt64))
}

func TestAddresses(t *testing.T) {
	for _, c := range []struct {
		v    any
		want []any
	}{
		{"10.1.2.3", []any{"10.1.2.3"}},
		{[]any{"10.1.2.3", "::1", "2001:db8::1", "::ffff:1.2.3.4"}, []any{"10.1.2.3", "::1", "2001:db8::1", "::ffff:1.2.3.4"}},
		{[]any{"999.1.1.1", "1.2.3", "1.2.3.4.", "01.2.3.4", "1.2.3.4/24", "1.2.3.4:80", "[::1]", "fe80::1%eth0", "1::2::3", ":::", " ::1", ""}, []any{}},
		{[]any{nil, json.Number("7"), []any{"::1"}, "::2"}, []any{"::2"}},
		{nil, []any{}},
		{map[string]any{"ip": "::1"}, []any{}},
	} {
		require.Equal(t, c.want, formats.Addresses(c.v), "%v", c.v)
	}
}

func TestBase(t *testing.T) {
	for path, want := range map[string]string{
		`C:\Windows\explorer.exe`: "explorer.exe", "/usr/bin/sh": "sh", "sh": "sh", `a/b\c`: "c", "/tmp/": "", "": "",
	} {
		require.Equal(t, want, formats.Base(path), path)
	}
}

func TestHex(t *testing.T) {
	require.Equal(t, "00Ff", formats.Hex("00Ff", 4))
	for _, v := range []any{"00Ff", "00fg8", "0x000", "", nil, json.Number("12345"), []any{"00000"}} {
		require.Nil(t, formats.Hex(v, 5), "%v", v)
	}
}

func TestLabels(t *testing.T) {
	labels := formats.Parse(`[{"key":"Author","value":"a"},{"key":"author","value":2},{"key":"author","value":null},{"key":"author"},{"key":"author","value":""},{"key":7,"value":"x"},null,"x"]`)
	require.Equal(t, []any{"a", "2"}, formats.Labels(labels, "author"))
	require.Equal(t, []any{}, formats.Labels(labels, "severity"))
	require.Equal(t, []any{}, formats.Labels("author", "author"))
}

// What says nothing is left out, but for the member that is to be whole.
func TestEmpty(t *testing.T) {
	for text, want := range map[string]string{
		`null`:                             `null`,
		`[]`:                               `null`,
		`{}`:                               `{}`,
		`{"a":null}`:                       `{}`,
		`{"a":{},"b":[],"c":1}`:            `{"c":1}`,
		`{"a":[null,{"b":[{}]},[[]]]}`:     `{}`,
		`{"a":[null,1,{}],"b":{"c":null}}`: `{"a":[1]}`,
		`{"a":"","b":0,"c":false}`:         `{"b":0,"c":false}`,
		`{"a":null,"w":{"a":null,"b":[{}],"w":[""]},"z":{"w":null}}`: `{"w":{"a":null,"b":[{}],"w":[""]}}`,
		`{"w":null}`: `{"w":null}`,
	} {
		v := formats.Parse(text)
		require.Equal(t, want, string(formats.JSON(v, "w")), text)
		require.Equal(t, string(formats.JSON(v, "")) == "{}" || string(formats.JSON(v, "")) == "null", formats.Empty(v, nil), text)
	}
	require.True(t, formats.Empty(formats.Parse(`{"uid":"1","name":"x","a":{"b":[]}}`), []string{"name", "uid"}))
	require.False(t, formats.Empty(formats.Parse(`{"uid":"1","a":{"uid":"1"}}`), []string{"uid"}))
	// What only mappings make.
	for want, v := range map[string]any{
		`{"a":1.5,"b":7}`:        map[string]any{"b": 7, "a": 1.5},
		`{"a":"text","b":"NaN"}`: map[string]any{"a": []byte("text"), "b": math.NaN()},
		`{"a":"+1"}`:             map[string]any{"a": json.Number("+1")},
	} {
		require.Equal(t, want, string(formats.JSON(v, "")))
	}
}
