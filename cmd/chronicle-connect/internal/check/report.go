package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// kinds tells what a component at a path is, and its text in the config.
type kinds func(path []string) (kind, text string)

// report prints a line for each result, and a second one for what can be done
// about a failure. A component is named by its label, or by its kind where it has
// none, and shown once however often a config uses it. The error is there if one
// failed.
func report(results []*service.ConnectionTestResult, kindOf kinds, redactor *redact.Redactor, stdout io.Writer) error {
	failed, shown := 0, map[string]bool{}
	for _, result := range results {
		name, text := result.Label, ""
		if name == "" {
			if name, text = kindOf(result.Path); name == "" {
				name = strings.Join(result.Path, ".")
			}
		}
		once := fmt.Sprintf("%s\n%s\n%v", name, text, result.Err)
		if shown[once] {
			continue
		}
		shown[once] = true
		switch {
		case result.Err == nil:
			fmt.Fprintf(stdout, "%s: ok\n", name)
		case errors.Is(result.Err, service.ErrConnectionTestNotSupported):
			fmt.Fprintf(stdout, "%s: not tested, this kind of component has no connection test\n", name)
		default:
			failed++
			problem, advice := result.Err, ""
			if diagnosis := (*plugin.Diagnosis)(nil); errors.As(problem, &diagnosis) {
				problem, advice = diagnosis.Problem, diagnosis.Advice
			}
			fmt.Fprintf(stdout, "%s: FAILED: %s\n", name, oneLine(redactor, problem.Error()))
			if advice != "" {
				fmt.Fprintf(stdout, "  what to do: %s\n", oneLine(redactor, advice))
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d connections failed", failed, len(shown))
	}
	return nil
}

// oneLine keeps a server's words from looking like lines of ours. Secrets are
// looked for first: some have several lines.
func oneLine(redactor *redact.Redactor, text string) string {
	return strings.Join(strings.Fields(string(redactor.Redact([]byte(text)))), " ")
}

// warnings is a log that prints what components warn of while they are tested,
// such as a clock that is off, and nothing else: failures are in the results.
type warnings struct {
	out      io.Writer
	redactor *redact.Redactor

	mu    sync.Mutex // guards shown
	shown map[string]bool
}

// Enabled implements slog.Handler.
func (*warnings) Enabled(_ context.Context, level slog.Level) bool { return level == slog.LevelWarn }

// Handle implements slog.Handler.
func (w *warnings) Handle(_ context.Context, record slog.Record) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	// Clients say it once for each of their connections.
	if w.shown[record.Message] {
		return nil
	}
	if w.shown == nil {
		w.shown = map[string]bool{}
	}
	w.shown[record.Message] = true
	_, err := fmt.Fprintf(w.out, "warning: %s\n", oneLine(w.redactor, record.Message))
	return err
}

// WithAttrs implements slog.Handler.
func (w *warnings) WithAttrs([]slog.Attr) slog.Handler { return w }

// WithGroup implements slog.Handler.
func (w *warnings) WithGroup(string) slog.Handler { return w }
