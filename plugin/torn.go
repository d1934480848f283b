package plugin

import (
	"errors"
	"io/fs"
	"os"

	"github.com/redpanda-data/benthos/v4/public/bloblang"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/refused"
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
	_, torn, err = refused.End(file)
	return torn, err
}
