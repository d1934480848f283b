package rpcplugin

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// The input, and those of its fields that are another thing here or stand for one
// that a Benthos of its own has elsewhere.
const (
	inputName = "chronicle_detection_alerts"

	fieldDir            = "checkpoint_dir"
	fieldCache          = "checkpoint_cache"
	fieldCacheKey       = "checkpoint_cache_key"
	fieldMetricsAddress = "metrics_address"
	fieldOversizedPath  = "oversized_path"
)

// The labels of the resources.
const (
	inputLabel     = "detections"
	cacheLabel     = "position"
	oversizedLabel = "oversized"
)

// A config is what a host configured, taken apart.
type config struct {
	input          map[string]any // as the built-in input has it
	cache          map[string]any // nil = none
	metricsAddress string
	oversizedPath  string
}

// parseConfig takes apart what a host hands over. What the input itself refuses is
// found when it is built.
func parseConfig(fields map[string]any) (*config, error) {
	objects, err := objectFields()
	if err != nil {
		return nil, err
	}
	c := &config{input: make(map[string]any, len(fields))}
	for name, value := range fields {
		switch name {
		case fieldCache:
			c.cache, err = cacheOf(value)
		case fieldMetricsAddress:
			if c.metricsAddress, err = text(value); err == nil && c.metricsAddress != "" {
				err = loopback(c.metricsAddress)
			}
		case fieldOversizedPath:
			c.oversizedPath, err = text(value)
		default:
			if value == nil && objects[name] {
				continue // an empty object: each field in it has its default
			}
			if _, isObject := value.(map[string]any); !isObject && objects[name] {
				err = fmt.Errorf("got %v, want an object of fields", value)
			}
			c.input[name] = value
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	if c.cache != nil {
		c.input[fieldCache] = cacheLabel
	}
	if c.oversizedPath == "" {
		c.oversizedPath = c.besidePosition()
	}
	return c, nil
}

func text(value any) (string, error) {
	if value == nil {
		return "", nil
	}
	s, ok := value.(string)
	if !ok {
		return "", fmt.Errorf("got %v, want a text", value)
	}
	return s, nil
}

// cacheOf is the configuration of the cache, nil where there is to be none.
func cacheOf(value any) (map[string]any, error) {
	switch v := value.(type) {
	case nil:
		return nil, nil
	case map[string]any:
		if len(v) == 0 {
			return nil, nil
		}
		return v, nil
	case string:
		if v == "" {
			return nil, nil
		}
		return nil, fmt.Errorf("got the label %q, want the configuration of a cache, such as file: {directory: ./state}: an RPC plugin cannot reach the host's cache_resources", v)
	default:
		return nil, fmt.Errorf("got %v, want the configuration of a cache, such as file: {directory: ./state}", v)
	}
}

// loopback refuses an address that others could reach: whoever reads the metrics
// asks nobody.
func loopback(address string) error {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("got %q, want a host and a port such as 127.0.0.1:4196", address)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return fmt.Errorf("got %q, want a loopback address such as 127.0.0.1:4196", address)
	}
	return nil
}

// cacheDirectory is that of the cache, where it is one of files, else "".
func (c *config) cacheDirectory() string {
	file, _ := c.cache["file"].(map[string]any)
	directory, _ := file["directory"].(string)
	return directory
}

// besidePosition is where detections are kept that are too large, unless that is
// configured.
func (c *config) besidePosition() string {
	key, _ := c.input[fieldCacheKey].(string)
	if key == "" {
		key = inputName
	}
	dir, _ := c.input[fieldDir].(string)
	return filepath.Join(cmp.Or(dir, c.cacheDirectory()), key+"_oversized.jsonl")
}

// addTo adds the input and its cache to a builder. A directory of the cache's that
// does not exist is made: Benthos' file cache expects it.
func (c *config) addTo(builder *service.ResourceBuilder) error {
	if c.cache != nil {
		if directory := c.cacheDirectory(); directory != "" {
			if err := os.MkdirAll(directory, 0o750); err != nil {
				return fmt.Errorf("%s: creating its directory: %w", fieldCache, err)
			}
		}
		cache := map[string]any{"label": cacheLabel}
		for name, value := range c.cache {
			if name == "label" {
				return fmt.Errorf("%s: got a label, want the configuration of a cache alone", fieldCache)
			}
			cache[name] = value
		}
		if err := add(builder.AddCacheYAML, cache); err != nil {
			return fmt.Errorf("%s: %w", fieldCache, err)
		}
	}
	return add(builder.AddInputYAML, map[string]any{"label": inputLabel, inputName: c.input})
}

// add hands the configuration of a component to a builder.
func add(to func(string) error, component map[string]any) error {
	encoded, err := json.Marshal(component) // which is YAML, too
	if err != nil {
		return fmt.Errorf("encoding the configuration: %w", err)
	}
	// The host has put in the environment's variables. A ${ that is left is part of
	// a value.
	encoded = bytes.ReplaceAll(encoded, []byte("${"), []byte(`\u0024{`))
	if err := to(string(encoded)); err != nil {
		return withoutPosition(err)
	}
	return nil
}

// withoutPosition is err without the lines and columns of a text that nobody has
// seen.
func withoutPosition(err error) error {
	lints, ok := errors.AsType[service.LintError](err)
	if !ok {
		return err
	}
	whats := make([]error, len(lints))
	for i, lint := range lints {
		whats[i] = errors.New(lint.What)
	}
	return errors.Join(whats...)
}
