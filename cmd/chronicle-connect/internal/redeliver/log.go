package redeliver

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"time"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// A screen is where lines are printed, each as a whole and without secrets.
type screen struct {
	out      io.Writer
	redactor *redact.Redactor

	mu sync.Mutex // guards out
}

// Write implements io.Writer for whole lines.
func (s *screen) Write(lines []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, err := s.out.Write(s.redactor.Redact(lines)); err != nil {
		return 0, fmt.Errorf("printing: %w", err)
	}
	return len(lines), nil
}

func (s *screen) say(format string, args ...any) {
	// A terminal that is gone is no reason to stop.
	_, _ = fmt.Fprintln(s, fmt.Sprintf(format, args...))
}

// quiet is how long a line that was logged is not logged again: while a destination is
// down, each message says so.
const quiet = 10 * time.Second

// A troubles is a log of what a pipeline warns of.
type troubles struct {
	screen *screen
	prefix string

	mu   sync.Mutex // guards said
	said map[string]time.Time
}

// Enabled implements slog.Handler.
func (*troubles) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelWarn }

// Handle implements slog.Handler.
func (t *troubles) Handle(_ context.Context, record slog.Record) error {
	if strings.HasPrefix(record.Message, keptAgain) {
		return nil // that is for the report
	}
	t.say(record.Message)
	return nil
}

// say prints what is wrong, unless that was said just now.
func (t *troubles) say(text string) {
	text = short(text, 1000)
	t.mu.Lock()
	last := t.said[text]
	again := time.Since(last) < quiet
	if !again {
		if t.said == nil || len(t.said) > 1000 {
			t.said = map[string]time.Time{}
		}
		t.said[text] = time.Now()
	}
	t.mu.Unlock()
	if !again {
		t.screen.say("%s: %s", t.prefix, text)
	}
}

// keptAgain begins what the output chronicle_refused logs.
const keptAgain = "refused for good, and kept in "

// WithAttrs implements slog.Handler.
func (t *troubles) WithAttrs([]slog.Attr) slog.Handler { return t }

// WithGroup implements slog.Handler.
func (t *troubles) WithGroup(string) slog.Handler { return t }
