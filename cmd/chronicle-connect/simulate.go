package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// simulation is what the flags of simulate ask for.
type simulation struct {
	address     string
	credentials string
	history     int           // detections before the start
	span        time.Duration // how far back they reach
	batch       int           // detections a batch
	size        int           // bytes a detection
	rate        float64       // detections a second from now on
	heartbeat   time.Duration
	cutEvery    int // batches until a connection is cut inside one; 0 = never
	refuseEvery int // connections until one is refused; 0 = never
	stallEvery  int // connections until one falls silent; 0 = never
	limit       time.Duration
	seed        uint64
}

// maxSpan leaves people an hour to try things before the beginning of the
// history is older than the 7 days that Chronicle serves.
const maxSpan = 167 * time.Hour

func simulateCommand(stdout io.Writer) *cli.Command {
	var s simulation
	return &cli.Command{
		Name:  "simulate",
		Usage: "Serve a stand-in for Chronicle to try pipelines against",
		Description: "Writes a credentials file that the stand-in accepts, prints the settings that lead a " +
			"pipeline to it, and serves until it is interrupted.",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "address", Value: "127.0.0.1:8780", Usage: "where to listen; a loopback address", Destination: &s.address},
			&cli.StringFlag{Name: "credentials", Value: "simulated-credentials.json", Usage: "the credentials file to write", Destination: &s.credentials},
			&cli.IntFlag{Name: "history", Value: 100, Usage: "how many detections there are already", Destination: &s.history},
			&cli.DurationFlag{Name: "span", Value: time.Hour, Usage: "how far back they reach", Destination: &s.span},
			&cli.IntFlag{Name: "batch", Value: 10, Usage: "how many detections a batch has", Destination: &s.batch},
			&cli.IntFlag{Name: "size", Value: 4000, Usage: "how many bytes a detection has, about; 1000 or more", Destination: &s.size},
			&cli.Float64Flag{Name: "rate", Value: 1, Usage: "how many new detections come a second", Destination: &s.rate},
			&cli.DurationFlag{Name: "heartbeat", Value: 15 * time.Second, Usage: "the time between heartbeats", Destination: &s.heartbeat},
			&cli.IntFlag{Name: "cut-every", Usage: "cut each connection inside the batch after so many", Destination: &s.cutEvery},
			&cli.IntFlag{Name: "refuse-every", Usage: "refuse each so-manieth connection with 503", Destination: &s.refuseEvery},
			&cli.IntFlag{Name: "stall-every", Usage: "let each so-manieth connection fall silent", Destination: &s.stallEvery},
			&cli.DurationFlag{Name: "for", Usage: "stop after this time; 0 means when interrupted", Destination: &s.limit},
			&cli.Uint64Flag{Name: "seed", Value: 1, Usage: "what the detections are made from", Destination: &s.seed},
		},
		Action: func(c *cli.Context) error {
			if c.NArg() > 0 {
				return fmt.Errorf("simulate takes no arguments, got %q", c.Args().First())
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

// serve runs the stand-in until ctx ends or the time is up.
func (s *simulation) serve(ctx context.Context, stdout io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("listening: %w", err)
	}
	server := chronicletest.NewServer(chronicletest.WithListener(listener), chronicletest.WithHeartbeatInterval(s.heartbeat))
	defer server.Close()
	if err := server.WriteCredentials(s.credentials); err != nil {
		return fmt.Errorf("writing the credentials file: %w", err)
	}
	// Whole, so that the settings work in another directory, too.
	if s.credentials, err = filepath.Abs(s.credentials); err != nil {
		return fmt.Errorf("finding the credentials file: %w", err)
	}
	generator := chronicletest.NewGenerator(s.seed)
	begin := time.Now().UTC().Add(-s.span).Truncate(time.Second)
	s.fill(server, generator, begin)
	s.announce(server, stdout, begin)
	if s.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.limit)
		defer cancel()
	}
	served, err := s.feed(ctx, server, generator)
	fmt.Fprintf(stdout, "Stopped after %d stream requests; %d detections in the history.\n", len(server.Requests()), s.history+served)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// fill puts the history in, its batches spread evenly over the span after begin.
func (s *simulation) fill(server *chronicletest.Server, generator *chronicletest.Generator, begin time.Time) {
	batches := (s.history + s.batch - 1) / s.batch
	for i, left := 1, s.history; left > 0; i++ {
		n := min(s.batch, left)
		server.AppendAt(begin.Add(s.span*time.Duration(i)/time.Duration(batches+1)), generator.Detections(n, s.size)...)
		left -= n
	}
}

func (s *simulation) announce(server *chronicletest.Server, stdout io.Writer, begin time.Time) {
	fmt.Fprintf(stdout, `A stand-in for Chronicle serves %d detections of the last %s, and %g new ones a second.

  export CHRONICLE_BASE_URL=%s
  export CHRONICLE_CREDENTIALS_FILE=%s
  export CHRONICLE_START_TIME=%s
  %s run ./config/print.yaml

`, s.history, s.span, s.rate, server.URL, s.credentials, begin.Format(time.RFC3339), productName)
}

// feed appends new detections at the rate asked for, and scripts the faults of
// the connections to come.
func (s *simulation) feed(ctx context.Context, server *chronicletest.Server, generator *chronicletest.Generator) (appended int, err error) {
	go s.script(ctx, server)
	if s.rate == 0 {
		<-ctx.Done()
		return 0, ctx.Err()
	}
	// Up to ten batches a second; beyond that they grow.
	interval := max(time.Duration(float64(time.Second)/s.rate), time.Second/10)
	perTick := max(1, int(s.rate*interval.Seconds()+0.5))
	ticker := time.NewTicker(interval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			server.Append(generator.Detections(perTick, s.size)...)
			appended += perTick
		case <-ctx.Done():
			return appended, ctx.Err()
		}
	}
}

// scriptLead is how many connections ahead the faults are scripted.
const scriptLead = 16

// script keeps a few steps ready for the next connections.
func (s *simulation) script(ctx context.Context, server *chronicletest.Server) {
	if s.cutEvery == 0 && s.refuseEvery == 0 && s.stallEvery == 0 {
		return
	}
	for n := 1; ; n++ {
		server.Script(s.step(n))
		if n > scriptLead && server.WaitForRequests(ctx, n-scriptLead) != nil {
			return
		}
	}
}

// step is what happens to the nth connection.
func (s *simulation) step(n int) chronicletest.Step {
	due := func(every int) bool { return every > 0 && n%every == 0 }
	switch {
	case due(s.refuseEvery):
		return chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 503, Message: "The service is currently unavailable."}}
	case due(s.stallEvery):
		return chronicletest.Step{AfterElements: 1, Then: chronicletest.Stall}
	case s.cutEvery > 0:
		return chronicletest.Step{AfterElements: s.cutEvery, AfterBytes: s.size * 3 / 2, Then: chronicletest.Cut}
	}
	return chronicletest.Step{}
}
