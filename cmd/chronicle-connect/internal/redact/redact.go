package redact

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"sync"
)

// shortestSecret is the least length of a value that is looked for: shorter
// ones are no secrets and would be found everywhere.
const shortestSecret = 8

// A Redactor replaces secrets in what is logged by the names of the variables
// that they came from. Benthos' components log errors as they get them, and
// those of net/http show the whole URL, a webhook's included. The zero value
// knows no secrets; all methods may be called at the same time.
type Redactor struct {
	mu      sync.Mutex // guards secrets
	secrets [][2][]byte
}

// Add makes value show as ${name} from now on, plainly written as well as
// inside JSON, where & and < have escapes. A value of less than 8 bytes is left
// as it is.
func (r *Redactor) Add(name, value string) {
	if len(value) < shortestSecret {
		return
	}
	shown := []byte("${" + name + "}")
	forms := [][]byte{[]byte(value)}
	if quoted, err := json.Marshal(value); err == nil {
		if escaped := quoted[1 : len(quoted)-1]; string(escaped) != value {
			forms = append(forms, escaped)
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, form := range forms {
		r.secrets = append(r.secrets, [2][]byte{form, shown})
	}
}

// Redact returns line with names instead of the secrets that were added so far.
func (r *Redactor) Redact(line []byte) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, secret := range r.secrets {
		line = bytes.ReplaceAll(line, secret[0], secret[1])
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
