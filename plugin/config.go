package plugin

import (
	"crypto/tls"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// config is the input's configuration, parsed and checked.
type config struct {
	api          string
	endpoint     *url.URL
	baseURL      bool // names the endpoint, instead of a region or location
	scope        string
	credentials  credentials
	start        startTime
	request      requestOptions
	idleTimeout  time.Duration
	maxFailures  int // 0 = never give up
	backoff      backoff
	cache        string // "" = in memory only
	cacheKey     string
	limit        int
	skipToOldest bool // where the position cannot be resumed
	pieces       stream.Limits
	dedupeWindow int
	proxy        *url.URL // nil = from the environment
	tls          *tls.Config
}

// maxDedupeWindow is a hundred of Chronicle's largest detection batches, for
// which remembering takes some 50 MB.
const maxDedupeWindow = 1_000_000

// fieldError says which field is wrong, what it holds and what it should.
func fieldError(field string, got any, want string) error {
	return fmt.Errorf("field %s: got %#v, want %s", field, got, want)
}

// parseConfig reads the configuration and refuses, by the name of the field,
// whatever could not work or contradicts itself. It asks nobody but the
// resources (whether the cache exists) and the file system (credentials).
func parseConfig(parsed *service.ParsedConfig, res *service.Resources, now time.Time) (*config, error) {
	c := &config{}
	f := &fields{parsed: parsed}
	c.api = f.oneOf(fieldAPI, apiBackstory, apiChronicle)
	region, instance := f.text(fieldRegion), f.text(fieldInstance)
	base := f.text(fieldBaseURL)
	c.credentials = credentials{document: f.text(fieldCredentialsJSON), file: f.text(fieldCredentialsFile)}
	start := f.text(fieldStartTime)
	c.request = requestOptions{
		batchSize:        f.between(fieldDetectionBatchSize, 0, 10000),
		includeSimulated: f.flag(fieldIncludeSimulated),
		composite:        f.text(fieldCompositeAlertHandling),
		pages:            c.api == apiChronicle,
	}
	c.idleTimeout = f.positive(fieldIdleTimeout)
	c.maxFailures = f.atLeast(fieldMaxFailures, 0)
	c.backoff = backoff{
		initial: f.positive(fieldBackoff, fieldInitialInterval),
		max:     f.positive(fieldBackoff, fieldMaxInterval),
	}
	c.cache, c.cacheKey = f.text(fieldCheckpointCache), f.text(fieldCheckpointCacheKey)
	c.limit = f.atLeast(fieldCheckpointLimit, 1)
	c.skipToOldest = f.oneOf(fieldOnUnresumable, unresumableFail, unresumableOldest) == unresumableOldest
	c.pieces = stream.Limits{MaxCount: f.atLeast(fieldMaxBatchCount, 0), MaxBytes: f.atLeast(fieldMaxBatchBytes, 0)}
	c.dedupeWindow = f.between(fieldDedupeWindow, 0, maxDedupeWindow)
	proxy := f.text(fieldProxyURL)
	if f.err != nil {
		return nil, f.err
	}

	baseURL, err := parseBaseURL(base)
	if err != nil {
		return nil, err
	}
	if c.tls, err = parsed.FieldTLS(fieldTLS); err != nil {
		return nil, fmt.Errorf("field %s: %w", fieldTLS, err)
	}
	if c.proxy, err = parseProxyURL(proxy); err != nil {
		return nil, err
	}
	c.baseURL = baseURL != nil
	if err := c.address(region, instance, baseURL); err != nil {
		return nil, err
	}
	if c.start, err = parseStartTime(start, now); err != nil {
		return nil, err
	}
	if c.backoff.max < c.backoff.initial {
		return nil, fieldError(fieldBackoff+"."+fieldMaxInterval, c.backoff.max.String(), "at least "+fieldInitialInterval+" ("+c.backoff.initial.String()+")")
	}
	if strings.TrimSpace(c.cacheKey) == "" {
		return nil, fieldError(fieldCheckpointCacheKey, c.cacheKey, "the key of the position in the cache")
	}
	if c.cache != "" && !res.HasCache(c.cache) {
		return nil, fieldError(fieldCheckpointCache, c.cache, "the label of a cache resource; there is none of that label")
	}
	return c, c.credentials.check()
}

// address finds the endpoint of the API that was chosen, and refuses what is
// only for the other one.
func (c *config) address(region, instance string, base *url.URL) (err error) {
	if c.api == apiBackstory {
		switch {
		case instance != "":
			return fieldError(fieldInstance, instance, "nothing with "+fieldAPI+": "+apiBackstory+" (instances are for "+fieldAPI+": "+apiChronicle+")")
		case c.request.composite != "":
			return fieldError(fieldCompositeAlertHandling, c.request.composite, "nothing with "+fieldAPI+": "+apiBackstory)
		}
		c.scope = backstoryScope
		c.endpoint, err = backstoryURL(region, base)
		return err
	}
	switch {
	case region != defaultRegion:
		return fieldError(fieldRegion, region, "nothing with "+fieldAPI+": "+apiChronicle+" (the location is part of "+fieldInstance+")")
	case c.request.includeSimulated:
		return fieldError(fieldIncludeSimulated, true, "false with "+fieldAPI+": "+apiChronicle+", which does not stream them")
	}
	c.scope = chronicleScope
	c.endpoint, err = chronicleURL(instance, base)
	return err
}

func parseProxyURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	if proxy, err := url.Parse(text); err == nil && proxy.Host != "" {
		switch proxy.Scheme {
		case "http", "https", "socks5", "socks5h":
			return proxy, nil
		}
	}
	// What it is instead is not shown: it may hold a password anywhere.
	return nil, fmt.Errorf("field %s: got something else, want an http, https or socks5 URL such as http://proxy.example.com:3128", fieldProxyURL)
}

// fields reads fields of a parsed configuration until one is wrong, and keeps
// that error.
type fields struct {
	parsed *service.ParsedConfig
	err    error
}

func read[T any](f *fields, get func(...string) (T, error), path ...string) (value T) {
	if f.err == nil {
		value, f.err = get(path...)
	}
	return value
}

func (f *fields) refuse(path []string, got any, want string) {
	if f.err == nil {
		f.err = fieldError(strings.Join(path, "."), got, want)
	}
}

func (f *fields) text(name string) string { return read(f, f.parsed.FieldString, name) }

func (f *fields) flag(name string) bool { return read(f, f.parsed.FieldBool, name) }

func (f *fields) oneOf(name, one, other string) string {
	value := f.text(name)
	if value != one && value != other {
		f.refuse([]string{name}, value, one+" or "+other)
	}
	return value
}

func (f *fields) atLeast(name string, least int) int {
	value := read(f, f.parsed.FieldInt, name)
	if value < least {
		f.refuse([]string{name}, value, fmt.Sprintf("%d or more", least))
	}
	return value
}

func (f *fields) between(name string, least, most int) int {
	value := read(f, f.parsed.FieldInt, name)
	if value < least || value > most {
		f.refuse([]string{name}, value, fmt.Sprintf("%d to %d", least, most))
	}
	return value
}

func (f *fields) positive(path ...string) time.Duration {
	text := read(f, f.parsed.FieldString, path...)
	value, err := time.ParseDuration(text)
	if err != nil || value <= 0 {
		f.refuse(path, text, "a duration above zero such as 30s")
	}
	return value
}
