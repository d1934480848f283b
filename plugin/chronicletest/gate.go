package chronicletest

import "sync"

// gate counts the streams that are open.
type gate struct {
	most int

	mu   sync.Mutex // guards open
	open int
}

// enter lets one more stream in, unless there are as many as may be.
func (g *gate) enter() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.open >= g.most {
		return false
	}
	g.open++
	return true
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open--
}

func (g *gate) count() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.open
}
