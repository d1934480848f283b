package environment

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// secretName matches the names of environment variables that hold secrets. An
// incoming webhook's URL is one: whoever has it can post.
var secretName = regexp.MustCompile(`(?i)WEBHOOK|SECRET|TOKEN|PASSW|API_?KEY|AUTHORIZATION|CREDENTIALS_JSON|^HTTP_URL$`)

// Variables are those of the process, as a config gets them. Their methods may be
// called at the same time.
type Variables struct {
	redactor *redact.Redactor

	mu         sync.Mutex // guards what is below
	places     map[string][]place
	unwritable map[string]error
}

// A place is one in a file.
type place struct {
	interpolation.Place
	file string
}

// New returns the variables of the process. The secrets among those that are asked
// for are told to the redactor.
func New(redactor *redact.Redactor) *Variables {
	v := &Variables{redactor: redactor, places: map[string][]place{}, unwritable: map[string]error{}}
	// net/http takes these by itself, and names them where they are wrong.
	for _, name := range []string{"HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"} {
		v.hide(name, os.Getenv(name))
	}
	return v
}

// Read notes where variables stand in the files of a config. A file that can't be
// read is for whoever reads it next to complain about.
func (v *Variables) Read(files ...string) {
	for _, file := range files {
		text, err := os.ReadFile(file) //nolint:gosec // Which file it is, is the user's to say.
		if err != nil {
			continue
		}
		v.mu.Lock()
		for _, found := range interpolation.Find(text) {
			v.places[found.Name] = append(v.places[found.Name], place{found, file})
		}
		v.mu.Unlock()
	}
}

// Value returns a variable as it was meant: without the white space around it, and
// without quotes around it. A variable that is set but empty counts as not set, so
// that an empty line in a compose file means the default, and a required variable is
// missed at the start instead of at the first message.
func (v *Variables) Value(name string) (value string, found bool) {
	raw := os.Getenv(name)
	value = clean(raw)
	v.hide(name, raw)
	v.hide(name, value)
	return value, value != ""
}

func (v *Variables) hide(name, value string) {
	if secretName.MatchString(name) {
		v.redactor.Add(name, value)
	} else if strings.Contains(value, "://") {
		v.redactor.AddURL(name, value)
	}
}

// Lookup finds a variable that a config names, for Benthos: its value as it has to
// be written in the files that were read. One that can't be written is not found,
// and [Variables.Err] tells of it.
func (v *Variables) Lookup(_ context.Context, name string) (written string, found bool) {
	value, found := v.Value(name)
	if !found {
		return "", false
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	written, err := write(v.places[name], value)
	if err != nil {
		v.unwritable[name] = fmt.Errorf("environment variable %s: %w", name, err)
		return "", false
	}
	return written, true
}

// write returns a value as all places take it. Benthos asks for a variable without
// saying for which place, so there can be only one way of writing it.
func write(places []place, value string) (string, error) {
	written, first := value, -1
	for i, place := range places {
		if place.InComment() {
			continue
		}
		here, err := place.Write(value)
		switch {
		case err != nil:
			return "", fmt.Errorf("%s, line %d: %w", place.file, place.Line, err)
		case first < 0:
			written, first = here, i
		case here != written:
			return "", fmt.Errorf("it has characters that are written in one way in %s, line %d, and in another in %s, line %d; put the same quotes around both",
				places[first].file, places[first].Line, place.file, place.Line)
		}
	}
	for _, place := range places {
		if place.InComment() && strings.ContainsAny(written, "\r\n") {
			return "", fmt.Errorf("it has a line break, which would end the comment in %s, line %d; take the variable out of that", place.file, place.Line)
		}
	}
	return written, nil
}

// Err tells which variables can't be written where a config has them, of those
// that were asked for. It shows no values.
func (v *Variables) Err() error {
	v.mu.Lock()
	defer v.mu.Unlock()
	var all []error
	for _, name := range slices.Sorted(maps.Keys(v.unwritable)) {
		all = append(all, v.unwritable[name])
	}
	return errors.Join(all...)
}

// Check looks up every variable of the files that were read, and returns what
// [Variables.Err] does.
func (v *Variables) Check(ctx context.Context) error {
	v.mu.Lock()
	names := slices.Collect(maps.Keys(v.places))
	v.mu.Unlock()
	for _, name := range names {
		v.Lookup(ctx, name)
	}
	return v.Err()
}
