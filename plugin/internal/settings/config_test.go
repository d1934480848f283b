package settings

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	_ "github.com/redpanda-data/benthos/v4/public/components/io" // the function env

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// isState says whether a cache exists.
func isState(label string) bool { return label == "state" }

var configNow = time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)

func parse(t *testing.T, yaml string) (*Config, error) {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	parsed, err := Spec().ParseYAML(yaml, nil)
	if err != nil {
		return nil, err
	}
	return Parse(parsed, isState, configNow)
}

func TestConfigDefaults(t *testing.T) {
	c, err := parse(t, "{}")
	require.NoError(t, err)
	require.Equal(t, "https://backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts", c.Endpoint.URL.String())
	require.Equal(t, "https://www.googleapis.com/auth/chronicle-backstory", c.Endpoint.Scope)
	require.Equal(t, time.Minute, c.Timeouts.Idle.Limit)
	require.Equal(t, 5*time.Minute, c.Timeouts.FirstByte.Limit)
	require.Equal(t, 7, c.MaxFailures)
	require.Equal(t, 2*time.Second, c.InitialInterval)
	require.Equal(t, 128*time.Second, c.MaxInterval)
	require.Equal(t, "chronicle_detection_alerts", c.CacheKey)
	require.Equal(t, 10000, c.Limit)
	require.Equal(t, 10000, c.DedupeWindow)
	require.Equal(t, stream.Limits{MaxCount: 1000, MaxBytes: 16777216}, c.Pieces)
	require.True(t, c.Start.Now)
	require.False(t, c.SkipToOldest)
}

// Interpolations in the key are resolved once, and what they come to is checked.
func TestConfigKeyInterpolation(t *testing.T) {
	t.Setenv("CUSTOMER", "a/b")
	c, err := parse(t, `checkpoint_cache_key: '${! env("CUSTOMER").escape_url_query() }_position'`)
	require.NoError(t, err)
	require.Equal(t, "a%2Fb_position", c.CacheKey)
	for yaml, want := range map[string]string{
		"checkpoint_dir: x\ncheckpoint_cache_key: '${! env(\"CUSTOMER\") }'": `field checkpoint_cache_key: got "a/b", want the name of a file`,
		"checkpoint_cache_key: '${! \" \" }'":                                `field checkpoint_cache_key: got " ", want the key`,
		"checkpoint_cache_key: '${! this.id }'":                              "field checkpoint_cache_key: ",
		"checkpoint_cache_key: '${! nope( }'":                                "field checkpoint_cache_key: ",
	} {
		_, err := parse(t, yaml)
		require.ErrorContains(t, err, want, yaml)
	}
}

func TestConfigEndpoints(t *testing.T) {
	for yaml, want := range map[string]string{
		"region: us":                                    "https://backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"region: europe":                                "https://europe-backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"region: europe-central2":                       "https://europe-central2-backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"region: asia-southeast1":                       "https://asia-southeast1-backstory.googleapis.com/v2/detect/rules:streamDetectionAlerts",
		"base_url: http://127.0.0.1:8080":               "http://127.0.0.1:8080/v2/detect/rules:streamDetectionAlerts",
		"base_url: http://[::1]:8080/":                  "http://[::1]:8080/v2/detect/rules:streamDetectionAlerts",
		"base_url: http://localhost/prefix":             "http://localhost/prefix/v2/detect/rules:streamDetectionAlerts",
		"instance: projects/p/locations/us/instances/i": "https://us-chronicle.googleapis.com/v1alpha/projects/p/locations/us/instances/i/legacy:legacyStreamDetectionAlerts",

		"{api: chronicle, instance: projects/p/locations/us/instances/i}":                                                      "https://us-chronicle.googleapis.com/v1alpha/projects/p/locations/us/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/africa-south1/instances/i}":                                           "https://africa-south1-chronicle.googleapis.com/v1alpha/projects/p/locations/africa-south1/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/asia-northeast3/instances/i}":                                         "https://asia-northeast3-chronicle.googleapis.com/v1alpha/projects/p/locations/asia-northeast3/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/eu/instances/i, base_url: 'https://chronicle.eu.rep.googleapis.com'}": "https://chronicle.eu.rep.googleapis.com/v1alpha/projects/p/locations/eu/instances/i/legacy:legacyStreamDetectionAlerts",
		"{api: chronicle, instance: projects/p/locations/new1/instances/i, base_url: 'http://127.0.0.1:1'}":                    "http://127.0.0.1:1/v1alpha/projects/p/locations/new1/instances/i/legacy:legacyStreamDetectionAlerts",
		"{base_url: https://example.com, region: x}":                                                                           "https://example.com/v2/detect/rules:streamDetectionAlerts",
	} {
		c, err := parse(t, yaml)
		require.NoError(t, err, yaml)
		require.Equal(t, want, c.Endpoint.URL.String())
	}
}

func TestConfigStartTimes(t *testing.T) {
	for text, want := range map[string]time.Time{
		"":                          configNow,
		"72h":                       configNow.Add(-72 * time.Hour),
		"168h":                      configNow.Add(-168*time.Hour + time.Minute),
		"2026-03-09T00:00:00+01:00": time.Date(2026, 3, 8, 23, 0, 0, 0, time.UTC),
	} {
		start, err := parseStart(text, configNow, false)
		require.NoError(t, err, text)
		require.True(t, want.Equal(start.Resolve(configNow)), text)
		require.Equal(t, text == "", start.Now)
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
