package trial

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
)

// A VariableError is one that the value of a variable leads to.
type VariableError struct {
	Name string
	Err  error
}

// Error implements error.
func (e *VariableError) Error() string {
	return fmt.Sprintf("environment variable %s: %v", e.Name, e.Err)
}

// Unwrap returns what was wrong.
func (e *VariableError) Unwrap() error { return e.Err }

// A MissingError is of variables that are not set and have no default.
type MissingError struct{ Names []string }

// Error implements error.
func (e *MissingError) Error() string {
	return "required environment variables were not set: " + strings.Join(e.Names, ", ")
}

// fitting are values that a field takes, one of each kind of field.
var fitting = []string{"1", "1s", "true", "1MB", "http://localhost:1", "redis://localhost:1", "nats://localhost:1", "localhost:1", "a"}

// namedField is how an error names a field.
var namedField = regexp.MustCompile(`\bfield (\w+): `)

// blame returns the variable that an error goes away without: with its default,
// or with a value that fits. It is "" where there is none, or not one alone.
func (t *Trial) blame(ctx context.Context, because error) string {
	for _, name := range t.suspects(because) {
		if t.buildsWith(ctx, name, "") {
			return name
		}
		for _, value := range fitting {
			if t.buildsWith(ctx, name, value) {
				return name
			}
		}
	}
	return ""
}

// suspects are the variables that are set, those in the field that the error names
// first: where two values contradict each other, it goes away with either.
func (t *Trial) suspects(because error) []string {
	field := ""
	if match := namedField.FindStringSubmatch(because.Error()); match != nil {
		field = match[1] + ":"
	}
	var named, others []string
	for _, text := range t.Texts {
		lines := strings.Split(string(text), "\n")
		for _, place := range interpolation.Find(text) {
			if _, set := t.Lookup(place.Name); !set || place.InComment() {
				continue
			}
			if field != "" && strings.HasPrefix(strings.TrimLeft(lines[place.Line-1], "- "), field) {
				named = append(named, place.Name)
				continue
			}
			others = append(others, place.Name)
		}
	}
	var once []string
	for _, name := range append(named, others...) {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once
}

// buildsWith tells whether the components can be built with another value of a
// variable, or without one where that is "".
func (t *Trial) buildsWith(ctx context.Context, name, value string) bool {
	other := *t
	other.Logger = nil
	_, err := other.build(ctx, func(asked string) (string, bool) {
		if asked == name {
			return value, value != ""
		}
		return t.Lookup(asked)
	})
	return err == nil
}
