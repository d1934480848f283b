package input

import (
	"context"
	"errors"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
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

// claimsID is what the resources know the claims by.
type claimsID struct{}

// claimsOf are the claims of all inputs that have their resources in common.
func claimsOf(res *service.Resources) *position.Claims {
	value, _ := res.GetOrSetGeneric(claimsID{}, position.NewClaims())
	return value.(*position.Claims)
}
