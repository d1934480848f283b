package redact

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"os"
	"slices"
	"sync"
)

// A Redactor replaces secrets in what is logged by the names of the variables
// that they came from. Benthos' components log errors as they get them, and
// those of net/http show the whole URL, a webhook's included. The zero value
// knows no secrets; all methods may be called at the same time.
type Redactor struct {
	mu      sync.Mutex // guards what is below
	known   map[string]bool
	secrets []secret // the longest first, so that none hides a part of another
}

type secret struct{ form, shown []byte }

// Add makes value show as ${name} from now on, in all forms that a library can make
// of it. What is shorter than 6 bytes is left as it is.
func (r *Redactor) Add(name, value string) { r.add(name, value, formsOf) }

// AddURL is Add for a URL, or a list of them, that is no secret as a whole: only its
// userinfo and the values of its query are.
func (r *Redactor) AddURL(name, value string) { r.add(name, value, formsOfURL) }

func (r *Redactor) add(name, value string, formsOf func(string) []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	// Benthos asks for a variable at each place of a config.
	key := name + "=" + value
	if value == "" || r.known[key] {
		return
	}
	if r.known == nil {
		r.known = map[string]bool{}
	}
	r.known[key] = true
	for _, form := range formsOf(value) {
		r.secrets = append(r.secrets, secret{[]byte(form), []byte("${" + name + "}")})
	}
	slices.SortStableFunc(r.secrets, func(a, b secret) int {
		return cmp.Or(len(b.form)-len(a.form), bytes.Compare(a.form, b.form))
	})
	r.secrets = slices.CompactFunc(r.secrets, func(a, b secret) bool { return bytes.Equal(a.form, b.form) })
}

// Redact returns line with names instead of the secrets that were added so far.
func (r *Redactor) Redact(line []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		line = bytes.ReplaceAll(line, secret.form, secret.shown)
	}
	return line
}

// flushMark ends what flush waits for. Nothing logs it.
const flushMark = "\x00\n"

// Filter returns a file whose lines come out of out, redacted. flush waits until
// all that was written so far is out, and drain closes the file, too. The error
// is that of opening a pipe.
func (r *Redactor) Filter(out io.Writer) (in *os.File, flush, drain func(), err error) {
	reader, in, err := os.Pipe()
	if err != nil {
		return nil, nil, nil, fmt.Errorf("opening a pipe for the log: %w", err)
	}
	done, flushed := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		lines := bufio.NewReader(reader)
		for {
			line, err := lines.ReadBytes('\n')
			line, marked := bytes.CutSuffix(line, []byte(flushMark))
			// A terminal that is gone takes no log; the pipeline goes on.
			_, _ = out.Write(r.Redact(line))
			if marked {
				flushed <- struct{}{}
			}
			if err != nil {
				return
			}
		}
	}()
	flush = func() {
		if _, err := in.WriteString(flushMark); err == nil {
			<-flushed
		}
	}
	return in, flush, func() {
		_ = in.Close()
		<-done
		_ = reader.Close()
	}, nil
}
