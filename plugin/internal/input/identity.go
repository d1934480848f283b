package input

import (
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// A Place is where in a host program an input is. There is one input at a place at
// a time: a newer one takes the place of the one before, as when a stream or a
// dynamic input is replaced while it runs.
type Place struct {
	// Stream is the id of the stream in streams mode, else "".
	Stream string
	// Path is that of the component within the configuration.
	Path string
	// Label is what people call it, "" where they don't.
	Label string
}

func placeOf(res *service.Resources) Place {
	return Place{Stream: res.StreamID(), Path: strings.Join(res.Path(), "."), Label: res.Label()}
}
