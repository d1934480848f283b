package program

import (
	"os"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// filterLog puts the redactor between Benthos' log and the terminal. Benthos
// takes the process' outputs for its log when its command line is set up; from
// restore on, everything else writes to the real ones, undelayed and unchanged.
func filterLog(redactor *redact.Redactor) (restore, flush, drain func(), err error) {
	stdout, stderr := os.Stdout, os.Stderr
	filteredOut, flushOut, drainOut, err := redactor.Filter(stdout)
	if err != nil {
		return nil, nil, nil, err
	}
	filteredErr, flushErr, drainErr, err := redactor.Filter(stderr)
	if err != nil {
		drainOut()
		return nil, nil, nil, err
	}
	os.Stdout, os.Stderr = filteredOut, filteredErr
	restore = func() { os.Stdout, os.Stderr = stdout, stderr }
	flush = func() {
		flushOut()
		flushErr()
	}
	drain = func() {
		drainOut()
		drainErr()
	}
	return restore, flush, drain, nil
}
