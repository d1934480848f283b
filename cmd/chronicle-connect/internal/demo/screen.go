package demo

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// screen is the terminal, which the demo's parts share.
type screen struct {
	mu         sync.Mutex // guards what follows
	out        io.Writer
	heartbeats int
	beat       chan struct{} // closed at the next heartbeat, nil while nobody waits
}

// say prints a line of the demo's own.
func (s *screen) say(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	fmt.Fprintf(s.out, "» "+format+"\n", args...)
}

// post shows a Slack post, or the beginning of a long one.
func (s *screen) post(n int, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	lines := strings.Split(text, "\n")
	fmt.Fprintf(s.out, "\n┌─ Slack post %d\n", n)
	for i, line := range lines {
		if i == postLines {
			fmt.Fprintf(s.out, "│ … %d more lines\n", len(lines)-i)
			break
		}
		fmt.Fprintf(s.out, "│ %s\n", strings.ReplaceAll(line, "\t", "    "))
	}
	fmt.Fprintf(s.out, "└─\n\n")
}

// waitForHeartbeat waits until the input has read one more heartbeat.
func (s *screen) waitForHeartbeat(ctx context.Context) error {
	s.mu.Lock()
	if s.beat == nil {
		s.beat = make(chan struct{})
	}
	beat := s.beat
	s.mu.Unlock()
	select {
	case <-beat:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// logScreen shows what the input logs about its stream, and warnings of all
// components.
type logScreen struct {
	screen    *screen
	fromInput bool
}

// Enabled implements slog.Handler.
func (*logScreen) Enabled(context.Context, slog.Level) bool { return true }

// Handle implements slog.Handler.
func (l *logScreen) Handle(_ context.Context, record slog.Record) error {
	aboutStream := l.fromInput && (strings.HasPrefix(record.Message, "The stream") || record.Message == "Heartbeat")
	if !aboutStream && record.Level < slog.LevelWarn {
		return nil
	}
	l.screen.log(record.Message)
	return nil
}

// WithAttrs implements slog.Handler.
func (l *logScreen) WithAttrs(attrs []slog.Attr) slog.Handler {
	with := *l
	for _, attr := range attrs {
		if attr.Key == "path" && strings.HasPrefix(attr.Value.String(), "root.input") {
			with.fromInput = true
		}
	}
	return &with
}

// WithGroup implements slog.Handler. Benthos uses no groups.
func (l *logScreen) WithGroup(string) slog.Handler { return l }

func (s *screen) log(message string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if message == "Heartbeat" {
		s.heartbeats++
		if s.beat != nil {
			close(s.beat)
			s.beat = nil
		}
	}
	fmt.Fprintf(s.out, "  input: %s\n", message)
}
