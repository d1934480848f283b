package plugin

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
)

// registerTornLine registers a function of Bloblang for outputs that append lines to a
// file: a process that was killed may have left a part of one, which the next line would
// otherwise go on with.
func registerTornLine() {
	spec := bloblang.NewPluginSpec().
		Impure().
		Category("Google").
		Description("Whether the file at a path ends in the middle of a line. One that is empty, or not there, does not.").
		Param(bloblang.NewStringParam("path").Description("The file."))
	bloblang.MustRegisterFunctionV2("chronicle_torn_line", spec, func(params *bloblang.ParsedParams) (bloblang.Function, error) {
		path, err := params.GetString("path")
		if err != nil {
			return nil, err
		}
		return func() (any, error) { return tornLine(path) }, nil
	})
}

// tornLine returns the system's own errors, which say what was done to which file.
func tornLine(path string) (torn bool, err error) {
	file, err := os.Open(path) //nolint:gosec // It is the configuration's.
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer file.Close()
	size, err := file.Seek(0, io.SeekEnd)
	if err != nil || size == 0 {
		return false, err
	}
	last := make([]byte, 1)
	if _, err := file.ReadAt(last, size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}
