package program

import (
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/streamfiles"
)

// splitStreams lets pipelines run as streams as they are. It returns the arguments to
// run, and what removes the files that they name. A signal to stop does so as well:
// Benthos, which has read them by then, ends the process itself.
func splitStreams(args []string) (split []string, remove func(), err error) {
	dir, err := os.MkdirTemp("", productName+"-streams-")
	if err != nil {
		return nil, nil, fmt.Errorf("making a folder for streams: %w", err)
	}
	remove = sync.OnceFunc(func() { _ = os.RemoveAll(dir) })
	split, err = streamfiles.Split(args, dir)
	if err != nil || slices.Equal(split, args) {
		remove()
		return split, remove, err
	}
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-stop
		remove()
	}()
	return split, remove, nil
}
