package signin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// defaultVariable names a file for all of Google's client libraries.
const defaultVariable = "GOOGLE_APPLICATION_CREDENTIALS"

// A place is a file where a credentials document may be.
type place struct {
	path   string
	origin string // names the document in errors
	what   string // names the file in errors of reading it
	// optional says that the next place applies where the file does not exist.
	optional bool
}

// places are the files that may hold the document, in the order in which they
// are looked for. Where none of them exists it is the metadata server's turn.
// The last two are those of Google's libraries, which call them
// [DefaultCredentials].
func (c Credentials) places() (all []place) {
	if c.File != "" {
		return []place{{c.File, "credentials file " + c.File, "credentials file", false}}
	}
	home := homeDir()
	if home != "" {
		file := filepath.Join(home, HomeCredentials)
		all = append(all, place{file, "credentials file " + file, "credentials file", true})
	}
	if file := os.Getenv(defaultVariable); file != "" {
		return append(all, place{file, "the " + DefaultCredentials + " " + file, DefaultCredentials, false})
	}
	if file := wellKnownFile(home); file != "" {
		all = append(all, place{file, "the " + DefaultCredentials + " " + file, DefaultCredentials, true})
	}
	return all
}

// homeDir is the home directory, "" where there is none.
func homeDir() string {
	if home, err := os.UserHomeDir(); err == nil {
		return home
	}
	if of, err := user.Current(); err == nil {
		return of.HomeDir
	}
	return ""
}

// wellKnownFile is where gcloud puts Application Default Credentials, "" where
// there is no such place.
func wellKnownFile(home string) string {
	dir := filepath.Join(home, ".config")
	if runtime.GOOS == "windows" {
		home = os.Getenv("APPDATA")
		dir = home
	}
	if home == "" {
		return ""
	}
	return filepath.Join(dir, "gcloud", "application_default_credentials.json")
}

// read returns the current document, or nil where it is the metadata server's
// turn. used is the file of an earlier document that a token was got with, ""
// for none: it does not make way for another source where it is removed. Errors
// name the file, never its contents.
func (c Credentials) read(used string) (*Document, error) {
	if c.Document != "" {
		return parseDocument(c.Origin, []byte(c.Document))
	}
	for _, at := range c.places() {
		contents, err := os.ReadFile(at.path)
		if isMissing(err) && at.optional && at.path != used {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the %s: %w", at.what, err)
		}
		document, err := parseDocument(at.origin, contents)
		if err != nil {
			return nil, err
		}
		document.path = at.path
		return document, nil
	}
	return nil, nil
}

// isMissing says whether a file was not there. The home of a system user is
// often no directory, such as /dev/null.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// Check reads the document once, so that a wrong one is refused before any
// request. A file that is not there is refused where it is set and not awaited.
func (c Credentials) Check() error {
	_, err := c.read("")
	if isMissing(err) && (c.File == "" || c.awaited()) {
		return nil
	}
	return err
}

// awaited says whether a source that is missing is waited for.
func (c Credentials) awaited() bool {
	_, named := network.MetadataServer()
	return c.Awaited || named
}
