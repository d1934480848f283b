package model_test

import (
	"maps"
	"math/rand/v2"
	"slices"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/rig"
)

// A scriptGenerator makes scripts by chance. Each script knows only some of the
// kinds of steps: where everything happens all the time, what needs a quiet
// stretch or a lot of one kind never does.
type scriptGenerator struct {
	*rand.Rand
	script modelScript
	kinds  []stepKind
	total  int  // of the weights of kinds
	past   bool // it reaches back for weeks
}

// A stepKind adds steps of one kind, with a weight against the other kinds.
type stepKind struct {
	weight int
	share  int // of the scripts that know it, in percent
	add    func(*scriptGenerator)
}

// generateScript makes the script of a seed.
func generateScript(seed uint64) modelScript {
	g := &scriptGenerator{Rand: rand.New(rand.NewPCG(seed, 0x6d6f64656c))}
	for _, kind := range stepKinds {
		if g.chance(kind.share) {
			g.know(kind)
		}
	}
	g.configure()
	for n := g.between(5, 60); len(g.script.steps) < n; {
		g.step()
	}
	return g.script
}

// configure writes the header and begins: with a process, or with a window that
// holds all that is sent before there is one.
func (g *scriptGenerator) configure() {
	if g.chance(20) {
		g.head("server", "continuation_time_last", "true")
	}
	if g.chance(25) {
		g.head("server", "heartbeat", g.pick("1s", "3s", "40s"))
	}
	if g.chance(10) {
		g.head("server", "token_lifetime", g.pick("20s", "90s"))
	}
	if g.chance(40) {
		g.choosePages()
	}
	if g.chance(25) {
		g.head("server", "positions_ahead", "true")
	}
	if g.chance(15) {
		g.head("impatient", g.pick("500ms", "3s"))
	}
	set := func(share int, field string, values ...string) {
		if g.chance(share) {
			g.head("set", field, g.pick(values...))
		}
	}
	g.head("set", "max_consecutive_failures", 0)
	g.head("set", "backoff.initial_interval", g.pick("100ms", "2s"))
	g.head("set", "backoff.max_interval", g.pick("2s", "30s"))
	set(60, "idle_timeout", "5s", "20s", "35s")
	set(70, "max_batch_count", "0", "1", "2", "5", "50", "250")
	set(20, "max_batch_bytes", "1", "1000", "20000")
	set(60, "checkpoint_limit", "1", "3", "10", "100", "1000")
	set(15, "detection_batch_size", "1", "7", "40")
	set(10, "auto_replay_nacks", "false")
	set(5, "dedupe_window", "0", "5")
	if g.chance(25) {
		g.reachBack()
		return
	}
	switch g.IntN(3) {
	case 0:
		// From the very start on everything counts, even if neither the cache
		// nor the server can be reached.
		for range g.IntN(3) {
			firstFaults[g.IntN(len(firstFaults))](g)
		}
		g.add("start")
	case 1:
		g.head("stored")
	case 2:
		g.head("set", "start_time", g.pick("48h", "1999-12-31T00:00:00Z"))
	}
	if g.chance(50) {
		g.add("start")
	}
}

// choosePages chooses the Chronicle API, and how it tells positions.
func (g *scriptGenerator) choosePages() {
	g.head("set", "api", "chronicle")
	g.head("set", "instance", rig.Instance)
	g.head("server", "window", g.pick("1", "2", "4", "20"))
	for _, option := range []string{"both_positions", "heartbeat_positions", "continuation_times"} {
		if g.chance(20) {
			g.head("server", option, "true")
		}
	}
	if g.chance(40) {
		g.know(stepKind{8, 100, func(g *scriptGenerator) { g.add("expire") }})
	}
}

// know makes steps of a kind possible.
func (g *scriptGenerator) know(kind stepKind) {
	g.kinds = append(g.kinds, kind)
	g.total += kind.weight
}

func (g *scriptGenerator) step() {
	n := g.IntN(g.total)
	for _, kind := range g.kinds {
		if n -= kind.weight; n < 0 {
			kind.add(g)
			break
		}
	}
	if g.chance(25) {
		g.script.steps[len(g.script.steps)-1].rush = true
	}
}

func (g *scriptGenerator) add(verb string, args ...any) {
	g.script.steps = append(g.script.steps, step(verb, args...))
}

func (g *scriptGenerator) head(verb string, args ...any) {
	g.script.header = append(g.script.header, step(verb, args...))
}

func (g *scriptGenerator) chance(percent int) bool { return g.IntN(100) < percent }

func (g *scriptGenerator) between(least, most int) int { return least + g.IntN(most-least+1) }

func (g *scriptGenerator) pick(words ...string) string { return words[g.IntN(len(words))] }

// key is one of the names in a table.
func (g *scriptGenerator) key(table map[string]string) string {
	return g.pick(slices.Sorted(maps.Keys(table))...)
}
