package input

import (
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// A Component is where in a host program an input is. Its metrics go by that, so all
// inputs there share them.
type Component struct {
	// Stream is the id of the stream in streams mode, else "".
	Stream string
	// Path is that of the component within the configuration. All children of a sequence
	// have the path of the sequence.
	Path string
	// Label is what people call it, "" where they don't.
	Label string
}

// A Place is what makes an input the same one after a restart or a change of its
// configuration: where it is, and its work. There is one input at a place at a time: a
// newer one takes the place of the one before, as when a stream or a dynamic input is
// replaced while it runs.
type Place struct {
	Component
	// Work is the checkpoint that the input goes on from, or its configuration where it
	// has no checkpoint.
	Work string
}

func componentOf(res *service.Resources) Component {
	return Component{Stream: res.StreamID(), Path: strings.Join(res.Path(), "."), Label: res.Label()}
}
