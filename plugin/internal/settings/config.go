package settings

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math"
	"net/url"
	"strings"
	"time"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// Config is the input's configuration, parsed and checked.
type Config struct {
	// Where detections come from, and how to get there.
	Endpoint    chronicle.Endpoint
	Credentials signin.Credentials
	Network     network.Settings
	Request     chronicle.Options
	Timeouts    chronicle.Timeouts
	// Pieces are how large message batches may become.
	Pieces stream.Limits

	// Start is where to begin when no position is stored.
	Start Start
	// MaxFailures is how many connections in a row may fail; 0 = never give up.
	MaxFailures int
	// InitialInterval is the wait after the first failure in a row, and
	// MaxInterval, which is no less, the longest.
	InitialInterval, MaxInterval time.Duration

	// Dir is the directory that stores the position, or Cache the label of a cache
	// that exists and does; both are "" for memory only. CacheKey is the position's
	// key in either.
	Dir, Cache, CacheKey string
	// Limit is the most messages in flight, and LimitBytes the most bytes, 0 for no
	// limit.
	Limit, LimitBytes int
	// SkipToOldest and Search are for a position that cannot be resumed: to skip what
	// is out of reach, or to read it by search.
	SkipToOldest, Search bool
	// End is up to where to read, by search alone; zero to go on with the stream. EndAgo
	// says that it was configured as a duration ago, by our clock.
	End    time.Time
	EndAgo bool
	// DedupeWindow is how many detections are remembered.
	DedupeWindow int
	// ReplayNacks says whether what is rejected comes again.
	ReplayNacks bool
}

// unackedBatches is how many message batches of max_batch_bytes may be
// unacknowledged: enough for one to be delivered while others are read and
// processed, few enough for the memory of a pipeline to be bounded.
const unackedBatches = 4

// maxDedupeWindow is a hundred of Chronicle's largest detection batches, for
// which remembering takes some 80 MB.
const maxDedupeWindow = 1_000_000

// Parse reads the configuration and refuses, by the name of the field, whatever
// could not work or contradicts itself. It asks nobody but hasCache, whether a
// cache of that label exists, and the file system for credentials.
func Parse(parsed *service.ParsedConfig, hasCache func(label string) bool, now time.Time) (*Config, error) {
	f := &fields{parsed: parsed}
	at := address{
		api:      f.oneOf(field.API, "", apiBackstory, apiChronicle),
		region:   f.text(field.Region),
		instance: f.text(field.Instance),
	}
	base := f.text(field.BaseURL)
	start, end := f.text(field.StartTime), f.text(field.EndTime)
	unresumable := f.oneOf(field.OnUnresumable, unresumableFail, unresumableOldest, unresumableSearch)
	proxy := f.text(field.ProxyURL)
	c := &Config{
		Credentials: signin.Credentials{
			Document: f.text(field.CredentialsJSON), File: f.text(field.CredentialsFile),
			Origin: "field " + field.CredentialsJSON,
			Unset:  fmt.Sprintf("neither %s nor %s is set", field.CredentialsJSON, field.CredentialsFile),

			QuotaProject: f.formed(field.QuotaProject, quotaProjectForm, true),
		},
		Request: chronicle.Options{
			DetectionBatchSize:     f.between(field.DetectionBatchSize, 0, chronicle.MaxDetectionBatchSize),
			IncludeSimulated:       f.flag(field.IncludeSimulated),
			CompositeAlertHandling: f.formed(field.CompositeAlertHandling, compositeForm, true),
		},
		Timeouts: chronicle.Timeouts{
			Idle:      chronicle.Timeout{Limit: f.positive(field.IdleTimeout), Origin: field.IdleTimeout},
			FirstByte: chronicle.Timeout{Limit: f.positive(field.FirstByteTimeout), Origin: field.FirstByteTimeout},
		},
		MaxFailures:     f.atLeast(field.MaxFailures, 0),
		InitialInterval: f.positive(field.Backoff, field.InitialInterval),
		MaxInterval:     f.positive(field.Backoff, field.MaxInterval),
		Dir:             f.formed(field.CheckpointDir, dirForm, true),
		Cache:           f.text(field.CheckpointCache),
		CacheKey:        f.built(field.CheckpointCacheKey, cacheKeyForm),
		Limit:           f.atLeast(field.CheckpointLimit, 1),
		SkipToOldest:    unresumable == unresumableOldest,
		Search:          unresumable == unresumableSearch,
		Pieces:          stream.Limits{MaxCount: f.atLeast(field.MaxBatchCount, 0), MaxBytes: f.atLeast(field.MaxBatchBytes, 0)},
		DedupeWindow:    f.between(field.DedupeWindow, 0, maxDedupeWindow),
		ReplayNacks:     f.flag(service.AutoRetryNacksToggleFieldName),
	}
	if f.err != nil {
		return nil, f.err
	}
	c.LimitBytes = unackedBatches * min(c.Pieces.MaxBytes, math.MaxInt/unackedBatches)
	c.Credentials.Awaited = c.MaxFailures == 0
	var err error
	if at.base, err = parseBaseURL(base); err != nil {
		return nil, err
	}
	if c.Network.TLS, err = parseTLS(parsed); err != nil {
		return nil, err
	}
	if c.Network.Proxy, err = parseProxyURL(proxy); err != nil {
		return nil, err
	}
	if c.Endpoint, err = at.endpoint(c.Request); err != nil {
		return nil, err
	}
	if c.Start, err = parseStart(start, now, c.Search); err != nil {
		return nil, err
	}
	if c.End, c.EndAgo, err = parseEnd(end, c.Start, now); err != nil {
		return nil, err
	}
	return c, c.check(hasCache)
}

// check refuses what can only be judged beside something else.
func (c *Config) check(hasCache func(label string) bool) error {
	if c.MaxInterval < c.InitialInterval {
		return fieldError(field.Backoff+"."+field.MaxInterval, c.MaxInterval.String(), wantAtLeastInitial+" ("+c.InitialInterval.String()+")")
	}
	if strings.HasSuffix(c.CacheKey, position.SpareSuffix) {
		return fieldError(field.CheckpointCacheKey, c.CacheKey, wantOtherKey)
	}
	if c.Dir != "" && c.Cache != "" {
		return fieldError(field.CheckpointDir, c.Dir, wantNoDir)
	}
	if c.Dir != "" && wrongFileKey.MatchString(c.CacheKey) {
		return fieldError(field.CheckpointCacheKey, c.CacheKey, wantFileKey)
	}
	if c.Cache != "" && !hasCache(c.Cache) {
		return fieldError(field.CheckpointCache, c.Cache, cacheLabelForm.want+"; there is none of that label")
	}
	err := c.Credentials.Check()
	if err != nil && c.Credentials.Document == "" && c.Credentials.File != "" {
		return fmt.Errorf("field %s: %w", field.CredentialsFile, err)
	}
	return err
}

// parseTLS reads the TLS settings, nil where there are none. Benthos leaves out
// root certificates that it cannot read, and no server would be trusted.
func parseTLS(parsed *service.ParsedConfig) (*tls.Config, error) {
	settings, err := parsed.FieldTLS(field.TLS)
	if err != nil {
		return nil, fmt.Errorf("field %s: %w", field.TLS, err)
	}
	if settings == nil || settings.RootCAs == nil || !settings.RootCAs.Equal(x509.NewCertPool()) {
		return settings, nil
	}
	name := field.TLS + ".root_cas"
	if file, err := parsed.FieldString(field.TLS, "root_cas_file"); err == nil && file != "" {
		name += "_file"
	}
	return nil, fmt.Errorf("field %s: got something else, want %s", name, wantCertificates)
}

func parseProxyURL(text string) (*network.Proxy, error) {
	if text == "" {
		return nil, nil
	}
	if proxy, err := url.Parse(text); err == nil && proxyURLForm.MatchString(text) {
		return &network.Proxy{URL: proxy, Origin: field.ProxyURL}, nil
	}
	// What it is instead is not shown: it may hold a password anywhere.
	return nil, fmt.Errorf("field %s: got something else, want %s", field.ProxyURL, proxyURLForm.want)
}
