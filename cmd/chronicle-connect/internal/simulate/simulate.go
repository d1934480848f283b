package simulate

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"
)

// simulation is what the flags of simulate ask for.
type simulation struct {
	address     string
	credentials string
	detections  string        // a file of the user's own; empty = made up
	state       string        // the folder for the pipeline's position; empty = a new temporary one
	history     int           // detections before the start
	span        time.Duration // how far back they reach
	batch       int           // detections a batch
	size        int           // bytes a detection
	rate        float64       // detections a second from now on
	heartbeat   time.Duration
	maxStreams  int
	cutEvery    int // batches until a connection is cut inside one; 0 = never
	refuseEvery int // connections until one is refused; 0 = never
	stallEvery  int // connections until one falls silent; 0 = never
	limit       time.Duration
	seed        uint64
}

// maxSpan is a year. What is older than the 7 days that Chronicle streams is there
// for searches.
const maxSpan = 366 * 24 * time.Hour

// Command is the subcommand, which prints to stdout. Its error names a flag that
// could not work, or says what kept it from serving.
func Command(stdout io.Writer) *cli.Command {
	var s simulation
	return &cli.Command{
		Name:  "simulate",
		Usage: "Serve a stand-in for Chronicle to try pipelines against",
		Description: "Writes a credentials file that the stand-in accepts, prints the settings that lead a " +
			"pipeline to it, and serves until it is interrupted. The settings name a state folder of its own, so that a try " +
			"never moves the position of a real account.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "address", Value: "127.0.0.1:8780", Usage: "listen at this `HOST:PORT`; a loopback address", Destination: &s.address},
			&cli.StringFlag{Name: "credentials", Value: "simulated-credentials.json", Usage: "write the credentials to this `FILE`", Destination: &s.credentials},
			&cli.StringFlag{Name: "state", Usage: "let the pipeline keep its position in this `FOLDER`; a new temporary one by default", Destination: &s.state},
			&cli.StringFlag{Name: "detections", Usage: "serve the detections of this `FILE` as the history, JSON lines or an array, instead of made-up ones", Destination: &s.detections},
			&cli.IntFlag{Name: "history", Value: 100, Usage: "begin with `N` detections", Destination: &s.history},
			&cli.DurationFlag{Name: "span", Value: time.Hour, Usage: "spread the history over this time before now", Destination: &s.span},
			&cli.IntFlag{Name: "batch", Value: 10, Usage: "send the history in batches of `N` detections", Destination: &s.batch},
			&cli.IntFlag{Name: "size", Value: 4000, Usage: "make detections of about `N` bytes, 1000 or more", Destination: &s.size},
			&cli.Float64Flag{Name: "rate", Value: 1, Usage: "add `N` detections a second; none by default with --detections", Destination: &s.rate},
			&cli.DurationFlag{Name: "heartbeat", Value: 15 * time.Second, Usage: "send a heartbeat after this time of silence", Destination: &s.heartbeat},
			&cli.IntFlag{Name: "max-streams", Value: 10, Usage: "refuse more than `N` streams at a time with 429", Destination: &s.maxStreams},
			&cli.IntFlag{Name: "cut-every", Usage: "break every connection in the middle of a batch, after `N` whole ones", Destination: &s.cutEvery},
			&cli.IntFlag{Name: "refuse-every", Usage: "refuse every `N`th connection with 503", Destination: &s.refuseEvery},
			&cli.IntFlag{Name: "stall-every", Usage: "fall silent in every `N`th connection", Destination: &s.stallEvery},
			&cli.DurationFlag{Name: "for", Usage: "stop after this time; 0 means when interrupted", Destination: &s.limit},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "make the detections from this number: the same number, the same detections", Destination: &s.seed},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return fmt.Errorf("simulate takes no arguments, got %q", c.Args().First())
			}
			if s.detections != "" {
				if c.IsSet("history") {
					return errors.New("flags history and detections: want one of them, since the history is what the file holds")
				}
				if !c.IsSet("rate") {
					s.rate = 0
				}
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
			defer stop()
			return s.serve(ctx, stdout)
		},
	}
}

// check refuses what could not work, by the name of the flag.
func (s *simulation) check() error {
	host, _, err := net.SplitHostPort(s.address)
	if err != nil {
		return fmt.Errorf("flag address: %w", err)
	}
	// The tokens go in the clear, and the input refuses plain http elsewhere.
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("flag address: got %q, want a loopback address such as 127.0.0.1:8780", s.address)
	}
	for _, flag := range []struct {
		name  string
		value float64
		least float64
	}{
		{"history", float64(s.history), 0},
		{"span", s.span.Seconds(), 0},
		{"batch", float64(s.batch), 1},
		{"size", float64(s.size), 1000},
		{"rate", s.rate, 0},
		{"cut-every", float64(s.cutEvery), 0},
		{"refuse-every", float64(s.refuseEvery), 0},
		{"stall-every", float64(s.stallEvery), 0},
		{"for", s.limit.Seconds(), 0},
	} {
		if flag.value < flag.least {
			return fmt.Errorf("flag %s: got %v, want %v or more", flag.name, flag.value, flag.least)
		}
	}
	if s.span > maxSpan {
		return fmt.Errorf("flag span: got %s, want at most %s", s.span, maxSpan)
	}
	return nil
}
