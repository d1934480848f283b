package plugin

import (
	"crypto/tls"
	"crypto/x509"
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

// maxDetectionBatchSize is the server's own limit.
const maxDetectionBatchSize = 10000

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
		batchSize:        f.between(fieldDetectionBatchSize, 0, maxDetectionBatchSize),
		includeSimulated: f.flag(fieldIncludeSimulated),
		composite:        f.formed(fieldCompositeAlertHandling, compositeForm, true),
		pages:            c.api == apiChronicle,
	}
	c.idleTimeout = f.positive(fieldIdleTimeout)
	c.maxFailures = f.atLeast(fieldMaxFailures, 0)
	c.backoff = backoff{
		initial: f.positive(fieldBackoff, fieldInitialInterval),
		max:     f.positive(fieldBackoff, fieldMaxInterval),
	}
	c.cache, c.cacheKey = f.text(fieldCheckpointCache), f.formed(fieldCheckpointCacheKey, cacheKeyForm, false)
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
	if c.tls, err = parseTLS(parsed); err != nil {
		return nil, err
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
		return nil, fieldError(fieldBackoff+"."+fieldMaxInterval, c.backoff.max.String(), wantAtLeastInitial+" ("+c.backoff.initial.String()+")")
	}
	if strings.HasSuffix(c.cacheKey, spareSuffix) {
		return nil, fieldError(fieldCheckpointCacheKey, c.cacheKey, wantOtherKey)
	}
	if c.cache != "" && !res.HasCache(c.cache) {
		return nil, fieldError(fieldCheckpointCache, c.cache, cacheLabelForm.want+"; there is none of that label")
	}
	return c, c.credentials.check()
}

// address finds the endpoint of the API that was chosen, and refuses what is
// only for the other one.
func (c *config) address(region, instance string, base *url.URL) (err error) {
	if c.api == apiBackstory {
		switch {
		case instance != "":
			return fieldError(fieldInstance, instance, wantNoInstance)
		case c.request.composite != "":
			return fieldError(fieldCompositeAlertHandling, c.request.composite, wantNoComposite)
		}
		c.scope = backstoryScope
		c.endpoint, err = backstoryURL(region, base)
		return err
	}
	switch {
	case region != defaultRegion:
		return fieldError(fieldRegion, region, wantNoRegion)
	case c.request.includeSimulated:
		return fieldError(fieldIncludeSimulated, true, wantNoSimulated)
	}
	c.scope = chronicleScope
	c.endpoint, err = chronicleURL(instance, base)
	return err
}

// parseTLS reads the TLS settings, nil where there are none. Benthos leaves out
// root certificates that it cannot read, and no server would be trusted.
func parseTLS(parsed *service.ParsedConfig) (*tls.Config, error) {
	settings, err := parsed.FieldTLS(fieldTLS)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", fieldTLS, err)
	}
	if settings == nil || settings.RootCAs == nil || !settings.RootCAs.Equal(x509.NewCertPool()) {
		return settings, nil
	}
	field := fieldTLS + ".root_cas"
	if file, err := parsed.FieldString(fieldTLS, "root_cas_file"); err == nil && file != "" {
		field += "_file"
	}
	return nil, fmt.Errorf("field %s: got something else, want %s", field, wantCertificates)
}

func parseProxyURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	if proxy, err := url.Parse(text); err == nil && proxyURLForm.MatchString(text) {
		return proxy, nil
	}
	// What it is instead is not shown: it may hold a password anywhere.
	return nil, fmt.Errorf("field %s: got something else, want %s", fieldProxyURL, proxyURLForm.want)
}
