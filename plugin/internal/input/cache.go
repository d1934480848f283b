package input

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/settings"
)

// A cache is a cache resource of Benthos.
type cache struct {
	res   *service.Resources
	label string
}

// Get implements position.Cache.
func (c *cache) Get(ctx context.Context, key string) (value []byte, err error) {
	err = c.access(ctx, func(resource service.Cache) error {
		value, err = resource.Get(ctx, key)
		return err
	})
	switch {
	case errors.Is(err, service.ErrKeyNotFound):
		return nil, nil
	case value == nil && err == nil:
		// There is something under the key, and it is empty.
		value = []byte{}
	}
	return value, err
}

// Set implements position.Cache.
func (c *cache) Set(ctx context.Context, key string, value []byte) error {
	return c.access(ctx, func(resource service.Cache) error { return resource.Set(ctx, key, value, nil) })
}

// Delete implements position.Cache.
func (c *cache) Delete(ctx context.Context, key string) error {
	return c.access(ctx, func(resource service.Cache) error { return resource.Delete(ctx, key) })
}

// access uses the resource outside of AccessCache, which holds a lock meanwhile: a call
// that does not return would keep Benthos from closing its resources. A resource that is
// replaced during a call may fail it, and the next call finds the new one.
func (c *cache) access(ctx context.Context, do func(service.Cache) error) error {
	var resource service.Cache
	if err := c.res.AccessCache(ctx, c.label, func(found service.Cache) { resource = found }); err != nil {
		return err
	}
	return do(resource)
}

// directoryClaims are those of the process: directories are the same for all of its
// streams, whatever resources these have.
var directoryClaims = position.NewClaims()

// An owner is an input of a host: where several have resources of their own, as in
// programs that embed several streams, each has inputs at the same places.
type owner struct {
	host *position.Claims
	at   Place
}

// openStore makes the store of the position, none where the configuration has none, says
// by it which input this is (see [Place]), and claims the position. Where no position is
// stored it claims the place, so that copies of an input are refused there, too.
func (in *input) openStore(parsed *service.ParsedConfig, res *service.Resources) (err error) {
	claims := claimsOf(res)
	host := claims
	component := componentOf(res)
	var where, key string
	switch {
	case in.conf.Dir != "":
		dir := position.NewDirectory(in.conf.Dir)
		in.store = position.NewDirectoryStore(dir, in.conf.CacheKey)
		claims, where, key = directoryClaims, dir.Identity(), in.conf.CacheKey
	case in.conf.Cache != "":
		in.store = position.NewStore(&cache{res, in.conf.Cache}, in.conf.Cache, in.conf.CacheKey)
		where, key = in.conf.Cache, in.conf.CacheKey
	default:
		where = fmt.Sprintf("%q", component) // which is the label of no cache
		if key, err = fingerprint(parsed); err != nil {
			return err
		}
	}
	in.place = Place{component, fmt.Sprintf("%q", []string{where, key})}
	in.claim, err = claims.Claim(owner{host, in.place}, where, key)
	switch {
	case errors.Is(err, position.ErrCopied):
		return settings.Copied(component.Path)
	case errors.Is(err, position.ErrTaken):
		return in.conf.KeyTaken()
	}
	return err
}

// fingerprint tells configurations apart without holding their secrets.
func fingerprint(parsed *service.ParsedConfig) (string, error) {
	fields, err := parsed.FieldAny()
	if err != nil {
		return "", err
	}
	text, err := json.Marshal(fields)
	return fmt.Sprintf("%x", sha256.Sum256(text)), err
}

// claimsID is what the resources know the claims by.
type claimsID struct{}

// claimsOf are the claims of all inputs that have their resources in common.
func claimsOf(res *service.Resources) *position.Claims {
	value, _ := res.GetOrSetGeneric(claimsID{}, position.NewClaims())
	return value.(*position.Claims)
}
