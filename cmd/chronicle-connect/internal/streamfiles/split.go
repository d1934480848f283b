package streamfiles

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"gopkg.in/yaml.v3"
)

// own are the sections of a stream, and of the tests in its file.
var own = []string{"input", "buffer", "pipeline", "output", "tests"}

const resourcesSuffix = "_resources"

// Split returns the arguments of a command line to run instead: where it runs
// streams, and files of them have sections that streams share, with files in dir in
// their place. Files without such sections stay where they are. The args begin with
// the program's name.
func Split(args []string, dir string) ([]string, error) {
	parsed, streams := parse(args)
	if !streams {
		return args, nil
	}
	s := &splitter{dir: dir, known: make(map[string]definition)}
	paths, changed := slices.Clone(parsed.paths), false
	for i, path := range paths {
		moved, err := s.path(path, filepath.Join(dir, fmt.Sprint(i)))
		if err != nil {
			return nil, err
		}
		if moved != "" {
			paths[i], changed = moved, true
		}
	}
	if !changed {
		return args, nil
	}
	flags := parsed.flags
	for _, file := range s.resources {
		flags = append(flags, "-r", file)
	}
	if s.shared.Len() > 0 && !parsed.shared { // what the command line says is shared wins
		file := filepath.Join(dir, "shared.yaml")
		if err := os.WriteFile(file, []byte(s.shared.String()), 0o600); err != nil {
			return nil, fmt.Errorf("writing what streams share: %w", err)
		}
		flags = append(flags, "-o", file)
	}
	return slices.Concat(parsed.before, flags, paths), nil
}

// splitter gathers what streams share.
type splitter struct {
	dir       string          // where they are written
	resources []string        // files of them
	shared    strings.Builder // the other sections
	known     map[string]definition
}

// A definition is what a name stands for, and the file that says so.
type definition struct{ file, text string }

// path splits a file, or the files of a folder, into the folder to. It returns the
// path to use instead, and nothing where there is no need for one.
func (s *splitter) path(path, to string) (moved string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", nil //nolint:nilerr // A pattern, or a file that isn't there: Benthos says so.
	}
	if !info.IsDir() {
		moved = filepath.Join(to, filepath.Base(path)) // of which the stream has its name
		changed, err := s.file(path, moved)
		if err != nil || !changed {
			return "", err
		}
		return moved, nil
	}
	var files []string
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() && slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(file)) {
			files = append(files, file)
		}
		return err
	})
	if err != nil {
		return "", fmt.Errorf("looking for streams: %w", err)
	}
	split := false
	for _, file := range files {
		relative, err := filepath.Rel(path, file)
		if err != nil {
			return "", fmt.Errorf("looking for streams: %w", err)
		}
		changed, err := s.file(file, filepath.Join(to, relative))
		if err != nil {
			return "", err
		}
		split = split || changed
	}
	if !split {
		return "", nil
	}
	return to, nil
}

// file writes a stream's own sections to the file to, and its resources to another
// one, each in its lines. It tells whether there is anything but its own.
func (s *splitter) file(path, to string) (changed bool, err error) {
	text, err := os.ReadFile(path) //nolint:gosec // Which file it is, is the user's to say.
	if err != nil {
		return false, fmt.Errorf("reading a stream: %w", err)
	}
	stream := strings.SplitAfter(string(text), "\n")
	resources := make([]string, len(stream))
	blank(resources)
	for _, section := range sections(text, len(stream)) {
		if slices.Contains(own, section.name) {
			continue
		}
		changed = true
		lines := slices.Clone(stream[section.from:section.to])
		blank(stream[section.from:section.to])
		if !strings.HasSuffix(section.name, resourcesSuffix) {
			again, err := s.again(path, section.name, section.value)
			if err != nil {
				return false, err
			}
			if !again {
				s.shared.WriteString(strings.TrimRight(strings.Join(lines, ""), "\n") + "\n")
			}
			continue
		}
		all := true
		for _, resource := range section.items() {
			again, err := s.again(path, strings.TrimSuffix(section.name, resourcesSuffix)+" resource "+resource.name, resource.value)
			if err != nil {
				return false, err
			}
			if again {
				blank(lines[resource.from-section.from : resource.to-section.from])
			}
			all = all && again
		}
		if !all {
			copy(resources[section.from:], lines)
		}
	}
	if err := write(to, stream); err != nil {
		return false, err
	}
	if slices.ContainsFunc(resources, func(line string) bool { return line != "\n" }) {
		file := filepath.Join(s.dir, fmt.Sprintf("resources-%d", len(s.resources)), filepath.Base(to))
		s.resources = append(s.resources, file)
		return true, write(file, resources)
	}
	return changed, nil
}

// blank leaves nothing of lines but that they are there.
func blank(lines []string) {
	for i := range lines {
		lines[i] = "\n"
	}
}

func write(path string, lines []string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fmt.Errorf("writing a stream: %w", err)
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "")), 0o600); err != nil { //nolint:gosec // In a folder of the program's own.
		return fmt.Errorf("writing a stream: %w", err)
	}
	return nil
}

// again tells whether another file has said the same of that name. It may not have
// said anything else.
func (s *splitter) again(path, name string, value *yaml.Node) (bool, error) {
	var plain any
	if err := value.Decode(&plain); err != nil {
		return false, fmt.Errorf("%s: line %d: %w", path, value.Line, err)
	}
	text, err := yaml.Marshal(plain)
	if err != nil {
		return false, fmt.Errorf("%s: line %d: %w", path, value.Line, err)
	}
	before, known := s.known[name]
	switch {
	case !known:
		s.known[name] = definition{path, string(text)}
	case before.text != string(text):
		return false, fmt.Errorf("%s and %s don't have the same %s, but streams of a process share what has one name: give one of them another, or run them as processes", before.file, path, name)
	}
	return known, nil
}
