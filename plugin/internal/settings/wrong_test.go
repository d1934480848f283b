package settings

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"

	"github.com/redpanda-data/benthos/v4/public/bloblang"
	"github.com/redpanda-data/benthos/v4/public/service"
)

const (
	anInstance = "instance: projects/p/locations/us/instances/i"
	firstLine  = 2 // of the settings, which is where contradictions are reported
)

// A setting is reported by the linter at a line and refused by the constructor,
// both by the name of its field. Line 0 is for those that only the start can
// know to be wrong.
var wrongSettings = []struct {
	yaml string
	line int
	want string
}{
	{"api: v3", 2, `field api: got "v3", want backstory or chronicle`},
	{"api: Backstory", 2, `field api: got "Backstory", want backstory or chronicle`},
	{"region: moon", firstLine, `field region: got "moon", want one of africa-south1, asia-northeast1,`},
	{"dedupe_window: 1\nregion: moon", firstLine, "another region can be reached with base_url"},
	{"region: asia-east1", firstLine, `field region: got "asia-east1", want one of`},
	{"region: US", firstLine, `field region: got "US", want one of`},
	{"region: ' us'", firstLine, `field region: got " us", want one of`},
	{"region: 5", firstLine, `field region: got "5", want one of`},
	{`region: ""`, firstLine, `field region: got "", want one of`},
	{"region:", firstLine, `field region: got "", want one of`},
	{"api: backstory\n" + anInstance, firstLine, `field instance: got "projects/p/locations/us/instances/i", want nothing with api: backstory`},
	{"api: chronicle", firstLine, `field instance: got "", want the form projects/PROJECT/locations/LOCATION/instances/INSTANCE`},
	{"api: chronicle\ninstance: projects/../locations/us/instances/i", firstLine, `field instance: got "projects/../locations/us/instances/i", want the form`},
	{"api: chronicle\ninstance: projects/p/locations/us/instances/i?x=1", firstLine, "field instance: got"},
	{"api: chronicle\ninstance: ' projects/p/locations/us/instances/i'", firstLine, "field instance: got"},
	{"api: chronicle\ninstance: projects/p/locations/us", firstLine, `field instance: got "projects/p/locations/us", want the form`},
	{"api: chronicle\ninstance: projects/p/locations/us-central1/instances/i", firstLine, `field instance: got "projects/p/locations/us-central1/instances/i", want a location among africa-south1, asia-east1,`},
	{"api: chronicle\n" + anInstance + "\nregion: europe", firstLine, `field region: got "europe", want nothing with api: chronicle (the location is part of instance)`},
	{"api: chronicle\n" + anInstance + "\ninclude_simulated_detections: true", firstLine, `field include_simulated_detections: got true, want false with api: chronicle`},
	{"api: chronicle\n" + anInstance + "\nbase_url: https://eu-chronicle.googleapis.com", firstLine, `field base_url: got "https://eu-chronicle.googleapis.com", want a host in the location of instance, us, not eu`},
	{"api: chronicle\n" + anInstance + "\nbase_url: https://chronicle.eu.rep.googleapis.com:443/", firstLine, `field base_url: got "https://chronicle.eu.rep.googleapis.com:443/", want a host in the location of instance, us, not eu`},
	{"api: chronicle\n" + anInstance + "\nbase_url: https://backstory.googleapis.com", firstLine, `field base_url: got "https://backstory.googleapis.com", want a host of the Chronicle API`},
	{"base_url: https://us-chronicle.googleapis.com", firstLine, `field base_url: got "https://us-chronicle.googleapis.com", want a host of the Backstory API`},
	{anInstance + "\nregion: europe", firstLine, `field region: got "europe", want nothing with api: chronicle`},
	{anInstance + "\nbase_url: https://backstory.googleapis.com", firstLine, `field base_url: got "https://backstory.googleapis.com", want a host of the Chronicle API`},
	{"instance: projects/p/locations/us", firstLine, `field instance: got "projects/p/locations/us", want the form`},
	{"quota_project: a project", 2, `field quota_project: got "a project", want the id or the number of a project`},
	{"quota_project: projects/p", 2, `field quota_project: got "projects/p", want the id or the number of a project`},
	{"composite_alert_handling: FLATTEN", firstLine, `field composite_alert_handling: got "FLATTEN", want nothing with api: backstory`},
	{"api: chronicle\n" + anInstance + "\ncomposite_alert_handling: ' '", 4, `field composite_alert_handling: got " ", want the name of a value`},
	{"region: us\nbase_url: http://example.com", 3, `field base_url: got "http://example.com", want an https URL, or an http URL of a loopback address`},
	{"base_url: http://127.0.0.1.example.com", 2, `field base_url: got "http://127.0.0.1.example.com", want an https URL`},
	{"base_url: example.com", 2, `field base_url: got "example.com", want an https URL`},
	{"base_url: ' https://example.com'", 2, `field base_url: not a URL`},
	{"base_url: https://user:hunter2@example.com", 2, `field base_url: got "https://…@example.com", want an https URL`},
	{"base_url: 'https://user:hunter2@exa mple.com'", 2, `field base_url: not a URL`},
	{"base_url: user:hunter2@example.com", 2, `field base_url: got "…@example.com", want an https URL`},
	{"base_url: user:hunter2?@example.com", 2, `field base_url: got "…@example.com", want an https URL`},
	{"base_url: https:/user:hunter2@example.com/a", 2, `field base_url: got "…@example.com/a", want an https URL`},
	{"base_url: https:///user:hunter2@example.com?key=hunter2", 2, `field base_url: got "https://…@example.com?…", want an https URL`},
	{"base_url: https://example.com?key=hunter2", 2, `field base_url: got "https://example.com?…", want an https URL`},
	{"base_url: https://example.com?", 2, `field base_url: got "https://example.com?…", want an https URL`},
	{"base_url: https://example.com/#hunter2", 2, `field base_url: got`},
	{"base_url: https://:443", 2, `field base_url: got`},
	{"base_url: https://example.com:99999", 2, `field base_url: got`},
	{"base_url: https://example.com/%zz", 2, `field base_url: not a URL`},
	{"base_url: https://example.com/v2/detect/rules:streamDetectionAlerts", 2, "want scheme and host alone, to which the path of the API is added"},
	{"base_url: https://eu-backstory.googleapis.com/v2", 2, `field base_url: got "https://eu-backstory.googleapis.com/v2", want scheme and host alone`},
	{"credentials_json: ' '", 2, "field credentials_json: want a JSON document as Google issues it"},
	{"credentials_json: hunter2", 2, "field credentials_json: want a JSON document as Google issues it"},
	{"credentials_json: '[\"hunter2\"]'", 2, "field credentials_json: want a JSON document as Google issues it"},
	{"credentials_file: ' '", 0, "field credentials_file: reading the credentials file"},
	{"start_time: '0001-01-01T00:00:00Z'", 2, `field start_time: got`},
	{"start_time: yesterday", 2, `field start_time: got "yesterday", want an RFC 3339 time`},
	{"start_time: '2026-03-09'", 2, `field start_time: got "2026-03-09", want an RFC 3339 time`},
	{"start_time: " + timeAgo(-time.Hour), 2, `, want an RFC 3339 time such as 2026-03-01T00:00:00Z or a duration ago such as 72h, not in the future`},
	{"start_time: " + timeAgo(169*time.Hour), 2, `and at most 7 days (168h) ago`},
	{"start_time: 169h", 2, `field start_time: got "169h", want`},
	{"start_time: 168h0m1s", 2, `field start_time: got "168h0m1s", want`},
	{"start_time: 7d", 2, `field start_time: got "7d", want`},
	{"start_time: 5", 2, `field start_time: got "5", want`},
	{"start_time: -1h", 2, `field start_time: got "-1h", want`},
	{"end_time: 1h", firstLine, `field end_time: got "1h", want an RFC 3339 time such as 2026-03-31T00:00:00Z or a duration ago such as 24h, not in the future, and later than a start_time that is set`},
	{"start_time: 2h\nend_time: yesterday", 3, `field end_time: got "yesterday", want`},
	{"start_time: 2h\nend_time: '2026-03-09'", 3, `field end_time: got "2026-03-09", want`},
	{"start_time: 2h\nend_time: " + timeAgo(-time.Hour), 3, `field end_time: got`},
	{"start_time: 2h\nend_time: 2h", 0, `field end_time: got "2h", want`},
	{"start_time: 2h\nend_time: 3h", 0, `field end_time: got "3h", want`},
	{"start_time: 2h\nend_time: " + timeAgo(150*time.Minute), 0, `and later than a start_time that is set`},
	{"start_time: 720h\nend_time: 1h", firstLine, `field start_time: got "720h", want`},
	{"detection_batch_size: 10001", 2, "field detection_batch_size: got 10001, want 0 to 10000"},
	{"detection_batch_size: -1", 2, "field detection_batch_size: got -1, want 0 to 10000"},
	{"idle_timeout: 0s", 2, `field idle_timeout: got "0s", want a duration above zero`},
	{"idle_timeout: -5s", 2, `field idle_timeout: got "-5s", want a duration above zero`},
	{"idle_timeout: 60", 2, `field idle_timeout: got "60", want a duration above zero`},
	{"idle_timeout:", 2, `field idle_timeout: got "", want a duration above zero`},
	{"idle_timeout: soon", 2, `field idle_timeout: got "soon", want a duration above zero`},
	{"idle_timeout: 0.1ns", 2, `field idle_timeout: got "0.1ns", want a duration above zero`},
	{"idle_timeout: 99999999999999ms", 2, `field idle_timeout: got "99999999999999ms", want a duration above zero`},
	{"idle_timeout: 9999999h", 2, `field idle_timeout: got "9999999h", want a duration above zero`},
	{"first_byte_timeout: 0s", 2, `field first_byte_timeout: got "0s", want a duration above zero`},
	{"first_byte_timeout:", 2, `field first_byte_timeout: got "", want a duration above zero`},
	{"first_byte_timeout: 5 minutes", 2, `field first_byte_timeout: got "5 minutes", want a duration above zero`},
	{"max_consecutive_failures: -1", 2, "field max_consecutive_failures: got -1, want 0 or more"},
	{"backoff:\n  max_interval: 5m\n  initial_interval: 0s", 4, `field backoff.initial_interval: got "0s", want a duration above zero`},
	{"backoff:\n  max_interval: 2000000h", 3, `field backoff.max_interval: got "2000000h", want a duration above zero such as 30s`},
	{"region: us\nbackoff:\n  initial_interval: 3m", 4, `field backoff.max_interval: got "2m8s", want at least initial_interval (3m0s)`},
	{"checkpoint_cache: none_such", 0, `field checkpoint_cache: got "none_such", want the label of a cache resource; there is none of that label`},
	{"checkpoint_cache: ' state'", 2, `field checkpoint_cache: got " state", want the label of a cache resource`},
	{"checkpoint_cache: ' '", 2, `field checkpoint_cache: got " ", want the label of a cache resource`},
	{`checkpoint_cache_key: " "`, 2, `field checkpoint_cache_key: got " ", want`},
	{`checkpoint_cache_key: ""`, 2, `field checkpoint_cache_key: got "", want`},
	{"checkpoint_cache_key: ' mine'", 2, `field checkpoint_cache_key: got " mine", want`},
	{`checkpoint_cache_key: "mi\nne"`, 2, `field checkpoint_cache_key: got "mi\nne", want`},
	{"checkpoint_dir: ' state'", 2, `field checkpoint_dir: got " state", want a directory`},
	{"checkpoint_dir: ./state\ncheckpoint_cache: state", firstLine, `field checkpoint_dir: got "./state", want nothing with checkpoint_cache`},
	{"checkpoint_dir: ./state\ncheckpoint_cache_key: team/slack", firstLine, `field checkpoint_cache_key: got "team/slack", want the name of a file with checkpoint_dir: without slashes`},
	{"checkpoint_dir: ./state\ncheckpoint_cache_key: 'team\\slack'", firstLine, `field checkpoint_cache_key: got "team\\slack", want the name of a file`},
	{"checkpoint_dir: ./state\ncheckpoint_cache_key: ..", firstLine, `field checkpoint_cache_key: got "..", want the name of a file`},
	{"checkpoint_dir: ./state\ncheckpoint_cache_key: mine.lock", firstLine, `and not ending in .lock or .tmp`},
	{"checkpoint_dir: ./state\ncheckpoint_cache_key: mine.tmp", firstLine, `and not ending in .lock or .tmp`},
	{"checkpoint_cache_key: mine.spare", 2, `field checkpoint_cache_key: got "mine.spare", want a key that does not end in .spare`},
	{"checkpoint_limit: 0", 2, "field checkpoint_limit: got 0, want 1 or more"},
	{"checkpoint_limit:", 2, "field checkpoint_limit: got 0, want 1 or more"},
	{"on_unresumable_position: skip", 2, `field on_unresumable_position: got "skip", want fail or oldest`},
	{"max_batch_count: -1", 2, "field max_batch_count: got -1, want 0 or more"},
	{"max_batch_bytes: -1", 2, "field max_batch_bytes: got -1, want 0 or more"},
	{"dedupe_window: -1", 2, "field dedupe_window: got -1, want 0 to 1000000"},
	{"dedupe_window: 1152921504606846976", 2, "field dedupe_window: got 1152921504606846976, want 0 to 1000000"},
	{"proxy_url: ftp://proxy", 2, `field proxy_url: got something else, want an http, https or socks5 URL`},
	{"proxy_url: http://:3128", 2, `field proxy_url: got something else`},
	{"proxy_url: http://proxy:99999", 2, `field proxy_url: got something else`},
	{"proxy_url: http://proxy/hunter2", 2, `field proxy_url: got something else`},
	{"proxy_url: 'http://user:hunter2@pro xy'", 2, "field proxy_url: got something else"},
	{"proxy_url: svc:hunter2@proxy.example.com:3128", 2, "field proxy_url: got something else"},
	{"tls:\n  client_certs: [{cert_file: /none/such, key_file: /none/such}]", 0, "field tls: "},
	{"tls:\n  client_certs: [{cert: hunter2}]", 3, "field tls"},
	{"tls:\n  root_cas: hunter2", 3, "field tls.root_cas: got something else, want certificates in PEM form"},
	{"tls:\n  root_cas_file: ./wrong_test.go", 0, "field tls.root_cas_file: got something else, want certificates in PEM form"},
	{"tls:\n  root_cas_file: /none/such", 0, "field tls: "},
	{"tls:\n  root_cas: a\n  root_cas_file: b", 3, "field tls"},

	// Of settings of the wrong type the linter of Benthos says nothing yet.
	{"detection_batch_size: '10'", 0, "field 'detection_batch_size': yaml: unmarshal errors"},
	{"detection_batch_size: ten", 0, "field 'detection_batch_size': yaml: unmarshal errors"},
	{"checkpoint_limit: 9223372036854775808", 0, "field 'checkpoint_limit': yaml: unmarshal errors"},
	{"include_simulated_detections: 1", 0, "field 'include_simulated_detections': yaml: unmarshal errors"},
	{"auto_replay_nacks: 'true'", 0, "field 'auto_replay_nacks': yaml: unmarshal errors"},
}

// What only the linter reports. The start of a pipeline asks the linter first.
var onlyLinted = []struct{ yaml, want string }{
	{"regoin: eu", "field regoin not recognised"},
	{"backoff: 5s", "expected object value"},
	{"backoff:\n  initial: 5s", "field initial not recognised"},
	{"tls:\n  enabled: true", "field enabled not recognised"},
	{"tls:", "expected object value"},
	{"backoff:", "expected object value"},
}

var rightSettings = []string{
	"api: chronicle\n" + anInstance,
	anInstance,
	"api:", `api: ""`, "api: \"\"\n" + anInstance, "api: backstory",
	anInstance + "\ncomposite_alert_handling: FLATTEN_EVENTS_ENTITIES",
	"quota_project: example.com:billing-1", "quota_project: '123456789012'",
	"api: chronicle\n" + anInstance + "\nregion: us\ncomposite_alert_handling: FLATTEN_EVENTS_ENTITIES",
	"api: chronicle\ninstance: projects/example.com:p/locations/africa-south1/instances/00000000-0000-0000-0000-000000000000",
	"api: chronicle\ninstance: projects/p/locations/eu/instances/i\nbase_url: https://chronicle.eu.rep.googleapis.com",
	"api: chronicle\ninstance: projects/p/locations/eu/instances/i\nbase_url: https://chronicle.googleapis.com",
	"api: chronicle\ninstance: projects/p/locations/new1/instances/i\nbase_url: http://127.0.0.1:1",
	"region: africa-south1", "region: asia-southeast2", "region: europe-central2",
	"instance: projects/p/locations/asia-east1/instances/i", "instance: projects/p/locations/asia-northeast3/instances/i",
	"region: europe\ninclude_simulated_detections: true",
	"region: anything\nbase_url: https://example.com",
	"base_url: http://[::1]:8080/",
	"base_url: http://127.255.0.1",
	"base_url: http://localhost/prefix/",
	"base_url: https://10.0.0.1:8443/a%20b",
	"base_url: https://proxy.example.com/user@example.com/",
	"base_url: https://[2001:db8::1]",
	"base_url: https://europe-west4-backstory.googleapis.com/",
	"start_time: 72h", "start_time: 168h", "start_time: 1h30m", "start_time: .5h", "start_time: 0", "start_time: -0s",
	"start_time: " + timeAgo(time.Minute), "start_time: " + timeAgo(167*time.Hour),
	"start_time: 2h\nend_time: 1h", "start_time: 2h\nend_time: " + timeAgo(time.Hour),
	"start_time: 720h\nend_time: 700h\non_unresumable_position: search",
	"start_time: " + time.Now().Add(-time.Hour).In(time.FixedZone("", -5*3600-1800)).Format(time.RFC3339Nano),
	"detection_batch_size: 10000", "detection_batch_size: 0",
	"idle_timeout: 1m30s", "idle_timeout: 168h", "idle_timeout: 1500µs",
	"first_byte_timeout: 10m", "idle_timeout: 10m", "idle_timeout: 2m\nfirst_byte_timeout: 1s",
	"max_consecutive_failures: 0",
	"backoff: {}", "tls: {}",
	"backoff:\n  initial_interval: 128s", "backoff:\n  initial_interval: 250us\n  max_interval: 1ms",
	"backoff:\n  initial_interval: 700ms\n  max_interval: 0.7s", "backoff:\n  initial_interval: 0.0011h\n  max_interval: 3960ms",
	"checkpoint_cache: state\ncheckpoint_cache_key: my own/key",
	"checkpoint_dir: ./my state\ncheckpoint_cache_key: ...my own.key",
	`checkpoint_cache_key: '${! env("NO_SUCH_VARIABLE").or("a/b").escape_url_query() }_position'`,
	"checkpoint_dir: ./state\ncheckpoint_cache_key: '${! \"a/b\".replace_all(\"/\", \"_\") }'",
	"checkpoint_limit: 1",
	"max_batch_count: 0\nmax_batch_bytes: 0\ndedupe_window: 0",
	"dedupe_window: 1000000",
	"proxy_url: http://user:p%40ss@proxy.example.com:3128/", "proxy_url: socks5h://127.0.0.1:1080", "proxy_url: HTTPS://proxy",
	"tls:\n  skip_cert_verify: true",
	"auto_replay_nacks: false",
}

func timeAgo(d time.Duration) string { return time.Now().Add(-d).UTC().Format(time.RFC3339) }

// lintSettings returns what the linter reports of the settings.
func lintSettings(t *testing.T, yaml string) []service.Lint {
	t.Helper()
	env := service.NewEnvironment()
	require.NoError(t, env.RegisterBatchInput(Name, Spec(), func(*service.ParsedConfig, *service.Resources) (service.BatchInput, error) {
		return nil, errors.ErrUnsupported
	}))
	config := Name + ":\n  " + strings.ReplaceAll(yaml, "\n", "\n  ")
	lints, err := env.NewComponentConfigLinter().LintInputYAML([]byte(config))
	require.NoError(t, err, yaml)
	return lints
}

func parseNow(t *testing.T, yaml string) error {
	t.Helper()
	t.Setenv("HOME", t.TempDir())
	parsed, err := Spec().ParseYAML(yaml, nil)
	if err == nil {
		_, err = Parse(parsed, isState, time.Now())
	}
	return err
}

func TestWrongSettings(t *testing.T) {
	for _, test := range wrongSettings {
		t.Run(test.yaml, func(t *testing.T) {
			err := parseNow(t, test.yaml)
			require.ErrorContains(t, err, test.want)
			require.NotContains(t, err.Error(), "hunter2")

			lints := lintSettings(t, test.yaml)
			if test.line == 0 {
				require.Empty(t, lints, "the linter knows more than this table")
				return
			}
			require.Len(t, lints, 1)
			require.Equal(t, test.line, lints[0].Line)
			name, _, _ := strings.Cut(strings.TrimPrefix(err.Error(), "field "), ":")
			require.Contains(t, lints[0].What, "field "+name)
			require.Contains(t, lints[0].What, ", want ")
			require.NotContains(t, lints[0].What, "hunter2")
		})
	}
}

func TestOnlyLinted(t *testing.T) {
	for _, test := range onlyLinted {
		require.NoError(t, parseNow(t, test.yaml), test.yaml)
		lints := lintSettings(t, test.yaml)
		require.Len(t, lints, 1, test.yaml)
		require.Contains(t, lints[0].What, test.want)
	}
}

func TestRightSettings(t *testing.T) {
	for _, yaml := range rightSettings {
		require.NoError(t, parseNow(t, yaml), yaml)
		require.Empty(t, lintSettings(t, yaml), yaml)
	}
}

// However odd a text, the linter and the constructor agree on it.
func TestLinterAndStartAgree(t *testing.T) {
	pieces := map[string][]string{
		field.BaseURL:                {"http://", "https://", "HTTPS://", "localhost", "127.0.0.1", "[::1]", "127.0.0.256", "backstory.googleapis.com", "eu-chronicle.googleapis.com", "example.com", ":80", ":0", ":65535", ":65536", "/", "/a", "%20", "%2", " ", "?", "#", "user@", "\\", "é"},
		field.ProxyURL:               {"http://", "https://", "socks5://", "socks5h://", "ftp://", "proxy", "[::1]", "user:", "p%40ss@", "p%4@", "p@ss@", ":3128", ":70000", "/", "?", "#", " ", "\t"},
		field.StartTime:              {"1", "0", "72", "168", "h", "m", "s", "ms", "µs", ".", "-", "+", "d", " ", timeAgo(time.Hour), "T"},
		field.IdleTimeout:            {"1", "0", "72", "168", "h", "m", "s", "ms", "μs", "ns", ".", "-", "+", "d", " "},
		field.CheckpointCacheKey:     {"a", "Z", " ", "\t", "\n", "/", ".", ".spare", "é", "\u00a0", "\u007f"},
		field.Region:                 {"us", "eu", "europe", "-west2", "asia", "-south1", " ", "|"},
		field.API:                    {"backstory", "chronicle", " ", ""},
		field.CompositeAlertHandling: {"FLATTEN", "_", " ", "é", "-"},
		field.Instance:               {"projects/p", "/locations/us", "/locations/moon", "/instances/i", "/", "..", " "},
	}
	random := rand.New(rand.NewPCG(1, 2))
	agreed := map[bool]int{}
	for _, name := range slices.Sorted(maps.Keys(pieces)) {
		for range 300 {
			var text strings.Builder
			for range 1 + random.IntN(6) {
				text.WriteString(pieces[name][random.IntN(len(pieces[name]))])
			}
			yaml := name + ": " + strconv.Quote(text.String())
			if (name == field.Instance || name == field.CompositeAlertHandling) && random.IntN(2) == 0 {
				yaml += "\napi: chronicle"
			}
			err := parseNow(t, yaml)
			lints := lintSettings(t, yaml)
			require.Equal(t, err != nil, len(lints) > 0, "%s\nlinter: %v\nstart: %v", yaml, lints, err)
			agreed[err == nil]++
		}
	}
	require.Greater(t, agreed[true], 100)
	require.Greater(t, agreed[false], 100)
}

func TestLintedTimes(t *testing.T) {
	mapping, err := bloblang.Parse(lintUnix + `root = this.apply("unix")`)
	require.NoError(t, err)
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 2000 {
		at := time.Date(1970, 1, 1+i*24, random.IntN(24), random.IntN(60), random.IntN(60), random.IntN(1e9),
			time.FixedZone("", 60*(random.IntN(28*60)-14*60)))
		if at.Year() > 2099 {
			break
		}
		got, err := mapping.Query(at.Format(time.RFC3339Nano))
		require.NoError(t, err)
		require.Equal(t, fmt.Sprint(at.Unix()), fmt.Sprintf("%.0f", got), at.Format(time.RFC3339Nano))
	}
}
