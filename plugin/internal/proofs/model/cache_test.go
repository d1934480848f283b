package model_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A cacheMood is how the model's cache answers.
type cacheMood string

const (
	cacheWorks cacheMood = "works"
	cacheFails cacheMood = "fails"
	// cacheHangs answers nothing until its mood changes.
	cacheHangs cacheMood = "hangs"
	// cacheLies stores what it is given and reports a failure, as a network
	// that breaks before the answer does.
	cacheLies cacheMood = "lies"
)

var (
	errCache   = errors.New("connection reset by the model")
	errCrashed = errors.New("the process has crashed")
)

// A modelCache is what outlives processes. Each process has a handle of its
// own, so that one that crashed can be cut off from it at one instant.
type modelCache struct {
	mu      sync.Mutex // guards what follows, and that of the handles
	values  map[string][]byte
	mood    cacheMood
	changed chan struct{} // closed and replaced with the mood, or when a handle dies
}

func newModelCache() *modelCache {
	return &modelCache{values: make(map[string][]byte), mood: cacheWorks, changed: make(chan struct{})}
}

func (c *modelCache) setMood(mood cacheMood) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.mood = mood
	c.announce()
}

func (c *modelCache) works() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.mood == cacheWorks
}

// position is what a process that begins now resumes from.
func (c *modelCache) position() place {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range []string{settings.Name, settings.Name + position.SpareSuffix} {
		if c.values[key] == nil {
			continue
		}
		if p, err := placeOf(c.values[key]); err == nil {
			return p
		}
	}
	return place{}
}

// announce is called with mu held.
func (c *modelCache) announce() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// probeSuffix ends the key under which the input finds out whether the cache stores
// anything.
const probeSuffix = ".probe"

// A cacheHandle is one process's way to the cache.
type cacheHandle struct {
	*modelCache
	dead bool
	// spoil is how many more writes come until one of which only half is done;
	// 0 for none. With fatal, the process crashes in the middle of it, else it
	// is told that the write failed, as on a full disk.
	spoil  int
	fatal  bool
	failed bool // the last write did
	// wrote is called with every value at the moment it is stored.
	wrote func(key string, value []byte)
}

// spoilWrite makes the n-th write from now a half one.
func (h *cacheHandle) spoilWrite(n int, fatal bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.spoil, h.fatal = n, fatal
}

func (h *cacheHandle) isDead() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead
}

// isUnreliable says that the newest position may well not be stored.
func (h *cacheHandle) isUnreliable() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead || h.failed
}

// die makes everything that the process still does to the cache vanish.
func (h *cacheHandle) die() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.dead = true
	h.announce()
}

// do calls with, with mu held, once the cache answers.
func (h *cacheHandle) do(ctx context.Context, with func(cacheMood) error) error {
	for {
		h.mu.Lock()
		if h.dead {
			h.mu.Unlock()
			return errCrashed
		}
		if h.mood != cacheHangs {
			defer h.mu.Unlock()
			return with(h.mood)
		}
		changed := h.changed
		h.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Get implements service.Cache.
func (h *cacheHandle) Get(ctx context.Context, key string) (value []byte, err error) {
	err = h.do(ctx, func(mood cacheMood) error {
		switch {
		case mood != cacheWorks:
			return errCache
		case h.values[key] == nil:
			return service.ErrKeyNotFound
		}
		value = h.values[key]
		return nil
	})
	return value, err
}

// Set implements service.Cache.
func (h *cacheHandle) Set(ctx context.Context, key string, value []byte, _ *time.Duration) error {
	return h.do(ctx, func(mood cacheMood) error {
		h.failed = true
		if mood == cacheFails {
			return errCache
		}
		if h.spoil--; h.spoil == 0 {
			h.values[key], h.dead = value[:len(value)/2], h.fatal
			return errCache
		}
		h.values[key] = value
		if !strings.HasSuffix(key, probeSuffix) {
			h.wrote(key, value)
		}
		if mood == cacheLies {
			return errCache
		}
		h.failed = false
		return nil
	})
}

// Add implements service.Cache.
func (*cacheHandle) Add(context.Context, string, []byte, *time.Duration) error {
	return errors.ErrUnsupported
}

// Delete implements service.Cache.
func (h *cacheHandle) Delete(ctx context.Context, key string) error {
	return h.do(ctx, func(mood cacheMood) error {
		if mood == cacheFails {
			return errCache
		}
		delete(h.values, key)
		return nil
	})
}

// Close implements service.Cache.
func (*cacheHandle) Close(context.Context) error { return nil }
