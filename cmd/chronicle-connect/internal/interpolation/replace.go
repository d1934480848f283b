package interpolation

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// escaped matches what people write for a ${NAME} that is no variable.
var escaped = regexp.MustCompile(`\${({[0-9A-Za-z_.]+(:((\${[^}]+})|[^}])*)?})}`)

// Replace returns a config with values in the place of its variables, each written
// as the place wants it. A variable that the lookup does not find has its default,
// or is missing. The error is of a value that can't be written, by its variable.
func Replace(text []byte, lookup func(name string) (value string, found bool)) (replaced []byte, missing []string, err error) {
	var out bytes.Buffer
	var unwritable []error
	last := 0
	for _, place := range Find(text) {
		out.Write(text[last:place.start])
		last = place.end
		fallback, hasFallback, decoder := parse(text[place.start:place.end])
		value, found := lookup(place.Name)
		if !found || value == "" {
			if !hasFallback && !found && !slices.Contains(missing, place.Name) {
				missing = append(missing, place.Name)
			}
			out.WriteString(fallback)
			continue
		}
		if decoder != "" {
			decoded, err := base64.StdEncoding.DecodeString(value)
			if err != nil {
				unwritable = append(unwritable, place.unwritable(errors.New("it is no base64")))
			}
			value = string(decoded)
		}
		written, err := place.Write(value)
		if err != nil {
			unwritable = append(unwritable, place.unwritable(err))
		}
		out.WriteString(written)
	}
	out.Write(text[last:])
	return escaped.ReplaceAll(out.Bytes(), []byte("$$$1")), missing, errors.Join(unwritable...)
}

// Protect returns a text whose ${NAME} are no variables, so that Benthos leaves it as
// it is when it replaces variables itself.
func Protect(text []byte) []byte {
	return variable.ReplaceAllFunc(text, func(match []byte) []byte {
		return slices.Concat([]byte("${"), match[1:], []byte("}"))
	})
}

func (p Place) unwritable(err error) error {
	return fmt.Errorf("environment variable %s in line %d: %w", p.Name, p.Line, err)
}

// parse takes a variable apart as Benthos does.
func parse(text []byte) (fallback string, hasFallback bool, decoder string) {
	inside := text[2 : len(text)-1]
	_, rest, hasFallback := bytes.Cut(inside, []byte(":"))
	if !hasFallback {
		rest = inside
	}
	if pipe := bytes.LastIndexByte(rest, '|'); pipe >= 0 {
		rest, decoder = rest[:pipe], string(rest[pipe+1:])
	}
	if !hasFallback {
		return "", false, decoder
	}
	return string(rest), true, decoder
}
