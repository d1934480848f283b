package rpcplugin

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// A host takes each line that a plugin prints for a log line of level info, up to
// 512 KiB. At a longer one it stops reading, and a plugin that goes on printing
// then stands still.
const maxLine = 64 << 10

// maxProblems is how many errors wait for a host that does not read.
const maxProblems = 16

// A hostLog is where the log goes: lines with their level to out, and the messages
// of errors to problems as well, for ReadBatch to answer.
type hostLog struct {
	out      io.Writer
	redactor *redact.Redactor
	problems chan string

	mu sync.Mutex // guards writing to out
}

func newHostLog(out io.Writer, redactor *redact.Redactor) *hostLog {
	return &hostLog{out: out, redactor: redactor, problems: make(chan string, maxProblems)}
}

// logger is a logger of the log.
func (l *hostLog) logger() *slog.Logger {
	return slog.New(&handler{log: l, Handler: slog.NewTextHandler(l, &slog.HandlerOptions{
		Level: slog.LevelInfo,
		ReplaceAttr: func(_ []string, attr slog.Attr) slog.Attr {
			if attr.Key == slog.TimeKey {
				return slog.Attr{} // the host has its own
			}
			return attr
		},
	})})
}

// report makes a problem known to the next call of ReadBatch. Where a host does not
// read, the oldest ones make room.
func (l *hostLog) report(problem string) {
	problem = cut(l.redactor.Redact([]byte(problem)))
	for {
		select {
		case l.problems <- problem:
			return
		default:
		}
		select {
		case <-l.problems:
		default:
		}
	}
}

// handler writes records as lines, and reports those that are errors.
type handler struct {
	slog.Handler
	log *hostLog
}

// Handle implements slog.Handler.
func (h *handler) Handle(ctx context.Context, record slog.Record) error {
	// One line, whatever a server has put into it.
	record.Message = strings.Join(strings.Fields(record.Message), " ")
	if record.Level >= slog.LevelError {
		h.log.report(record.Message)
	}
	return h.Handler.Handle(ctx, record)
}

// WithAttrs implements slog.Handler.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return &handler{Handler: h.Handler.WithAttrs(attrs), log: h.log}
}

// WithGroup implements slog.Handler.
func (h *handler) WithGroup(name string) slog.Handler {
	return &handler{Handler: h.Handler.WithGroup(name), log: h.log}
}

// Write writes a line of the log.
func (l *hostLog) Write(line []byte) (int, error) {
	n := len(line)
	text := cut(bytes.TrimSuffix(l.redactor.Redact(line), []byte("\n")))
	l.mu.Lock()
	defer l.mu.Unlock()
	// A host that is gone takes no log. The plugin ends for other reasons.
	_, _ = io.WriteString(l.out, text+"\n")
	return n, nil
}

// cut is as much of a text as a line may have.
func cut(text []byte) string {
	if len(text) <= maxLine {
		return string(text)
	}
	return strings.ToValidUTF8(string(text[:maxLine]), "") + "…"
}
