package servers

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/ledger"
)

// A Receipt is one thing that a receiver took.
type Receipt struct {
	Key   string // the Idempotency-Key header
	Taken string
}

// Taken is what the receiver has taken so far, over all its lives.
func (r *Receiver) Taken() ([]Receipt, error) {
	file, err := os.Open(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	var all []Receipt
	lines := bufio.NewReader(file)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			// It was killed while it wrote the last line, which it then hasn't
			// acknowledged, or is writing it.
			return all, nil
		}
		var r Receipt
		if err := json.Unmarshal(line, &r); err != nil {
			// A line that the next life continued after half of it was written.
			continue
		}
		all = append(all, r)
	}
}

// IDs are those of the detections taken, as taken by unwrap.
func (r *Receiver) IDs(unwrap func(string) ([]byte, error)) func() ([]string, error) {
	return func() ([]string, error) {
		all, err := r.Taken()
		if err != nil {
			return nil, err
		}
		var ids []string
		for _, receipt := range all {
			detection, err := unwrap(receipt.Taken)
			if err != nil {
				return nil, err
			}
			id, err := ledger.IDOf(detection)
			if err != nil {
				return nil, err
			}
			ids = append(ids, id)
		}
		return ids, nil
	}
}
