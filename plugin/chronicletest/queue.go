package chronicletest

import "sync"

// queue is a script: what happens to the next requests, one step each.
type queue[T any] struct {
	mu    sync.Mutex // guards steps
	steps []T
}

func (q *queue[T]) add(steps ...T) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.steps = append(q.steps, steps...)
}

// take removes the next step. An empty queue gives the zero step, which is the
// one that changes nothing.
func (q *queue[T]) take() T {
	q.mu.Lock()
	defer q.mu.Unlock()
	var step T
	if len(q.steps) > 0 {
		step, q.steps = q.steps[0], q.steps[1:]
	}
	return step
}
