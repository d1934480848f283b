package components

// What every build of the binary has: the input, and Benthos' own components.
import (
	_ "github.com/redpanda-data/benthos/v4/public/components/io"
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
)
