package input

import (
	"context"
	"errors"

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

func (c *cache) access(ctx context.Context, do func(service.Cache) error) (err error) {
	if accessErr := c.res.AccessCache(ctx, c.label, func(resource service.Cache) { err = do(resource) }); accessErr != nil {
		return accessErr
	}
	return err
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

// openStore makes the store of a configuration, nil where it has none, and claims the
// position in it: the claim is nil where another input has it.
func openStore(conf *settings.Config, res *service.Resources, at Place) (*position.Store, *position.Claim) {
	claims := claimsOf(res)
	switch {
	case conf.Dir != "":
		dir := position.NewDirectory(conf.Dir)
		return position.NewDirectoryStore(dir, conf.CacheKey), directoryClaims.Claim(owner{claims, at}, dir.Identity(), conf.CacheKey)
	case conf.Cache != "":
		store := position.NewStore(&cache{res, conf.Cache}, conf.Cache, conf.CacheKey)
		return store, claims.Claim(owner{claims, at}, conf.Cache, conf.CacheKey)
	}
	return nil, nil
}

// claimsID is what the resources know the claims by.
type claimsID struct{}

// claimsOf are the claims of all inputs that have their resources in common.
func claimsOf(res *service.Resources) *position.Claims {
	value, _ := res.GetOrSetGeneric(claimsID{}, position.NewClaims())
	return value.(*position.Claims)
}
