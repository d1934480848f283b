package redeliver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/environment"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// progressInterval is how often the command says how far it is.
const progressInterval = 10 * time.Second

const description = `Sends the messages of FILE, such as ./state/http_refused.jsonl, to where they were meant to go,
by the pipeline that kept them, and ends. Each destination is asked as that pipeline asks it, so
it wants the same environment variables. A pipeline may run, and write to FILE, meanwhile.

FILE has what is left in the end: what was refused again, with the new reason, and lines that
can't be sent. Without a rest there is no FILE, and the exit code is 0.

It may be interrupted at any time. Run it again then: nothing is lost, and what was under way may
be sent twice.`

// Command is the subcommand, which prints to stdout what redactor lets pass. Its error
// says how many messages are left, or what kept them from being sent.
func Command(stdout io.Writer, redactor *redact.Redactor, variables *environment.Variables) *cli.Command {
	return &cli.Command{
		Name:        "redeliver",
		Usage:       "Send what a pipeline kept as refused to where it was meant to go",
		ArgsUsage:   "FILE",
		Description: description,
		Flags: []cli.Flag{
			&cli.StringSliceFlag{Name: "config", Aliases: []string{"c"}, Usage: "send by this `FILE`, a pipeline of your own, what its outputs chronicle_refused have kept"},
			&cli.BoolFlag{Name: "list", Aliases: []string{"dry-run"}, Usage: "say what is in FILE, by destination and reason, and send nothing"},
		},
		Action: func(c *cli.Context) error {
			switch {
			case c.NArg() == 0:
				return errors.New("redeliver wants one argument, a file of refused messages such as ./state/http_refused.jsonl")
			case c.NArg() > 1 && strings.HasPrefix(c.Args().Get(1), "-"):
				return fmt.Errorf("redeliver got %s after the file, want flags before it", c.Args().Get(1))
			case c.NArg() > 1:
				return fmt.Errorf("redeliver wants one file, got %d", c.NArg())
			}
			pipelines, err := loadPipelines(c.StringSlice("config"))
			if err != nil {
				return err
			}
			stateDir, err := os.MkdirTemp("", "chronicle-connect-redeliver-")
			if err != nil {
				return fmt.Errorf("making a state directory: %w", err)
			}
			defer os.RemoveAll(stateDir)
			s := &session{
				pipelines: pipelines,
				lookup: func(name string) (string, bool) {
					if name == "CHRONICLE_STATE_DIR" {
						return stateDir, true // what the running pipeline keeps is its own
					}
					return variables.Value(name)
				},
				out:   &screen{out: stdout, redactor: redactor},
				log:   &screen{out: os.Stderr, redactor: redactor},
				every: progressInterval,
			}
			if c.Bool("list") {
				return s.list(c.Args().First())
			}
			ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
			defer stop()
			ended := context.AfterFunc(ctx, func() {
				stop() // so that a second signal ends the process as any other
				s.out.say("Stopping. What is under way has %s.", grace)
			})
			defer ended()
			return s.redeliver(ctx, c.Args().First())
		},
	}
}

// redeliver sends what is in a file, after what a run that was broken off has left of
// it.
func (s *session) redeliver(ctx context.Context, path string) error {
	a, err := openAside(path)
	if err != nil {
		return err
	}
	defer a.close()
	again := a.exists() && isFile(a.path) == nil
	if a.exists() {
		s.out.say("%s is taken up, which a run that was broken off has left.", a.name)
	} else if err := s.check(ctx, a.path); err != nil {
		return err
	}
	left, err := s.once(ctx, a)
	if err == nil && ctx.Err() == nil && again {
		left, err = s.once(ctx, a)
	}
	if err != nil {
		if a.exists() {
			err = fmt.Errorf("%w\nNothing is lost: the messages are in %s, and the next redeliver %s takes them up", err, a.name, path)
		}
		return err
	}
	if left > 0 {
		if ctx.Err() != nil {
			return fmt.Errorf("stopped: %s left, in %s", messages(left), path)
		}
		return fmt.Errorf("%s left, in %s", messages(left), path)
	}
	s.out.say("Nothing is left.")
	return nil
}

func messages(n int) string {
	if n == 1 {
		return "1 message is"
	}
	return fmt.Sprintf("%d messages are", n)
}

// check finds what is wrong with settings before anything is moved.
func (s *session) check(ctx context.Context, path string) error {
	found := newSurvey()
	if _, err := eachLine(path, func(l *line) error { s.survey(found, l, false); return nil }); err != nil {
		return err
	}
	if len(found.ways) == 0 && len(found.tally.unsent) > 0 {
		found.tally.print(s.out, nil)
		return fmt.Errorf("there is nothing in %s that can be sent", path)
	}
	if _, err := s.prepare(ctx, found.ways); err != nil {
		return fmt.Errorf("nothing was sent: %w", err)
	}
	return nil
}

// once moves a file aside, and sends what is in it.
func (s *session) once(ctx context.Context, a *aside) (left int, err error) {
	if err := a.begin(); err != nil {
		return 0, err
	}
	return s.send(ctx, a)
}

// list says what is in a file, and in what a run that was broken off has left of it.
func (s *session) list(path string) error {
	found := newSurvey()
	survey := func(l *line) error { s.survey(found, l, true); return nil }
	a, err := peek(path)
	if err == nil && a.exists() {
		_, err = a.unsettled(survey)
	}
	if err != nil {
		return err
	}
	if err := isFile(path); err == nil {
		_, err = eachLine(path, survey)
		if err != nil {
			return err
		}
	} else if !a.exists() {
		return err
	}
	found.tally.print(s.out, func(destination string, c *count) string {
		return fmt.Sprintf("%s: %d", destination, c.all)
	})
	return nil
}
