// A custom build of Redpanda Connect: its components, chosen by imports, and
// the command line of Benthos.
package main

import (
	"context"

	"github.com/redpanda-data/benthos/v4/public/service"
	_ "github.com/redpanda-data/connect/v4/public/components/io"
	_ "github.com/redpanda-data/connect/v4/public/components/prometheus"
	_ "github.com/redpanda-data/connect/v4/public/components/pure"
	_ "github.com/redpanda-data/connect/v4/public/components/redis"

	_ "github.com/chronicle-connect/chronicle-connect/plugin"
)

func main() {
	service.RunCLI(context.Background())
}
