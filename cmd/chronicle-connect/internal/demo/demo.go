package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/config"
	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// timeout ends a demo in which something hangs.
const timeout = 28 * time.Second

// Command is the subcommand, which prints to stdout. Its error says what of the
// story did not happen.
func Command(stdout io.Writer) *cli.Command {
	return &cli.Command{
		Name:  "demo",
		Usage: "Show the Slack pipeline at work against a stand-in for Chronicle, in under 30 seconds",
		Description: "Runs config/slack.yaml as it is, with a stand-in for Chronicle before it and one for Slack " +
			"behind it, both on loopback. Breaks the stream once and shows that it resumes.",
		Action: func(c *cli.Context) error {
			ctx, cancel := context.WithTimeout(c.Context, timeout)
			defer cancel()
			return run(ctx, stdout)
		},
	}
}

// run shows the whole way of a few detections and fails unless each of
// them arrived exactly once.
func run(ctx context.Context, stdout io.Writer) error {
	directory, err := os.MkdirTemp("", "chronicle-connect-demo-")
	if err != nil {
		return fmt.Errorf("creating a directory for the demo: %w", err)
	}
	defer os.RemoveAll(directory)

	screen := &screen{out: stdout}
	chronicle := chronicletest.NewServer(chronicletest.WithHeartbeatInterval(2 * time.Second))
	defer chronicle.Close()
	credentials := filepath.Join(directory, "credentials.json")
	if err := chronicle.WriteCredentials(credentials); err != nil {
		return fmt.Errorf("writing the demo's credentials: %w", err)
	}
	slack, err := newSlackStandIn(screen)
	if err != nil {
		return err
	}
	defer slack.close()

	screen.say("A stand-in for Chronicle is at %s, one for Slack at %s.", chronicle.URL, slack.address())
	stream, err := newStream(screen, map[string]string{
		"SLACK_WEBHOOK_URL":          slack.url(),
		"CHRONICLE_INSTANCE":         "projects/demo/locations/us/instances/demo",
		"CHRONICLE_BASE_URL":         chronicle.URL,
		"CHRONICLE_CREDENTIALS_FILE": credentials,
		"CHRONICLE_START_TIME":       "1h",
		"CHRONICLE_STATE_DIR":        directory,
	})
	if err != nil {
		return err
	}
	story := &story{chronicle: chronicle, slack: slack, screen: screen, generator: newGenerator()}
	story.begin()

	stopped := make(chan error, 1)
	go func() { stopped <- stream.Run(context.WithoutCancel(ctx)) }()
	told := story.tell(ctx)
	if err := stream.StopWithin(5 * time.Second); err != nil {
		told = errors.Join(told, fmt.Errorf("stopping the pipeline: %w", err))
	}
	told = errors.Join(told, <-stopped, plugin.Failure(stream.Resources()))

	delivered := slack.delivered()
	screen.say("%d detections sent, %d delivered to Slack in %d posts.", story.sent, delivered, slack.count())
	if told == nil && delivered != story.sent {
		told = fmt.Errorf("%d detections were sent, but %d delivered", story.sent, delivered)
	}
	return told
}

// newStream is config/slack.yaml with an environment of the demo's own.
func newStream(screen *screen, environment map[string]string) (*service.Stream, error) {
	pipeline, err := config.Files.ReadFile("slack.yaml")
	if err != nil {
		return nil, fmt.Errorf("reading the embedded slack.yaml: %w", err)
	}
	builder := service.NewStreamBuilder()
	builder.SetEnvVarLookupFunc(func(name string) (string, bool) {
		value, found := environment[name]
		return value, found
	})
	builder.SetLogger(slog.New(&logScreen{screen: screen}))
	if err := builder.SetYAML(string(pipeline)); err != nil {
		return nil, fmt.Errorf("reading slack.yaml: %w", err)
	}
	if err := builder.SetFields("http.enabled", false); err != nil {
		return nil, fmt.Errorf("adapting slack.yaml: %w", err)
	}
	stream, err := builder.Build()
	if err != nil {
		return nil, fmt.Errorf("building slack.yaml: %w", err)
	}
	return stream, nil
}

// seed makes the second detection a curated one, so that both types are
// seen in the first post.
const seed = 37

// newGenerator makes detections of today, so that the posts look current.
func newGenerator() *chronicletest.Generator {
	generator := chronicletest.NewGenerator(seed)
	generator.Base = time.Now().Add(-50 * time.Minute).UTC().Truncate(time.Second)
	return generator
}
