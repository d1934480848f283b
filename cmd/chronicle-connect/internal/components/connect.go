//go:build !minimal

package components

// The destinations that Redpanda Connect brings. Adding one is adding a line;
// the configuration does the rest. Left out on purpose are the packages that
// need an enterprise licence to run. The build tag minimal leaves all of these
// out.
import (
	_ "github.com/redpanda-data/connect/v4/public/components/aws"
	_ "github.com/redpanda-data/connect/v4/public/components/gcp"
	_ "github.com/redpanda-data/connect/v4/public/components/kafka"
	_ "github.com/redpanda-data/connect/v4/public/components/nats"
	_ "github.com/redpanda-data/connect/v4/public/components/opensearch"
	_ "github.com/redpanda-data/connect/v4/public/components/prometheus"
	_ "github.com/redpanda-data/connect/v4/public/components/redis"
)
