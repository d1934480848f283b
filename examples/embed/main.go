// Command embed is a program of one's own with the input inside: it prints a
// line for each detection that Chronicle sends. What matters is around that:
//
//   - the handler's error keeps a detection from counting as delivered, so that
//     it comes again, in this run or the next;
//   - SIGTERM ends the reading at once, lets the handler finish and stores the
//     position;
//   - an input that gives up, say because Chronicle answers 400, ends the program
//     with its reason and a non-zero exit code.
//
// Settings come from the environment: CHRONICLE_CREDENTIALS_FILE,
// CHRONICLE_REGION, CHRONICLE_API, CHRONICLE_INSTANCE, CHRONICLE_START_TIME,
// CHRONICLE_BASE_URL and CHRONICLE_STATE_DIR, as for the pipelines in config/.
package main

import (
	"context"
	_ "embed"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	// What Benthos itself runs on.
	_ "github.com/redpanda-data/benthos/v4/public/components/pure"
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// shutdownTimeout is how long the handler may take to finish what it has. What
// it does not finish comes again at the next start.
const shutdownTimeout = 20 * time.Second

//go:embed input.yaml
var inputYAML string

func main() {
	// Caught from the beginning on, so that no signal ends the program otherwise.
	ctx, restore := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	// A second signal ends it at once.
	context.AfterFunc(ctx, restore)
	if err := run(ctx, printer{os.Stdout}.handle); err != nil {
		fmt.Fprintf(os.Stderr, "embed: %v\n", err)
		os.Exit(1)
	}
}

// run hands detections to handle until ctx ends, which is no error, or the input
// gives up, which is one.
func run(ctx context.Context, handle service.MessageHandlerFunc) error {
	stream, err := build(handle)
	if err != nil {
		return err
	}
	ran := make(chan error, 1)
	// Not with ctx itself: Run would return without having stopped anything.
	go func() { ran <- stream.Run(context.WithoutCancel(ctx)) }()
	select {
	case err = <-ran:
	case <-ctx.Done():
		err = stream.StopWithin(shutdownTimeout)
	}
	if err != nil {
		return fmt.Errorf("running the stream: %w", err)
	}
	// To Benthos an input that gave up is one that has finished.
	return plugin.Failure(stream.Resources())
}

func build(handle service.MessageHandlerFunc) (*service.Stream, error) {
	builder := service.NewStreamBuilder()
	builder.SetLogger(slog.New(slog.NewTextHandler(os.Stderr, nil)))
	// As in chronicle-connect: an empty variable means the default.
	builder.SetEnvVarLookupFunc(func(name string) (string, bool) {
		value := os.Getenv(name)
		return value, value != ""
	})
	if err := builder.AddInputYAML(inputYAML); err != nil {
		return nil, fmt.Errorf("adding the input: %w", err)
	}
	if err := builder.AddConsumerFunc(handle); err != nil {
		return nil, fmt.Errorf("adding the handler: %w", err)
	}
	stream, err := builder.Build()
	if err != nil {
		return nil, fmt.Errorf("building the stream: %w", err)
	}
	return stream, nil
}

// A printer is the place where a real program does its work.
type printer struct{ out io.Writer }

// handle is called for one detection after the other, each at least once. The
// next batch is not asked for before all of one are handled.
func (p printer) handle(_ context.Context, detection *service.Message) error {
	body, err := detection.AsBytes()
	if err != nil {
		return fmt.Errorf("reading a detection: %w", err)
	}
	id, _ := detection.MetaGet("chronicle_detection_id")
	rule, _ := detection.MetaGet("chronicle_rule_name")
	if _, err := fmt.Fprintf(p.out, "%s %q %d bytes\n", id, rule, len(body)); err != nil {
		return fmt.Errorf("printing detection %s: %w", id, err)
	}
	return nil
}
