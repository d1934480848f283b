package check

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/trial"
)

// lint prints what Benthos' linter finds in a file, as lint does, and returns how
// much that is. What it finds run refuses.
func (c *checking) lint(path string, text []byte) (found int, err error) {
	replaced, missing, err := interpolation.Replace(text, c.variables.Value)
	if err != nil {
		return 0, err
	}
	if len(missing) > 0 {
		return 0, &trial.MissingError{Names: missing}
	}
	lints, err := service.GlobalEnvironment().FullConfigSchema("", "").NewStreamConfigLinter().LintYAML(interpolation.Protect(replaced))
	if err != nil {
		return 0, err
	}
	for _, lint := range lints {
		fmt.Fprintf(c.stdout, "%s(%d,%d) %s\n", path, lint.Line, lint.Column, oneLine(c.redactor, lint.What))
	}
	return len(lints), nil
}
