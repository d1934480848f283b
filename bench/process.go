package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	// pollInterval is how often a pipeline is asked how much it delivered.
	pollInterval = 5 * time.Millisecond
	// timeLimit is for one process. The slowest needs a minute.
	timeLimit = 20 * time.Minute
)

// A usage is what a process took.
type usage struct {
	Seconds float64 // from its request until all was delivered
	CPU     float64 // seconds, of the process from its start to its end
	Peak    int     // bytes of memory at the most; 0 where the process ended by itself
}

// A running is a process that was started.
type running struct {
	cmd   *exec.Cmd
	stats string
	ended chan struct{}
	err   error // why it ended, once it has
}

func (r *running) pid() int { return r.cmd.Process.Pid }

// runs says whether it has not ended yet.
func (r *running) runs() bool {
	select {
	case <-r.ended:
		return false
	default:
		return true
	}
}

// with runs the command while do does, and ends it then.
func (c command) with(ctx context.Context, do func(*running) error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, timeLimit)
	defer cancel()
	r := &running{cmd: exec.CommandContext(ctx, c.args[0], c.args[1:]...), stats: c.stats, ended: make(chan struct{})}
	r.cmd.Cancel = func() error { return r.cmd.Process.Signal(syscall.SIGTERM) }
	r.cmd.WaitDelay = 10 * time.Second
	r.cmd.Env = append(os.Environ(), c.env...)
	var said bytes.Buffer
	r.cmd.Stdout, r.cmd.Stderr = &said, &said
	if err := r.cmd.Start(); err != nil {
		return err
	}
	go func() {
		defer close(r.ended)
		r.err = r.cmd.Wait()
	}()
	err = do(r)
	cancel()
	<-r.ended
	if err != nil {
		return fmt.Errorf("running %s: %w\n%s", c.args[0], err, said.Bytes())
	}
	return nil
}

// run runs the command until it has read all that the server has.
func (c command) run(ctx context.Context, from *server) (u usage, err error) {
	return c.until(ctx, &from.asked, func(r *running) (time.Time, error) {
		if c.stats == "" {
			<-r.ended
			return time.Now(), r.err
		}
		return r.delivered(ctx, from.backlog.detections)
	})
}

// until runs the command until through returns, with the time that it was. asked is when
// the server is first asked, in Unix nanoseconds.
func (c command) until(ctx context.Context, asked *atomic.Int64, through func(*running) (time.Time, error)) (u usage, err error) {
	asked.Store(0)
	var cmd *exec.Cmd
	err = c.with(ctx, func(r *running) error {
		cmd = r.cmd
		done, err := through(r)
		if err == nil && r.runs() {
			u.Peak, err = peakMemory(r.pid())
		}
		u.Seconds = done.Sub(time.Unix(0, asked.Load())).Seconds()
		return err
	})
	if err == nil {
		u.CPU = (cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()).Seconds()
	}
	return u, err
}

// delivered waits until the pipeline's output has had n messages.
func (r *running) delivered(ctx context.Context, n int) (time.Time, error) {
	return r.poll(ctx, func() bool {
		// An error may mean that it does not listen yet.
		sent, err := outputSent(ctx, r.stats)
		return err == nil && sent >= n
	})
}

// poll waits until all was delivered, which is when done says so.
func (r *running) poll(ctx context.Context, done func() bool) (time.Time, error) {
	poll := time.NewTicker(pollInterval)
	defer poll.Stop()
	for {
		select {
		case <-r.ended:
			return time.Time{}, errors.Join(errors.New("it ended before all was delivered"), r.err)
		case <-ctx.Done():
			return time.Time{}, context.Cause(ctx)
		case <-poll.C:
		}
		if done() {
			return time.Now(), nil
		}
	}
}

// outputSent is how many messages the output of a pipeline has delivered.
func outputSent(ctx context.Context, stats string) (n int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, stats, nil)
	if err != nil {
		return 0, err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	var metrics map[string]any // counters are numbers, timings objects
	if err := json.NewDecoder(res.Body).Decode(&metrics); err != nil {
		return 0, err
	}
	for name, value := range metrics {
		if v, isNumber := value.(float64); isNumber && strings.HasPrefix(name, "output_sent") {
			n += int(v)
		}
	}
	return n, nil
}

// peakMemory is the most memory that a process had resident. What wait4 tells of
// it includes the process that started it.
func peakMemory(pid int) (bytes int, err error) {
	path := fmt.Sprintf("/proc/%d/status", pid)
	status, err := os.ReadFile(path)
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if _, err := fmt.Sscanf(line, "VmHWM: %d kB", &bytes); err == nil {
			return bytes << 10, nil
		}
	}
	return 0, fmt.Errorf("%s tells no peak of memory", path)
}
