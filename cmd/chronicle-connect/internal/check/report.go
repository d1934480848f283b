package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// report prints a line for each result, and a second one for what can be done
// about a failure. It returns an error if there was one.
func report(results []*service.ConnectionTestResult, redactor *redact.Redactor, stdout io.Writer) error {
	failed := 0
	for _, result := range results {
		name := result.Label
		if name == "" {
			// Components inside others have a path, which begins with where the
			// test has put them, not with where they are in the config.
			name = strings.Join(result.Path, ".")
			name = strings.TrimPrefix(strings.TrimPrefix(name, "input_resources."), "output_resources.")
		}
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
		return fmt.Errorf("%d of %d connections failed", failed, len(results))
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
}

// Enabled implements slog.Handler.
func (*warnings) Enabled(_ context.Context, level slog.Level) bool { return level == slog.LevelWarn }

// Handle implements slog.Handler.
func (w *warnings) Handle(_ context.Context, record slog.Record) error {
	_, err := fmt.Fprintf(w.out, "warning: %s\n", oneLine(w.redactor, record.Message))
	return err
}

// WithAttrs implements slog.Handler.
func (w *warnings) WithAttrs([]slog.Attr) slog.Handler { return w }

// WithGroup implements slog.Handler.
func (w *warnings) WithGroup(string) slog.Handler { return w }
