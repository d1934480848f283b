package settings

import (
	"fmt"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// fieldError says which field is wrong, what it holds and what it should.
func fieldError(name string, got any, want string) error {
	return fmt.Errorf("field %s: got %#v, want %s", name, got, want)
}

// KeyTaken is the error for a configuration whose position another input of the
// process stores.
func (c *Config) KeyTaken() error {
	return fmt.Errorf("field %s: got %q, which another %s input stores its position under in the cache %s; want a key of its own",
		field.CheckpointCacheKey, c.CacheKey, Name, c.Cache)
}

// MemoryOnly is the warning for a configuration without a cache.
func MemoryOnly() string {
	return fmt.Sprintf("No %s is set: the position is kept in memory only, and a restart begins at %s again", field.CheckpointCache, field.StartTime)
}
