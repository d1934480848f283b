package plugin

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

var configNow = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func parse(t *testing.T, yaml string) (*config, error) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	parsed, err := inputSpec().ParseYAML(yaml, nil)
	if err != nil {
		return nil, err
	}
	return parseConfig(parsed, service.MockResources(service.MockResourcesOptAddCache("state")), configNow)
}

func TestConfigDefaults(t *testing.T) {
	c, err := parse(t, "{}")
	require.NoError(t, err)
	require.Equal(t, "https://backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts", c.endpoint.String())
	require.Equal(t, "https://www.googleapis.com/auth/chronicle-backstory", c.scope)
	require.Equal(t, time.Minute, c.idleTimeout)
	require.Equal(t, 7, c.maxFailures)
	require.Equal(t, backoff{2 * time.Second, 128 * time.Second}, c.backoff)
	require.Equal(t, "chronicle_detection_alerts", c.cacheKey)
	require.Equal(t, 10000, c.limit)
	require.Equal(t, 10000, c.dedupeWindow)
	require.Equal(t, stream.Limits{MaxCount: 1000, MaxBytes: 16777216}, c.pieces)
	require.True(t, c.start.now)
	require.False(t, c.skipToOldest)
}

func TestConfigEndpoints(t *testing.T) {
	for yaml, want := range map[string]string{
		"region: us":                        "https://backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"region: europe":                    "https://europe-backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"region: asia-southeast1":           "https://asia-southeast1-backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"base_url: http://127.0.0.1:8080":   "http://127.0.0.1:8080/v2/detect/rules:streamDetectionAlerts",
		"base_url: http://[::1]:8080/":      "http://[::1]:8080/v2/detect/rules:streamDetectionAlerts",
		"base_url: http://localhost/prefix": "http://localhost/prefix/v2/detect/rules:streamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/us/instances/i}":                                                      "https://us-chronicle.googleapis.com/v1alpha/projects/p/locations/us/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/africa-south1/instances/i}":                                           "https://africa-south1-chronicle.googleapis.com/v1alpha/projects/p/locations/africa-south1/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/eu/instances/i, base_url: 'https://chronicle.eu.rep.googleapis.com'}": "https://chronicle.eu.rep.googleapis.com/v1alpha/projects/p/locations/eu/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/new1/instances/i, base_url: 'http://127.0.0.1:1'}":                    "http://127.0.0.1:1/v1alpha/projects/p/locations/new1/instances/i/legacy:legacyStreamDetectionAlerts",
		"{base_url: https://example.com, region: x}":                                                                           "https://example.com/v2/detect/rules:streamDetectionAlerts",
	} {
		c, err := parse(t, yaml)
		require.NoError(t, err, yaml)
		require.Equal(t, want, c.endpoint.String())
	}
}

func TestConfigRefusals(t *testing.T) {
	for _, test := range []struct{ yaml, want string }{
		{"api: v3", `field api: got "v3", want backstory or chronicle`},
		{"region: moon", `field region: got "moon", want one of asia-northeast1, asia-south1,`},
		{"region: moon", "another region can be reached with base_url"},
		{`region: ""`, `field region: got "", want one of`},
		{"instance: projects/p/locations/us/instances/i", `field instance: got "projects/p/locations/us/instances/i", want nothing with api: backstory`},
		{"api: chronicle", `field instance: got "", want the form projects/PROJECT/locations/LOCATION/instances/INSTANCE`},
		{"{api: chronicle, instance: projects/../locations/us/instances/i}", `field instance: got "projects/../locations/us/instances/i", want the form`},
		{"{api: chronicle, instance: 'projects/p/locations/us/instances/i?x=1'}", "field instance: got"},
		{"{api: chronicle, instance: projects/p/locations/us}", `field instance: got "projects/p/locations/us", want the form`},
		{"{api: chronicle, instance: projects/p/locations/us-central1/instances/i}", `field instance: got "projects/p/locations/us-central1/instances/i", want a location among africa-south1, asia-northeast1,`},
		{"{api: chronicle, instance: projects/p/locations/us/instances/i, region: europe}", `field region: got "europe", want nothing with api: chronicle (the location is part of instance)`},
		{"{api: chronicle, instance: projects/p/locations/us/instances/i, include_simulated_detections: true}", `field include_simulated_detections: got true, want false with api: chronicle`},
		{"{api: chronicle, instance: projects/p/locations/us/instances/i, base_url: 'https://eu-chronicle.googleapis.com'}", `field base_url: got "https://eu-chronicle.googleapis.com", want the location of instance, us, not eu`},
		{"{api: chronicle, instance: projects/p/locations/us/instances/i, base_url: 'https://chronicle.eu.rep.googleapis.com'}", `field base_url: got "https://chronicle.eu.rep.googleapis.com", want the location of instance, us, not eu`},
		{"composite_alert_handling: FLATTEN", `field composite_alert_handling: got "FLATTEN", want nothing with api: backstory`},
		{"base_url: http://example.com", `field base_url: got "http://example.com", want an https URL, or an http URL of a loopback address`},
		{"base_url: example.com", `field base_url: got "example.com", want an https URL`},
		{"base_url: https://user:hunter2@example.com", `field base_url: got "https://…@example.com", want an https URL`},
		{"base_url: 'https://user:hunter2@exa mple.com'", `field base_url: not a URL`},
		{"base_url: https://example.com?key=hunter2", `field base_url: got "https://example.com?…", want an https URL`},
		{"start_time: '0001-01-01T00:00:00Z'", `field start_time: got`},
		{"base_url: 'https://:443'", `field base_url: got`},
		{"start_time: yesterday", `field start_time: got "yesterday", want an RFC 3339 time`},
		{"start_time: '2026-03-11T00:00:00Z'", `field start_time: got "2026-03-11T00:00:00Z", want`},
		{"start_time: '2026-03-01T00:00:00Z'", `field start_time: got "2026-03-01T00:00:00Z", want`},
		{"start_time: 169h", `field start_time: got "169h", want`},
		{"start_time: -1h", `field start_time: got "-1h", want`},
		{"detection_batch_size: 10001", "field detection_batch_size: got 10001, want 0 to 10000"},
		{"detection_batch_size: -1", "field detection_batch_size: got -1, want 0 to 10000"},
		{"idle_timeout: 0s", `field idle_timeout: got "0s", want a duration above zero`},
		{"idle_timeout: soon", `field idle_timeout: got "soon", want a duration above zero`},
		{"max_consecutive_failures: -1", "field max_consecutive_failures: got -1, want 0 or more"},
		{"backoff: {initial_interval: 0s}", `field backoff.initial_interval: got "0s", want a duration above zero`},
		{"backoff: {initial_interval: 3m}", `field backoff.max_interval: got "2m8s", want at least initial_interval (3m0s)`},
		{"checkpoint_cache: none_such", `field checkpoint_cache: got "none_such", want the label of a cache resource`},
		{`checkpoint_cache_key: " "`, `field checkpoint_cache_key: got " ", want`},
		{`checkpoint_cache_key: ""`, `field checkpoint_cache_key: got "", want`},
		{"checkpoint_limit: 0", "field checkpoint_limit: got 0, want 1 or more"},
		{"on_unresumable_position: skip", `field on_unresumable_position: got "skip", want fail or oldest`},
		{"max_batch_count: -1", "field max_batch_count: got -1, want 0 or more"},
		{"max_batch_bytes: -1", "field max_batch_bytes: got -1, want 0 or more"},
		{"dedupe_window: -1", "field dedupe_window: got -1, want 0 to 1000000"},
		{"dedupe_window: 1152921504606846976", "field dedupe_window: got 1152921504606846976, want 0 to 1000000"},
		{"proxy_url: ftp://proxy", `field proxy_url: got something else, want an http, https or socks5 URL`},
		{"proxy_url: 'http://user:hunter2@pro xy'", "field proxy_url: got something else"},
		{"proxy_url: 'svc:hunter2@proxy.example.com:3128'", "field proxy_url: got something else"},
		{"tls: {client_certs: [{cert_file: /none/such, key_file: /none/such}]}", "field tls: "},
	} {
		t.Run(test.yaml, func(t *testing.T) {
			_, err := parse(t, test.yaml)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "hunter2")
		})
	}
}

func TestConfigStartTimes(t *testing.T) {
	for text, want := range map[string]time.Time{
		"":                          configNow,
		"72h":                       configNow.Add(-72 * time.Hour),
		"168h":                      configNow.Add(-168*time.Hour + time.Minute),
		"2026-03-09T00:00:00+01:00": time.Date(2026, 3, 8, 23, 0, 0, 0, time.UTC),
	} {
		start, err := parseStartTime(text, configNow)
		require.NoError(t, err, text)
		require.True(t, want.Equal(start.resolve(configNow)), text)
		require.Equal(t, text == "", start.now)
	}
}

func TestCredentialsAreRefusedBeforeAnyRequest(t *testing.T) {
	dir := t.TempDir()
	write := func(name, contents string) string {
		path := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(path, []byte(contents), 0o600))
		return path
	}
	for _, test := range []struct{ name, yaml, want string }{
		{"no such file", "credentials_file: " + filepath.Join(dir, "none"), "field credentials_file: reading the credentials file: open " + filepath.Join(dir, "none")},
		{"a directory", "credentials_file: " + dir, "field credentials_file: reading the credentials file: read " + dir},
		{"empty", "credentials_file: " + write("empty", ""), "credentials file " + filepath.Join(dir, "empty") + ": want a JSON document as Google issues it, got nothing"},
		{"not JSON", "credentials_file: " + write("pem", "-----BEGIN SECRET"), "pem: want a JSON document as Google issues it, got what stops being JSON at byte 2 of 17"},
		{"an array", "credentials_file: " + write("array", "[]"), "array: want a JSON document as Google issues it, got JSON that is not an object"},
		{"a number for a string", "credentials_file: " + write("number", `{"type":"service_account","private_key":7}`), "number: want a JSON document as Google issues it, got a field private_key that is not a string"},
		{"another type", "credentials_file: " + write("type", `{"type":"robot","private_key":"SECRET"}`), `type: got type "robot", want one of ["service_account"`},
		{"no key", "credentials_file: " + write("nokey", `{"type":"service_account","client_email":"a@example.com"}`), "nokey: private_key is missing"},
		{"no email", "credentials_json: '" + `{"type":"service_account","private_key":"SECRET"}` + "'", "field credentials_json: client_email is missing"},
		{"a damaged key", `credentials_json: '{"type":"service_account","client_email":"a@example.com","private_key":"SECRET"}'`, "field credentials_json: private_key is not an RSA key in PEM form"},
		{"truncated", `credentials_json: '{"type":"service_account"'`, "field credentials_json: want a JSON document as Google issues it, got what stops being JSON at byte 25 of 25"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := parse(t, test.yaml)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "SECRET")
		})
	}
}

// The first that is there is used: the document, the file, the file in the home
// directory, Application Default Credentials.
func TestCredentialsOrder(t *testing.T) {
	server := chronicletest.NewServer()
	defer server.Close()
	goodKey := string(server.CredentialsJSON())
	home := t.TempDir()
	t.Setenv("HOME", home)
	file := filepath.Join(t.TempDir(), "key.json")
	origin := func(c credentials) string {
		t.Helper()
		document, err := c.read()
		require.NoError(t, err)
		if document == nil {
			return "default"
		}
		return document.origin
	}
	require.Equal(t, "default", origin(credentials{}))
	require.NoError(t, os.WriteFile(filepath.Join(home, ".chronicle_credentials.json"), []byte(goodKey), 0o600))
	require.Equal(t, "credentials file "+filepath.Join(home, ".chronicle_credentials.json"), origin(credentials{}))
	require.NoError(t, os.WriteFile(file, []byte(goodKey), 0o600))
	require.Equal(t, "credentials file "+file, origin(credentials{file: file}))
	require.Equal(t, "field credentials_json", origin(credentials{document: goodKey, file: file}))
}
