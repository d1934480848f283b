package plugin

import (
	"fmt"
	"math"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/formats"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/words"
)

// formatMethods is the category of Bloblang that docs/formats.md lists.
const formatMethods = "Detections"

// Methods of Bloblang that the templates of the formats are written with. Each says in
// a word what would take a line for every field, and none of them fails: what is not
// there is null, which chronicle_json leaves out. Asking for what is not there costs
// next to nothing, while Bloblang's own paths make an error of it.
func registerFormatMethods() {
	pathParam := bloblang.NewStringParam("path").Description("Where it is, with dots between the names.")
	register := func(name, description string, spec *bloblang.PluginSpec, method bloblang.MethodConstructorV2) {
		bloblang.MustRegisterMethodV2(name, spec.Category(formatMethods).Description(description), method)
	}
	register("chronicle_parse_json",
		"What a text is as JSON, or null where it is none. It does what `parse_json(use_number: true)` does in a third of the time, and fails at nothing.",
		bloblang.NewPluginSpec(),
		func(*bloblang.ParsedParams) (bloblang.Method, error) {
			return func(v any) (any, error) {
				text, _ := formats.Text(v).(string)
				return formats.Parse(text), nil
			}, nil
		})
	register("chronicle_first",
		"What is at the first of the paths that has something: `e.chronicle_first(\"target.file\", \"src.file\")`. Null where none has. A text of nothing is nothing.",
		bloblang.NewPluginSpec().Variadic(),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			paths, err := pathsOf(params)
			return func(v any) (any, error) { return formats.First(v, paths), nil }, err
		})
	register("chronicle_text",
		"What `chronicle_first` returns, as a text: `this.chronicle_text(\"userid\")`. What is no text becomes its JSON; null stays null.",
		bloblang.NewPluginSpec().Variadic(),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			paths, err := pathsOf(params)
			return func(v any) (any, error) { return formats.Text(formats.First(v, paths)), nil }, err
		})
	register("chronicle_has",
		"Whether one of the paths has something: neither null nor a text of nothing.",
		bloblang.NewPluginSpec().Variadic(),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			paths, err := pathsOf(params)
			return func(v any) (any, error) { return formats.First(v, paths) != nil, nil }, err
		})
	register("chronicle_labels",
		"The values of the labels with a key, in any case, as texts: of a list of objects with a key and a value, as UDM has them.",
		bloblang.NewPluginSpec().Param(bloblang.NewStringParam("key").Description("The key.")),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			key, err := params.GetString("key")
			return func(v any) (any, error) { return formats.Labels(v, key), nil }, err
		})
	register("chronicle_list",
		"What `chronicle_first` returns, as a list: what is no list is one of its own, null is an empty one.",
		bloblang.NewPluginSpec().Variadic(),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			paths, err := pathsOf(params)
			return func(v any) (any, error) { return formats.List(formats.First(v, paths)), nil }, err
		})
	register("chronicle_texts",
		"What `chronicle_list` returns, each item as a text. What says nothing is left out.",
		bloblang.NewPluginSpec().Variadic(),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			paths, err := pathsOf(params)
			return func(v any) (any, error) { return formats.Texts(formats.First(v, paths)), nil }, err
		})
	register("chronicle_attack",
		"What a list of texts says of MITRE ATT&CK, in any case: `tactics`, a list of objects with a `uid`, such as TA0002, and its `name` where that is known; and `techniques`, a list of identifiers such as T1059.001. A tactic may be named alone.",
		bloblang.NewPluginSpec(),
		func(*bloblang.ParsedParams) (bloblang.Method, error) { return attackOf, nil })
	register("chronicle_integer",
		"The whole number at a path, or null where there is none within the limits. It may be written as a text, as UDM has those of 64 bits.",
		bloblang.NewPluginSpec().
			Param(pathParam).
			Param(bloblang.NewInt64Param("least").Description("The lowest.").Optional()).
			Param(bloblang.NewInt64Param("most").Description("The highest.").Optional()),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			path, err := pathOf(params)
			if err != nil {
				return nil, err
			}
			least, most := int64(math.MinInt64), int64(math.MaxInt64)
			for name, limit := range map[string]*int64{"least": &least, "most": &most} {
				set, err := params.GetOptionalInt64(name)
				if err != nil {
					return nil, err
				}
				if set != nil {
					*limit = *set
				}
			}
			return func(v any) (any, error) { return formats.Integer(formats.First(v, path), least, most), nil }, nil
		})
	registerAt := func(name, description string, of func(v any) any) {
		register(name, description,
			bloblang.NewPluginSpec().Param(pathParam),
			func(params *bloblang.ParsedParams) (bloblang.Method, error) {
				path, err := pathOf(params)
				return func(v any) (any, error) { return of(formats.First(v, path)), nil }, err
			})
	}
	registerAt("chronicle_addresses",
		"The IP addresses at a path, of a list or of a text alone. What is no address is left out.",
		func(v any) any { return formats.Addresses(v) })
	registerAt("chronicle_base",
		"The end of a file's path, behind the last slash or backslash, or null.",
		func(v any) any {
			path, isText := formats.Text(v).(string)
			if !isText {
				return nil
			}
			return formats.Base(path)
		})
	registerAt("chronicle_milliseconds",
		"The time at a path in milliseconds since 1970: of a text of RFC 3339, or of a number of seconds. Null where there is none, or none between 1970 and 9999.",
		formats.Milliseconds)
	registerAt("chronicle_date",
		"The time at a path, which `chronicle_milliseconds` reads too, as a text of RFC 3339 in UTC.",
		formats.Date)
	register("chronicle_hex",
		"The text at a path, if it is of so many hexadecimal digits; else null.",
		bloblang.NewPluginSpec().
			Param(pathParam).
			Param(bloblang.NewInt64Param("digits").Description("How many digits it has.")),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			path, err := pathOf(params)
			if err != nil {
				return nil, err
			}
			digits, err := params.GetInt64("digits")
			return func(v any) (any, error) { return formats.Hex(formats.First(v, path), digits), nil }, err
		})
	register("chronicle_empty",
		"Whether there is nothing in a value but null, texts of nothing, and objects and lists of nothing else. Members of the object itself with the names don't count.",
		bloblang.NewPluginSpec().Variadic(),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			except, err := textsOf(params)
			return func(v any) (any, error) { return formats.Empty(v, except), nil }, err
		})
	register("chronicle_json",
		"A document as JSON on one line, without what says nothing: null, texts of nothing, and objects and lists of nothing else. What is a hundred levels deep goes on as a text.",
		bloblang.NewPluginSpec().Param(bloblang.NewStringParam("whole").Description("The member that keeps all that it has, null too.").Default("")),
		func(params *bloblang.ParsedParams) (bloblang.Method, error) {
			whole, err := params.GetString("whole")
			if err != nil {
				return nil, err
			}
			return func(v any) (any, error) { return formats.JSON(v, whole), nil }, nil
		})
}

// pathOf is the parameter path, as First takes it.
func pathOf(params *bloblang.ParsedParams) ([]formats.Path, error) {
	text, err := params.GetString("path")
	return []formats.Path{formats.ParsePath(text)}, err
}

// pathsOf are the arguments as paths, or that of the value itself.
func pathsOf(params *bloblang.ParsedParams) ([]formats.Path, error) {
	texts, err := textsOf(params)
	if err != nil || len(texts) == 0 {
		return []formats.Path{nil}, err
	}
	var paths []formats.Path
	for _, text := range texts {
		paths = append(paths, formats.ParsePath(text))
	}
	return paths, nil
}

func textsOf(params *bloblang.ParsedParams) (texts []string, err error) {
	for _, argument := range params.AsSlice() {
		text, isText := argument.(string)
		if !isText {
			return nil, fmt.Errorf("path: got %T, want a text", argument)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// attackOf is what the list says of MITRE ATT&CK, as mappings see it.
func attackOf(list any) (any, error) {
	var texts []string
	for _, item := range formats.Texts(list) {
		if text, isText := item.(string); isText {
			texts = append(texts, text)
		}
	}
	attack := words.AttackOf(texts)
	tactics, techniques := make([]any, 0, len(attack.Tactics)), make([]any, 0, len(attack.Techniques))
	for _, tactic := range attack.Tactics {
		of := map[string]any{"uid": tactic.ID}
		if tactic.Name != "" {
			of["name"] = tactic.Name
		}
		tactics = append(tactics, of)
	}
	for _, technique := range attack.Techniques {
		techniques = append(techniques, technique)
	}
	return map[string]any{"tactics": tactics, "techniques": techniques}, nil
}
