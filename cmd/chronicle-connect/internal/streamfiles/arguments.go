package streamfiles

import (
	"slices"
	"strings"
)

// valued are the flags of the command that have a value.
var valued = []string{
	"observability", "o", "log.level", "set", "s", "resources", "r", "env-file", "e", "templates", "t", "config", "c",
}

// arguments are those of the command streams.
type arguments struct {
	before []string // with the command's name
	flags  []string
	paths  []string
	shared bool // a file of what streams share is among the flags
}

// parse returns the arguments of a command line, and whether its command is streams.
// The args begin with the program's name.
func parse(args []string) (parsed arguments, streams bool) {
	at := 1
	for at < len(args) && strings.HasPrefix(args[at], "-") {
		at += width(args[at])
	}
	if at >= len(args) || args[at] != "streams" {
		return arguments{}, false
	}
	parsed.before = args[:at+1]
	rest := args[at+1:]
	for len(rest) > 0 {
		switch {
		case rest[0] == "--":
			parsed.paths = append(parsed.paths, rest[1:]...)
			return parsed, true
		case strings.HasPrefix(rest[0], "-") && len(parsed.paths) == 0:
			n := min(width(rest[0]), len(rest))
			name, _, _ := strings.Cut(strings.TrimLeft(rest[0], "-"), "=")
			parsed.shared = parsed.shared || name == "o" || name == "observability"
			parsed.flags = append(parsed.flags, rest[:n]...)
			rest = rest[n:]
		default: // flags behind the first path are paths, to Benthos as well
			parsed.paths = append(parsed.paths, rest[0])
			rest = rest[1:]
		}
	}
	return parsed, true
}

// width is how many arguments a flag takes, with itself.
func width(flag string) int {
	if slices.Contains(valued, strings.TrimLeft(flag, "-")) {
		return 2
	}
	return 1
}
