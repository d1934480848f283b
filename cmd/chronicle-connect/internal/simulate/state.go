package simulate

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// makeState makes the folder that the settings name for the pipeline's position: the
// user's own, or a new one each time. With the one of a real account a try would move
// that account's position, and with the one of an earlier try it would begin where
// that ended.
func (s *simulation) makeState() (err error) {
	switch {
	case s.state != "":
		err = os.MkdirAll(s.state, 0o750)
	default:
		const pattern = "chronicle-connect-simulated-*"
		if s.state, err = os.MkdirTemp("", pattern); err != nil {
			// A container whose root is read-only has no other place to write to.
			var beside error
			s.state, beside = os.MkdirTemp(filepath.Dir(s.credentials), pattern)
			if beside == nil {
				err = nil
			} else {
				err = errors.Join(err, beside)
			}
		}
	}
	if err != nil {
		return fmt.Errorf("making the state folder, which flag state can name: %w", err)
	}
	if s.state, err = filepath.Abs(s.state); err != nil {
		return fmt.Errorf("finding the state folder: %w", err)
	}
	return nil
}
