package rig

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Cache is a cache that can be made to fail, and to hang: then a call takes no notice of
// its context.
type Cache struct {
	mu     sync.Mutex // guards what follows
	values map[string]string
	down   error
	sets   int
	// Unless nil, calls wait until these are closed.
	readsHang, writesHang chan struct{}
	readsTake             time.Duration
}

// Get implements service.Cache.
func (c *Cache) Get(_ context.Context, key string) ([]byte, error) {
	c.mu.Lock()
	hang, slow := c.readsHang, c.readsTake
	c.mu.Unlock()
	if hang != nil {
		<-hang
	}
	time.Sleep(slow)
	c.mu.Lock()
	defer c.mu.Unlock()
	value, found := c.values[key]
	switch {
	case c.down != nil:
		return nil, c.down
	case !found:
		return nil, service.ErrKeyNotFound
	}
	return []byte(value), nil
}

// Set implements service.Cache.
func (c *Cache) Set(_ context.Context, key string, value []byte, _ *time.Duration) error {
	c.mu.Lock()
	hang := c.writesHang
	c.mu.Unlock()
	if hang != nil {
		<-hang
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return c.down
	}
	c.values[key] = string(value)
	if !strings.HasSuffix(key, ".probe") {
		c.sets++
	}
	return nil
}

// HangReads makes reads hang from now on, or lets go those that do.
func (c *Cache) HangReads(hang bool) { c.hang(&c.readsHang, hang) }

// HangWrites makes writes hang from now on, or lets go those that do.
func (c *Cache) HangWrites(hang bool) { c.hang(&c.writesHang, hang) }

func (c *Cache) hang(until *chan struct{}, hang bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if *until != nil {
		close(*until)
		*until = nil
	}
	if hang {
		*until = make(chan struct{})
	}
}

// AnswerWrites makes writes work from now on; those that hang do so until they are let
// go.
func (c *Cache) AnswerWrites() (letGo func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	hanging := c.writesHang
	c.writesHang = nil
	return func() { close(hanging) }
}

// SlowReads makes each read take so long.
func (c *Cache) SlowReads(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.readsTake = d
}

// Lose removes everything that is stored.
func (c *Cache) Lose() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.values)
}

// Add implements service.Cache.
func (*Cache) Add(context.Context, string, []byte, *time.Duration) error {
	return errors.ErrUnsupported
}

// Delete implements service.Cache.
func (c *Cache) Delete(_ context.Context, key string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.down != nil {
		return c.down
	}
	delete(c.values, key)
	return nil
}

// Close implements service.Cache.
func (*Cache) Close(context.Context) error { return nil }

// Fail makes every use of the cache fail from now on, unless err is nil.
func (c *Cache) Fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.down = err
}

// Writes is how often a position or its spare was written.
func (c *Cache) Writes() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sets
}
