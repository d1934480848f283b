package settings

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// fields reads fields of a parsed configuration until one is wrong, and keeps
// that error.
type fields struct {
	parsed *service.ParsedConfig
	err    error
}

func read[T any](f *fields, get func(...string) (T, error), path ...string) (value T) {
	if f.err == nil {
		value, f.err = get(path...)
	}
	return value
}

func (f *fields) refuse(path []string, got any, want string) {
	if f.err == nil {
		f.err = fieldError(strings.Join(path, "."), got, want)
	}
}

func (f *fields) text(name string) string { return read(f, f.parsed.FieldString, name) }

// formed is a text of that form, or empty where it is optional.
func (f *fields) formed(name string, want form, optional bool) string {
	value := f.text(name)
	if value == "" && optional {
		return ""
	}
	if !want.MatchString(value) {
		f.refuse([]string{name}, value, want.want)
	}
	return value
}

// built is text of that form whose interpolations are resolved now, once, without a
// message.
func (f *fields) built(name string, want form) string {
	value := f.text(name)
	expression, err := service.NewInterpolatedString(value)
	if err == nil {
		value, err = expression.TryString(service.NewMessage(nil))
	}
	switch {
	case err != nil && f.err == nil:
		f.err = fmt.Errorf("field %s: %w", name, err)
	case !want.MatchString(value):
		f.refuse([]string{name}, value, want.want)
	}
	return value
}

func (f *fields) flag(name string) bool { return read(f, f.parsed.FieldBool, name) }

func (f *fields) oneOf(name string, values ...string) string {
	value := f.text(name)
	if !slices.Contains(values, value) {
		f.refuse([]string{name}, value, wantOneOf(values))
	}
	return value
}

func (f *fields) atLeast(name string, least int) int {
	value := read(f, f.parsed.FieldInt, name)
	if value < least {
		f.refuse([]string{name}, value, wantAtLeast(least))
	}
	return value
}

func (f *fields) between(name string, least, most int) int {
	value := read(f, f.parsed.FieldInt, name)
	if value < least || value > most {
		f.refuse([]string{name}, value, wantBetween(least, most))
	}
	return value
}

func (f *fields) positive(path ...string) time.Duration {
	text := read(f, f.parsed.FieldString, path...)
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 || !positiveDurationForm.MatchString(text) {
		f.refuse(path, text, positiveDurationForm.want)
	}
	return value
}

func wantAtLeast(least int) string { return fmt.Sprintf("%d or more", least) }

func wantBetween(least, most int) string { return fmt.Sprintf("%d to %d", least, most) }

// wantOneOf names the values but the empty one, which stands for no setting.
func wantOneOf(values []string) string {
	named := slices.DeleteFunc(slices.Clone(values), func(value string) bool { return value == "" })
	return strings.Join(named, " or ")
}
