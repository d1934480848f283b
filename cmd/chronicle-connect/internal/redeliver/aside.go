package redeliver

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// What is put behind the name of a file of refused messages.
const (
	asideSuffix   = ".redelivering"      // of what was moved aside
	journalSuffix = ".redelivering.done" // of what says which of its lines are settled
)

// An aside is a file that was moved aside, with the notes of which of its lines are
// settled. It is this process' alone. The notes have the form "offset hash", so that
// none is ever taken for one about a line of another file. They are not forced to the
// disk: one that a failure of power takes along costs a repetition.
type aside struct {
	path string // of the file that people name
	name string // of what was moved aside

	journal *os.File

	mu      sync.Mutex // guards what follows
	settled map[int64]uint64
}

// openAside takes what there is to redeliver of a file for this process alone. Nothing
// is moved yet.
func openAside(path string) (*aside, error) {
	if strings.HasSuffix(path, asideSuffix) || strings.HasSuffix(path, journalSuffix) {
		own, _, _ := strings.Cut(path, asideSuffix)
		return nil, fmt.Errorf("%s is what a redeliver that was broken off has moved aside: name %s, and it is taken up", path, own)
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target
	}
	a := &aside{path: path, name: path + asideSuffix}
	if !a.exists() {
		if err := isFile(path); err != nil {
			return nil, err
		}
	}
	for {
		journal, err := os.OpenFile(path+journalSuffix, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600) //nolint:gosec // It is beside what the user named.
		if err != nil {
			return nil, fmt.Errorf("opening the notes beside the file: %w", err)
		}
		taken, err := lock(journal)
		if err != nil || !taken {
			_ = journal.Close()
			if err == nil {
				err = fmt.Errorf("another redeliver is at %s", path)
			}
			return nil, err
		}
		// The one before may have deleted it meanwhile.
		if same, err := isNamed(journal, path+journalSuffix); err != nil || !same {
			_ = journal.Close()
			if err != nil {
				return nil, err
			}
			continue
		}
		a.journal = journal
		return a, nil
	}
}

func isFile(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("there is no %s: a pipeline makes one when a destination refuses something", path)
	case err != nil:
		return fmt.Errorf("looking for the file: %w", err)
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no file", path)
	}
	return nil
}

func isNamed(file *os.File, path string) (bool, error) {
	opened, err := file.Stat()
	if err != nil {
		return false, fmt.Errorf("looking at the notes beside the file: %w", err)
	}
	named, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("looking for the notes beside the file: %w", err)
	}
	return os.SameFile(opened, named), nil
}

// exists says whether a run that was broken off has left something aside.
func (a *aside) exists() bool {
	_, err := os.Lstat(a.name)
	return err == nil
}

// begin moves the file aside, unless a run that was broken off has left one there,
// which comes first then.
func (a *aside) begin() error {
	if a.exists() {
		return a.readJournal()
	}
	// What is noted is about a file that is gone.
	a.settled = map[int64]uint64{}
	if err := a.journal.Truncate(0); err != nil {
		return fmt.Errorf("emptying the notes beside the file: %w", err)
	}
	if err := os.Rename(a.path, a.name); err != nil {
		return fmt.Errorf("moving the file aside: %w", err)
	}
	return nil
}

// readJournal reads what is noted, and lets the next note begin behind what may be half
// a one.
func (a *aside) readJournal() (err error) {
	if a.settled, err = readNotes(a.journal.Name()); err != nil {
		return err
	}
	if _, err := a.journal.WriteString("\n"); err != nil {
		return fmt.Errorf("writing the notes beside the file: %w", err)
	}
	return nil
}

// readNotes reads which lines are settled. A note that is not whole counts for nothing.
func readNotes(path string) (settled map[int64]uint64, err error) {
	settled = map[int64]uint64{}
	file, err := os.Open(path) //nolint:gosec // It is beside what the user named.
	if errors.Is(err, fs.ErrNotExist) {
		return settled, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the notes beside the file: %w", err)
	}
	defer file.Close()
	lines := bufio.NewScanner(file)
	lines.Split(wholeLines)
	for lines.Scan() {
		before, after, _ := strings.Cut(lines.Text(), " ")
		offset, offsetErr := strconv.ParseInt(before, 10, 64)
		hash, hashErr := strconv.ParseUint(after, 16, 64)
		if offsetErr == nil && hashErr == nil && len(after) == 16 {
			settled[offset] = hash
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("reading the notes beside the file: %w", err)
	}
	return settled, nil
}

// wholeLines is bufio.ScanLines but for a last line without a break.
func wholeLines(data []byte, atEOF bool) (advance int, token []byte, err error) {
	if i := bytes.IndexByte(data, '\n'); i >= 0 {
		return i + 1, data[:i], nil
	}
	if atEOF {
		return len(data), nil, nil
	}
	return 0, nil, nil
}

// settle notes that a line was delivered, or is in the file of the old name. A note
// that can't be written costs a repetition, and that only where the process is killed.
func (a *aside) settle(l *line) {
	a.mu.Lock()
	defer a.mu.Unlock()
	hash := l.hash()
	a.settled[l.offset] = hash
	_, _ = fmt.Fprintf(a.journal, "%d %016x\n", l.offset, hash)
}

// isSettled says whether a line was.
func (a *aside) isSettled(l *line) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	hash, found := a.settled[l.offset]
	return found && hash == l.hash()
}

// peek returns what a run that was broken off has left aside, for reading alone.
func peek(path string) (*aside, error) {
	settled, err := readNotes(path + journalSuffix)
	return &aside{path: path, name: path + asideSuffix, settled: settled}, err
}

// unsettled calls do for the lines that are not settled.
func (a *aside) unsettled(do func(*line) error) (size int64, err error) {
	return eachLine(a.name, func(l *line) error {
		if a.isSettled(l) {
			return nil
		}
		return do(l)
	})
}

// chunk is about how many bytes are put back at a time.
const chunk = 4 << 20

// putBack has all lines that are not settled appended to the file of the old name,
// counts them, and deletes what was moved aside. Something that still has it open may
// write to it meanwhile: that is put back as well.
func (a *aside) putBack(appendLines func([]byte) error) (count int, err error) {
	var lines []byte
	var pending []*line
	flush := func() error {
		if len(pending) == 0 {
			return nil
		}
		if err := appendLines(lines); err != nil {
			return err
		}
		for _, l := range pending {
			a.settle(l)
		}
		count += len(pending)
		lines, pending = nil, nil
		return nil
	}
	for {
		size, err := a.unsettled(func(l *line) error {
			lines = append(append(lines, l.text...), '\n')
			pending = append(pending, l)
			if len(lines) < chunk {
				return nil
			}
			return flush()
		})
		if err == nil {
			err = flush()
		}
		if err != nil {
			return count, fmt.Errorf("putting back what was not sent: %w", err)
		}
		info, err := os.Stat(a.name)
		if err != nil {
			return count, fmt.Errorf("looking at what was moved aside: %w", err)
		}
		if info.Size() == size {
			break
		}
	}
	if err := os.Remove(a.name); err != nil {
		return count, fmt.Errorf("deleting what was sent: %w", err)
	}
	return count, nil
}

// close lets go of the file. The notes stay where something is aside that they are
// about.
func (a *aside) close() {
	if !a.exists() {
		_ = os.Remove(a.journal.Name()) // what is left would be emptied the next time
	}
	_ = a.journal.Close()
}
