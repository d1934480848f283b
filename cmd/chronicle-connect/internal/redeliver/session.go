package redeliver

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/state"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/trial"
	"github.com/chronicle-connect/chronicle-connect/plugin"
)

// A session sends what is in one file.
type session struct {
	pipelines pipelines
	lookup    func(name string) (string, bool)
	out, log  *screen
	every     time.Duration // how often it says how far it is
}

// read reads a line, and the way that it has to go. It is false, with why, for a line
// that can't be sent.
func (s *session) read(l *line) (message *plugin.Refused, w way, why error) {
	parsed, err := plugin.ParseRefused(l.text)
	if err != nil {
		return nil, way{}, fmt.Errorf("the line is no record of a refused message: %w", err)
	}
	w, err = s.pipelines.wayOf(&parsed)
	return &parsed, w, err
}

// A survey is what is in a file.
type survey struct {
	tally *tally
	ways  map[way][]string // and the destinations of dead letters
}

func newSurvey() *survey { return &survey{newTally(), map[way][]string{}} }

func (s *session) survey(into *survey, l *line, reasons bool) {
	message, w, why := s.read(l)
	if message == nil {
		into.tally.skipped(why.Error())
		return
	}
	reason := ""
	if reasons {
		reason = reasonOf(message.Reason)
	}
	if why != nil {
		into.tally.skipped(fmt.Sprintf("%s (%s)", why, destinationOf(message)))
		return
	}
	into.tally.found(destinationOf(message), reason)
	to := message.Destination["to"]
	if !slices.Contains(into.ways[w], to) {
		into.ways[w] = append(into.ways[w], to)
	}
}

// A run is one pipeline at work.
type run struct {
	name   string
	feed   *feed
	stream *service.Stream
}

// prepare returns the configs of the ways, and has each of them built once, so that a
// wrong setting is found before anything is moved.
func (s *session) prepare(ctx context.Context, ways map[way][]string) (map[way][]byte, error) {
	texts := map[way][]byte{}
	var wrong []error
	for w, destinations := range ways {
		p := s.pipelines[w.pipeline]
		text, err := p.adapt(w, destinations, s.lookup)
		if err == nil {
			err = s.try(ctx, p, w, destinations, text)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", p.file, err))
		}
		texts[w] = text
	}
	slices.SortFunc(wrong, func(a, b error) int { return strings.Compare(a.Error(), b.Error()) })
	return texts, errors.Join(wrong...)
}

// try builds the components of a config without starting them. The error is of the
// variable that is to blame, if one is.
func (s *session) try(ctx context.Context, p *pipeline, w way, destinations []string, text []byte) error {
	none := func(string) (string, bool) { return "", false }
	_, err := (&trial.Trial{Texts: [][]byte{text}, Lookup: none}).Build(ctx)
	if err == nil {
		return nil
	}
	// Of what is left out, nothing is to blame.
	matters := p.needed(w, destinations)
	_, blamed := (&trial.Trial{Texts: [][]byte{p.text}, Lookup: func(name string) (string, bool) {
		if value, found := s.lookup(name); found && matters(name) {
			return value, true
		}
		return "http://localhost:1", p.requires(name)
	}}).Build(ctx)
	if variable := (*trial.VariableError)(nil); errors.As(blamed, &variable) {
		return variable
	}
	return err
}

// send sends what was moved aside, and puts back what is left of it. The error is of
// what kept the command from doing so; that something is left is none.
func (s *session) send(ctx context.Context, a *aside) (left int, err error) {
	found := newSurvey()
	if _, err := a.unsettled(func(l *line) error { s.survey(found, l, false); return nil }); err != nil {
		return 0, err
	}
	// Whoever stops the command by now wants what is aside put back.
	texts, err := s.prepare(context.WithoutCancel(ctx), found.ways)
	if err != nil {
		return 0, err
	}
	file := plugin.NewRefusedFile(a.path)
	var runs []*run
	for _, w := range slices.SortedFunc(maps.Keys(texts), func(a, b way) int { return strings.Compare(a.pipeline, b.pipeline) }) {
		one, err := s.build(a, file, w, texts[w], found.tally)
		if err != nil {
			return 0, fmt.Errorf("building %s: %w", s.pipelines[w.pipeline].file, err)
		}
		runs = append(runs, one)
	}
	stopProgress := s.progress(found.tally)
	err = s.runAll(ctx, runs)
	stopProgress()
	back, putErr := a.putBack(file.AppendLines)
	found.tally.print(s.out, func(destination string, c *count) string {
		line := fmt.Sprintf("%s: %d delivered", destination, c.delivered)
		if c.kept > 0 {
			line += fmt.Sprintf(", %d refused again", c.kept)
		}
		if open := c.all - c.delivered - c.kept; open > 0 {
			line += fmt.Sprintf(", %d not sent yet", open)
		}
		return line
	})
	return back + found.tally.kept, errors.Join(err, putErr)
}

// build makes a stream of an adapted config.
func (s *session) build(a *aside, file *plugin.RefusedFile, w way, text []byte, tally *tally) (*run, error) {
	f := newFeed(w, a.name)
	f.skip = a.isSettled
	f.ways = func(l *line) (*plugin.Refused, way, bool) {
		message, w, why := s.read(l)
		return message, w, why == nil
	}
	f.settled = func(i *item) {
		a.settle(i.line)
		if kept, reason := f.keptAgain(i); kept {
			tally.refused(destinationOf(i.refused), reasonOf(reason))
			return
		}
		tally.arrived(destinationOf(i.refused))
	}
	log := &troubles{screen: s.log, prefix: w.pipeline}
	f.reject = func(err error) { log.say("sent again, since it was not taken: " + err.Error()) }
	environment := service.GlobalEnvironment().Clone()
	err := file.Redirect(environment, func(m *service.Message, written plugin.Refused) {
		if i, is := m.Context().Value(itemKey{}).(*item); is {
			f.keep(i, written.Reason)
		}
	})
	if err != nil {
		return nil, err
	}
	err = environment.RegisterBatchInput(feedName, service.NewConfigSpec(), func(*service.ParsedConfig, *service.Resources) (service.BatchInput, error) {
		return f, nil
	})
	if err != nil {
		return nil, err
	}
	if err := state.MakeDirectoriesOf(text); err != nil {
		return nil, err
	}
	builder := environment.NewStreamBuilder()
	builder.SetEnvVarLookupFunc(func(string) (string, bool) { return "", false })
	builder.SetLogger(slog.New(log))
	const around = "http: { enabled: false }\nmetrics: { none: {} }\ninput: { " + feedName + ": {} }\n"
	if err := builder.SetYAML(around + string(text)); err != nil {
		return nil, err
	}
	stream, err := builder.Build()
	if err != nil {
		return nil, err
	}
	return &run{w.pipeline, f, stream}, nil
}

// grace is how long what is in flight may take when the command is to stop.
const grace = 10 * time.Second

// runAll runs the pipelines beside each other until each has sent what is for it, or
// ctx ends. The ways of one pipeline take turns, so that its destination is not asked
// more often than it says.
func (s *session) runAll(ctx context.Context, runs []*run) error {
	turns := map[string][]*run{}
	for _, one := range runs {
		turns[one.name] = append(turns[one.name], one)
	}
	var all sync.WaitGroup
	var mu sync.Mutex // guards errs
	var errs []error
	for name, turn := range turns {
		all.Go(func() {
			for _, one := range turn {
				if ctx.Err() != nil {
					return
				}
				if err := one.until(ctx); err != nil {
					mu.Lock()
					errs = append(errs, fmt.Errorf("%s: %w", name, err))
					mu.Unlock()
				}
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}

func (r *run) until(ctx context.Context) error {
	ended := make(chan error, 1)
	go func() { ended <- r.stream.Run(context.WithoutCancel(ctx)) }()
	select {
	case err := <-ended:
		return errors.Join(err, r.feed.failure())
	case <-r.feed.stopped:
	case <-ctx.Done():
	}
	// Reading has ended, or ends now. Without a yes, what is in flight stays.
	r.feed.stop()
	if err := r.stream.StopWithin(grace); err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return errors.Join(err, r.feed.failure())
	}
	return r.feed.failure()
}

// progress says now and then how far it is, until it is stopped.
func (s *session) progress(t *tally) (stop func()) {
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		ticker := time.NewTicker(s.every)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				settled, all := t.done()
				s.out.say("%d of %d done", settled, all)
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}
