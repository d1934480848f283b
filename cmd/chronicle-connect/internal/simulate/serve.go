package simulate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"time"
	"unicode"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// serve runs the stand-in until ctx ends or the time is up.
func (s *simulation) serve(ctx context.Context, stdout io.Writer) error {
	if err := s.check(); err != nil {
		return err
	}
	own, err := s.ownDetections()
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", s.address)
	if err != nil {
		return fmt.Errorf("listening, where --address may say another place: %w", err)
	}
	server := chronicletest.NewServer(chronicletest.WithListener(listener), chronicletest.WithHeartbeatInterval(s.heartbeat), chronicletest.WithMaxStreams(s.maxStreams))
	defer server.Close()
	if err := server.WriteCredentials(s.credentials); err != nil {
		return fmt.Errorf("writing the credentials file: %w", err)
	}
	// Whole, so that the settings work in another directory, too.
	if s.credentials, err = filepath.Abs(s.credentials); err != nil {
		return fmt.Errorf("finding the credentials file: %w", err)
	}
	if err := s.makeState(); err != nil {
		return err
	}
	generator := chronicletest.NewGenerator(s.seed)
	begin := time.Now().UTC().Add(-s.span).Truncate(time.Second)
	next := s.generate(generator)
	if own != nil {
		s.history = len(own)
		next = func(n int, _ time.Time) (some []json.RawMessage) {
			some, own = own[:n], own[n:]
			return some
		}
	}
	s.fill(server, next, begin)
	s.announce(server, stdout, begin)
	if s.limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, s.limit)
		defer cancel()
	}
	served, err := s.feed(ctx, server, s.generate(generator))
	fmt.Fprintf(stdout, "Stopped after %d stream requests; %d detections in the history.\n", len(server.Requests()), s.history+served)
	if err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// source hands out the next n detections, which are about to be served as of the
// time given.
type source func(n int, at time.Time) []json.RawMessage

// generate makes detections up that are created when they are served.
func (s *simulation) generate(generator *chronicletest.Generator) source {
	return func(n int, at time.Time) []json.RawMessage {
		some := make([]json.RawMessage, n)
		for i := range some {
			some[i] = generator.DetectionCreatedAt(at, s.size)
		}
		return some
	}
}

// fill puts the history in, its batches spread evenly over the span after begin.
func (s *simulation) fill(server *chronicletest.Server, next source, begin time.Time) {
	batches := (s.history + s.batch - 1) / s.batch
	for i, left := 1, s.history; left > 0; i++ {
		at := begin.Add(s.span * time.Duration(i) / time.Duration(batches+1))
		n := min(s.batch, left)
		server.AppendAt(at, next(n, at)...)
		left -= n
	}
}

// anyInstance is the name that the settings give: the stand-in accepts every one.
const anyInstance = "projects/p/locations/us/instances/i"

func (s *simulation) announce(server *chronicletest.Server, stdout io.Writer, begin time.Time) {
	fmt.Fprintf(stdout, `A stand-in for Chronicle serves %d detections of the last %s, and %g new a second.

  export CHRONICLE_BASE_URL=%s
  export CHRONICLE_INSTANCE=%s
  export CHRONICLE_CREDENTIALS_FILE=%s
  export CHRONICLE_START_TIME=%s
  export CHRONICLE_STATE_DIR=%s
  chronicle-connect run ./config/print.yaml

This leads to the Chronicle API, where any instance is accepted. Without
CHRONICLE_INSTANCE it leads to the Backstory API, which the stand-in serves as well.

`, s.history, s.span, s.rate, server.URL, anyInstance, quote(s.credentials), begin.Format(time.RFC3339), quote(s.state))
}

// quote writes a path as a word of a shell.
func quote(path string) string {
	if strings.IndexFunc(path, func(r rune) bool {
		return !strings.ContainsRune("/._-+:,@%=", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) < 0 {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}

// feed appends new detections at the rate asked for, and scripts the faults of
// the connections to come.
func (s *simulation) feed(ctx context.Context, server *chronicletest.Server, next source) (appended int, err error) {
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
			server.Append(next(perTick, time.Now().UTC())...)
			appended += perTick
		case <-ctx.Done():
			return appended, ctx.Err()
		}
	}
}
