package settings

import (
	"fmt"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// fieldError says which field is wrong, what it holds and what it should.
func fieldError(name string, got any, want string) error {
	return fmt.Errorf("field %s: got %#v, want %s", name, got, want)
}

// KeyTaken is the error for a configuration whose position another input of the
// process stores.
func (c *Config) KeyTaken() error {
	where := "cache " + c.Cache
	if c.Dir != "" {
		where = "directory " + c.Dir
	}
	return fmt.Errorf("field %s: got %q, which another %s input stores its position under in the %s; want a key of its own",
		field.CheckpointCacheKey, c.CacheKey, Name, where)
}

// Copied is the error for an input that is built twice at one path, as by a broker.
func Copied(path string) error {
	return fmt.Errorf("field copies: got more than one %s input at %s, want copies: 1: each copy reads every detection", Name, path)
}

// Warnings are what there is to say of a configuration that works.
func (c *Config) Warnings() (all []string) {
	if c.Dir == "" && c.Cache == "" {
		all = append(all, fmt.Sprintf("Neither %s nor %s is set: the position is kept in memory only, and a restart begins at %s again", field.CheckpointDir, field.CheckpointCache, field.StartTime))
	}
	if c.Endpoint.API == chronicle.Backstory {
		all = append(all, fmt.Sprintf("This input uses the Backstory API, which Google shuts down on %s: before, have credentials for the Chronicle API and set %s, which chooses it; the position goes on there", chronicle.BackstoryEnd, field.Instance))
	}
	return all
}
