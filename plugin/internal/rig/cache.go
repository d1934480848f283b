package rig

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Cache is a cache that can be made to fail.
type Cache struct {
	mu     sync.Mutex // guards what follows
	values map[string]string
	down   error
	sets   int
}

// Get implements service.Cache.
func (c *Cache) Get(_ context.Context, key string) ([]byte, error) {
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
