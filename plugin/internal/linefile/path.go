package linefile

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// maxLinks is how many symbolic links a path may lead through.
const maxLinks = 40

// resolve follows the symbolic links of an absolute path, but for those in folders that
// other users can write to. What does not exist is no link.
func resolve(path string) (string, error) {
	root := filepath.VolumeName(path) + string(filepath.Separator)
	dir, rest := root, components(path)
	for links := 0; len(rest) > 0; {
		next := filepath.Join(dir, rest[0])
		rest = rest[1:]
		info, err := os.Lstat(next)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return filepath.Join(append([]string{next}, rest...)...), nil
		case err != nil:
			return "", err
		case info.Mode()&fs.ModeSymlink == 0:
			dir = next
			continue
		}
		if links++; links > maxLinks {
			return "", &fs.PathError{Op: "open", Path: path, Err: errors.New("too many symbolic links")}
		}
		if shared, err := isShared(dir); err != nil || shared {
			if err == nil {
				err = &fs.PathError{Op: "open", Path: next, Err: ErrLink}
			}
			return "", err
		}
		target, err := os.Readlink(next)
		if err != nil {
			return "", err
		}
		if filepath.IsAbs(target) {
			dir = filepath.VolumeName(target) + string(filepath.Separator)
		}
		rest = append(components(target), rest...)
	}
	return dir, nil
}

// components are the names in a path, ".." among them.
func components(path string) []string {
	path = filepath.ToSlash(strings.TrimPrefix(path, filepath.VolumeName(path)))
	return strings.FieldsFunc(path, func(r rune) bool { return r == '/' })
}

// makeDirectories creates a folder and those above it, for this user alone. One that
// exists is taken as it is.
func makeDirectories(dir string) error {
	_, err := os.Stat(dir)
	if !errors.Is(err, fs.ErrNotExist) {
		return err // where it is no folder, opening the file says so
	}
	parent := filepath.Dir(dir)
	if err := makeDirectories(parent); err != nil {
		return err
	}
	if err := os.Mkdir(dir, directoryPerm); err != nil {
		if errors.Is(err, fs.ErrExist) {
			return nil // somebody else has made it meanwhile
		}
		return err
	}
	if err := os.Chmod(dir, directoryPerm); err != nil {
		return err
	}
	return syncDirectory(parent)
}
