package rpcplugin

import (
	"context"
	"fmt"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// oversizedRetry is how long to wait before the file is tried again.
const oversizedRetry = 5 * time.Second

// An oversized is the file of detections that no answer can hold. It is only
// touched where there is one. One goroutine uses it.
type oversized struct {
	path string
	log  *hostLog

	output *service.ResourceOutput // nil until it is needed
	end    func(context.Context) error
}

// keep puts a detection into the file, and says whether it is there. It tries until
// that is so, or ctx ends: until then the position waits.
func (o *oversized) keep(ctx context.Context, message *service.Message) bool {
	for {
		err := o.try(ctx, message)
		if err == nil {
			return true
		}
		o.log.logger().Error(fmt.Sprintf("a detection is too large for the host, and is not kept either; it is tried again in %s: %v", oversizedRetry, err))
		select {
		case <-time.After(oversizedRetry):
		case <-ctx.Done():
			return false
		}
	}
}

func (o *oversized) try(ctx context.Context, message *service.Message) error {
	if o.output == nil {
		if err := o.build(ctx); err != nil {
			return err
		}
	}
	return o.output.Write(ctx, message)
}

// build builds the output that writes the file, which is a component of the
// plugin's that logs an error for each line.
func (o *oversized) build(ctx context.Context) error {
	builder := service.NewResourceBuilder()
	builder.SetLogger(o.log.logger())
	if err := add(builder.AddOutputYAML, map[string]any{
		"label": oversizedLabel,
		"chronicle_refused": map[string]any{
			"path":     o.path,
			"pipeline": "rpc-plugin",
			"reason":   `${! "%v bytes, more than the 4 MiB that a host takes from an RPC plugin".format(content().length()) }`,
		},
	}); err != nil {
		return err
	}
	resources, end, err := builder.Build()
	if err != nil {
		return err
	}
	if err := resources.AccessOutput(ctx, oversizedLabel, func(out *service.ResourceOutput) { o.output = out }); err != nil {
		return err
	}
	o.end = end
	return nil
}

func (o *oversized) close(ctx context.Context) error {
	if o.end == nil {
		return nil
	}
	return o.end(ctx)
}
