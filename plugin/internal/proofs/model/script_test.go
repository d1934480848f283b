package model_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A modelScript is one history that the model drives the input through. It is
// text, a step a line, so that a history that fails can be read, edited and
// run again:
//
//	set max_batch_count 7        the input's settings,
//	server heartbeat 3s          the stand-in's,
//	stored                       and what is stored and was sent from the start;
//	start                        then what happens.
//	append 12 200
//	cut 1 700 &
//
// An & says that the next step follows at once. After any other step everything
// happens first that needs no time to pass.
type modelScript struct {
	header []modelStep
	steps  []modelStep
}

// A modelStep is one line of a script.
type modelStep struct {
	verb string
	args []string
	rush bool // the next step follows at once
}

// headerVerbs are the lines that apply to a whole run, and the number of words
// that each takes.
var headerVerbs = map[string]int{
	"set":       2, // a field of the input: its name, with dots, and its value
	"server":    2, // an option of the stand-in: its name and value
	"impatient": 1, // how long a read of the input lasts before it is cut off
	"stored":    0, // a position is stored before the first step
	"past":      2, // N batches were sent before it, spread over so long
	"read-to":   1, // the position of so long ago is stored, as after an outage
	"curated":   0, // every third detection is of a curated rule
	"burst":     1, // N detections within a minute, in the middle of the past

	"search-fails": 2, // one in N searches does, as one of searchFailures says
	"search-limit": 2, // searches of longer spans are refused with a status
}

// step makes one from its words.
func step(verb string, args ...any) modelStep {
	s := modelStep{verb: verb}
	for _, arg := range args {
		s.args = append(s.args, fmt.Sprint(arg))
	}
	return s
}

func (s modelStep) String() string {
	words := append([]string{s.verb}, s.args...)
	if s.rush {
		words = append(words, "&")
	}
	return strings.Join(words, " ")
}

func (s modelScript) String() string {
	var text strings.Builder
	for _, line := range slices.Concat(s.header, s.steps) {
		text.WriteString(line.String() + "\n")
	}
	return text.String()
}

// parseScript reads what String writes, and ignores empty lines and those that
// begin with #.
func parseScript(text string) (s modelScript, err error) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		parsed := modelStep{verb: words[0], args: words[1:]}
		if last := len(words) - 1; words[last] == "&" {
			parsed.rush, parsed.args = true, words[1:last]
		}
		var wanted int
		into := &s.header
		args, isHeader := headerVerbs[parsed.verb]
		verb, isStep := modelVerbs[parsed.verb]
		switch {
		case isHeader:
			wanted = args
		case isStep:
			into, wanted = &s.steps, verb.args
		default:
			return s, fmt.Errorf("reading the script: no step is called %q", parsed.verb)
		}
		if len(parsed.args) != wanted {
			return s, fmt.Errorf("reading the script: %q has %d words behind the first, want %d", parsed, len(parsed.args), wanted)
		}
		*into = append(*into, parsed)
	}
	return s, nil
}

// number is the i-th word as a number. A script that was edited by hand is the
// only one where it may not be one.
func (s modelStep) number(i int) int {
	n, err := strconv.Atoi(s.args[i])
	if err != nil {
		panic(fmt.Sprintf("reading the step %q: %v", s, err))
	}
	return n
}

func (s modelStep) duration(i int) time.Duration {
	d, err := time.ParseDuration(s.args[i])
	if err != nil {
		panic(fmt.Sprintf("reading the step %q: %v", s, err))
	}
	return d
}

// fieldValue is a setting's value as its type in YAML.
func fieldValue(word string) any {
	if n, err := strconv.Atoi(word); err == nil {
		return n
	}
	if b, err := strconv.ParseBool(word); err == nil {
		return b
	}
	return word
}

// modelFields are the input's fields that the header sets.
func (s modelScript) modelFields() rig.Settings {
	fields := rig.Settings{}
	for _, line := range s.header {
		if line.verb != "set" {
			continue
		}
		into := fields
		path := strings.Split(line.args[0], ".")
		for _, name := range path[:len(path)-1] {
			inner, _ := into[name].(rig.Settings)
			if inner == nil {
				inner = rig.Settings{}
			}
			into[name] = inner
			into = inner
		}
		into[path[len(path)-1]] = fieldValue(line.args[1])
	}
	return fields
}
