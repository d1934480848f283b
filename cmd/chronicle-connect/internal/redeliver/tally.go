package redeliver

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"
)

// A tally counts what becomes of messages, by their destination.
type tally struct {
	mu           sync.Mutex // guards what follows
	destinations map[string]*count
	delivered    int
	kept         int
	unsent       map[string]int // by why
}

// A count is that of a destination.
type count struct {
	all, delivered, kept int
	reasons              map[string]int
}

func newTally() *tally { return &tally{destinations: map[string]*count{}, unsent: map[string]int{}} }

// of is called with the tally's mutex.
func (t *tally) of(destination string) *count {
	if t.destinations[destination] == nil {
		t.destinations[destination] = &count{reasons: map[string]int{}}
	}
	return t.destinations[destination]
}

// found counts a message that is there, with the reason that it was refused for.
func (t *tally) found(destination, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.of(destination)
	c.all++
	if reason != "" {
		c.reasons[reason]++
	}
}

// arrived counts a message that was delivered.
func (t *tally) arrived(destination string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.of(destination).delivered++
	t.delivered++
}

// refused counts a message that was refused again.
func (t *tally) refused(destination, reason string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.of(destination)
	c.kept++
	c.reasons[reason]++
	t.kept++
}

// skipped counts what can't be sent.
func (t *tally) skipped(why string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unsent[why]++
}

// done is how many messages are settled, and how many there are.
func (t *tally) done() (settled, all int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range t.destinations {
		all += c.all
	}
	return t.delivered + t.kept, all
}

// What is shown of many.
const (
	mostDestinations = 40
	mostReasons      = 5
)

// print prints a line for each destination, and those behind it for the reasons.
func (t *tally) print(out io.Writer, say func(destination string, c *count) string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	names := slices.Sorted(maps.Keys(t.destinations))
	for i, name := range names {
		if i == mostDestinations {
			fmt.Fprintf(out, "… and %d more destinations\n", len(names)-i)
			break
		}
		c := t.destinations[name]
		fmt.Fprintln(out, say(name, c))
		printCounts(out, c.reasons)
	}
	for _, why := range mostFirst(t.unsent) {
		fmt.Fprintf(out, "not sent: %d, since %s\n", t.unsent[why], why)
	}
}

func printCounts(out io.Writer, counts map[string]int) {
	for i, reason := range mostFirst(counts) {
		if i == mostReasons {
			fmt.Fprintf(out, "    … and %d more reasons\n", len(counts)-i)
			return
		}
		fmt.Fprintf(out, "    %d × %s\n", counts[reason], reason)
	}
}

func mostFirst(counts map[string]int) []string {
	return slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(a, b))
	})
}
