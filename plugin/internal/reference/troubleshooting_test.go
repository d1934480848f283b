package reference_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A literal is a text in the code, with "…" for what is put into it.
type literal struct {
	text  string
	where string
}

// partOfAnother are literals that are part of others, which have a row.
var partOfAnother = map[string]string{
	"…":                                        "an error, which has a row",
	"got …":                                    "a part of what is wrong with the credentials",
	"…: …":                                     "names the document that an error is about",
	"field …: …":                               "names the field that an error is about",
	"input …: …":                               "names the input in Failure",
	"the input is closing":                     "why a connection ended that nobody reads any more",
	"the pipeline is stopping":                 "likewise",
	"… for …":                                  "how long the silence was",
	"the server ended it":                      "in good order, which is logged for debugging only",
	"…, perhaps by a cut":                      "likewise",
	"path: got %T, want a text":                "of a method of Bloblang that is called wrongly, which shows when a mapping is parsed",
	"decompressing the answer: …":              "of the kind of errors of reading the stream",
	"the slice is asked again, shorter":        "decides what a search asks next, and is never seen",
	"the position is claimed by another input": "which is said by the names of the fields",
	"the position is claimed by a copy of the input": "likewise",
}

// Every message that the log can show has a row in the page's tables, and every
// row is about a message that there is.
func TestTroubleshootingMatchesTheCode(t *testing.T) {
	page, err := os.ReadFile(referencePage)
	require.NoError(t, err)
	_, section, found := strings.Cut(string(page), "\n## Troubleshooting\n")
	require.True(t, found)
	section, _, _ = strings.Cut(section, "\n## ")
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1) {
		rows = append(rows, row[1])
	}
	require.Greater(t, len(rows), 20)

	files := sources(t, rooms(t)...)
	all, messages := literals(files, anyLiteral), literals(files, isMessage)
	require.Greater(t, len(messages), 40)
	for _, row := range rows {
		assert.Greater(t, len(strings.ReplaceAll(row, "…", "")), 8, "the row %q could be about anything", row)
		assert.True(t, containsMatch(all, row), "no message in the code is like the row %q", row)
	}
	for _, message := range messages {
		if _, isPart := partOfAnother[message.text]; isPart || strings.Contains(message.where, "/stream/") {
			continue
		}
		covered := false
		for _, row := range rows {
			covered = covered || matches(message.text, row)
		}
		assert.True(t, covered, "%s: the message %q has no row", message.where, message.text)
	}
	for part := range partOfAnother {
		assert.True(t, containsMatch(messages, part), "there is no message %q any more", part)
	}
}

// matches says whether the parts of the row, between its "…", are in the text
// in that order.
func matches(text, row string) bool {
	for part := range strings.SplitSeq(row, "…") {
		_, rest, found := strings.Cut(text, part)
		if !found {
			return false
		}
		text = rest
	}
	return true
}

func containsMatch(literals []literal, row string) bool {
	for _, l := range literals {
		if matches(l.text, row) {
			return true
		}
	}
	return false
}

// rooms are the folders of the plugin's sources.
func rooms(t *testing.T) (folders []string) {
	t.Helper()
	folders = append(folders, "../..")
	for _, room := range []string{"advice", "answer", "chronicle", "input", "journal", "network", "position", "settings", "signin", "stream"} {
		folders = append(folders, filepath.Join("..", room))
	}
	return folders
}

func sources(t *testing.T, folders ...string) map[string]*ast.File {
	t.Helper()
	files := make(map[string]*ast.File)
	set := token.NewFileSet()
	for _, folder := range folders {
		paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
		require.NoError(t, err)
		for _, path := range paths {
			// docs/pipelines.md tells of the files of refused messages, and of filters.
			if strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "refused.go" || filepath.Base(path) == "filter.go" {
				continue
			}
			file, err := parser.ParseFile(set, path, nil, 0)
			require.NoError(t, err)
			files[path] = file
		}
	}
	return files
}

func anyLiteral(node ast.Node) ast.Expr {
	if text, isLiteral := node.(*ast.BasicLit); isLiteral && text.Kind == token.STRING {
		return text
	}
	return nil
}

// isMessage finds formats that are logged, those of errors, and sentences: other
// texts that are logged begin in lower case behind something.
func isMessage(node ast.Node) ast.Expr {
	call, isCall := node.(*ast.CallExpr)
	if !isCall || len(call.Args) == 0 {
		return nil
	}
	switch name := callee(call.Fun); name {
	case "fmt.Sprintf":
		if sentence.MatchString(constant(call.Args[0])) {
			return call.Args[0]
		}
	case "log", "Infof", "Warnf", "Errorf", "infof", "warnf", "errorf", "Info", "Warn", "Error", "errors.New", "fmt.Errorf":
		return call.Args[0]
	}
	return nil
}

func callee(function ast.Expr) string {
	switch f := function.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if of, isIdent := f.X.(*ast.Ident); isIdent && (of.Name == "errors" || of.Name == "fmt") {
			return of.Name + "." + f.Sel.Name
		}
		return f.Sel.Name
	}
	return ""
}

var sentence = regexp.MustCompile("^[A-Z][a-z]+ [a-z]")

var verb = regexp.MustCompile(`%[#+]?(\[\d+\])?[a-z]`)

func literals(files map[string]*ast.File, pick func(ast.Node) ast.Expr) (found []literal) {
	for path, file := range files {
		ast.Inspect(file, func(node ast.Node) bool {
			if picked := pick(node); picked != nil {
				found = append(found, literal{verb.ReplaceAllString(constant(picked), "…"), path})
			}
			return true
		})
	}
	return found
}

// constant is the text of an expression, with "…" for what is not known here.
func constant(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		if text, err := strconv.Unquote(e.Value); err == nil {
			return text
		}
	case *ast.BinaryExpr:
		return constant(e.X) + constant(e.Y)
	}
	return "…"
}

// stringConstants are the values of the constants whose names begin so.
func stringConstants(t *testing.T, prefix string) (values []string) {
	t.Helper()
	for _, file := range sources(t, rooms(t)...) {
		ast.Inspect(file, func(node ast.Node) bool {
			spec, isValue := node.(*ast.ValueSpec)
			if !isValue || len(spec.Values) == 0 || !strings.HasPrefix(spec.Names[0].Name, prefix) {
				return true
			}
			if text, isLiteral := spec.Values[0].(*ast.BasicLit); isLiteral && text.Kind == token.STRING {
				value, err := strconv.Unquote(text.Value)
				require.NoError(t, err)
				values = append(values, value)
			}
			return true
		})
	}
	require.NotEmpty(t, values, "constants named %s…", prefix)
	return values
}
