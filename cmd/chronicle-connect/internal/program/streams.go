package program

import (
	"fmt"
	"os"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/streamfiles"
)

// splitStreams lets pipelines run as streams as they are. It returns the arguments to
// run, and what removes the files that they name in the end.
func splitStreams(args []string) (split []string, remove func(), err error) {
	dir, err := os.MkdirTemp("", productName+"-streams-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for streams: %w", err)
	}
	remove = func() { _ = os.RemoveAll(dir) }
	split, err = streamfiles.Split(args, dir)
	if err != nil {
		remove()
		return nil, nil, err
	}
	return split, remove, nil
}
