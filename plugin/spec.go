package plugin

import (
	"fmt"

	"github.com/redpanda-data/benthos/v4/public/service"
)

// Field names, as people write them.
const (
	fieldAPI                    = "api"
	fieldRegion                 = "region"
	fieldInstance               = "instance"
	fieldBaseURL                = "base_url"
	fieldCredentialsJSON        = "credentials_json"
	fieldCredentialsFile        = "credentials_file"
	fieldStartTime              = "start_time"
	fieldDetectionBatchSize     = "detection_batch_size"
	fieldIncludeSimulated       = "include_simulated_detections"
	fieldCompositeAlertHandling = "composite_alert_handling"
	fieldIdleTimeout            = "idle_timeout"
	fieldMaxFailures            = "max_consecutive_failures"
	fieldBackoff                = "backoff"
	fieldInitialInterval        = "initial_interval"
	fieldMaxInterval            = "max_interval"
	fieldCheckpointCache        = "checkpoint_cache"
	fieldCheckpointCacheKey     = "checkpoint_cache_key"
	fieldCheckpointLimit        = "checkpoint_limit"
	fieldOnUnresumable          = "on_unresumable_position"
	fieldMaxBatchCount          = "max_batch_count"
	fieldMaxBatchBytes          = "max_batch_bytes"
	fieldDedupeWindow           = "dedupe_window"
	fieldProxyURL               = "proxy_url"
	fieldTLS                    = "tls"
)

// inputName is the name that the input is registered under, and the default
// key of its position.
const inputName = "chronicle_detection_alerts"

// Values of the enumerated fields.
const (
	apiBackstory = "backstory"
	apiChronicle = "chronicle"

	defaultRegion = "us"

	unresumableFail   = "fail"
	unresumableOldest = "oldest"
)

// inputSpec is the one place where the configuration is described: linting,
// the reference page and the parser all read it.
func inputSpec() *service.ConfigSpec {
	return service.NewConfigSpec().
		Categories("Services", "Google").
		Summary("Streams detection alerts from Google Chronicle (Google SecOps), one message a detection.").
		Description(description).
		Fields(apiFields()...).
		Fields(credentialFields()...).
		Fields(
			service.NewStringField(fieldStartTime).
				Description("Where to begin when no position is stored: an RFC 3339 time, or how long ago as a duration. Empty means now. Chronicle keeps alerts for 7 days; older times and future ones are refused.").
				Default("").
				Example("72h").Example("2026-03-01T00:00:00Z"),
			service.NewIntField(fieldDetectionBatchSize).
				Description("How many detections the server may put into one detection batch, 1 to 10000. 0 leaves the choice to the server.").
				Default(0),
			service.NewBoolField(fieldIncludeSimulated).
				Description("Whether simulated detections are streamed too. Only for `api: backstory`.").
				Default(false),
			service.NewStringField(fieldCompositeAlertHandling).
				Description("How composite alerts are sent; passed to the server as it is when set. Only for `api: chronicle`.").
				Default("").
				Example("FLATTEN_EVENTS_ENTITIES"),
		).
		Fields(reconnectFields()...).
		Fields(positionFields()...).
		Fields(advancedFields()...).
		Field(service.NewAutoRetryNacksToggleField()).
		Example("Alerts to standard output", "Begins an hour ago and prints every detection. The position is kept in a file, so a restart goes on where the last run stopped.", `
input:
  chronicle_detection_alerts:
    region: europe
    credentials_file: ./chronicle-credentials.json
    start_time: 1h
    checkpoint_cache: position

cache_resources:
  - label: position
    file:
      directory: ./state

output:
  stdout: {}
`)
}

const description = `
Opens Chronicle's never-ending stream of detection alerts and turns each detection into a message whose body is the detection's JSON, byte for byte as it was received. A detection batch of the server is one message batch, unless it exceeds ` + "`max_batch_count` or `max_batch_bytes`" + `.

A broken, failing or silent connection is opened again from the last complete element that was read, with exponential backoff. Detections that the server then sends again are dropped within the process. The position is stored in ` + "`checkpoint_cache`" + ` behind acknowledged messages only: after a crash detections may come again, but none is lost.

== Metadata

Each is set only where the detection has it:

- chronicle_detection_id
- chronicle_detection_type
- chronicle_detection_time
- chronicle_rule_id
- chronicle_rule_name
- chronicle_severity (upper case)
- chronicle_continuation_time (of the detection batch, where it is known by then)
`

// enumField is a field with two values. Its lint names the field, what it got
// and what it wants, which that of Benthos' own enumerations does not.
func enumField(name, one, other string) *service.ConfigField {
	return service.NewStringField(name).LintRule(fmt.Sprintf(
		`root = if this != %[2]q && this != %[3]q { [ "field %[1]s: got \"%%s\", want %[2]s or %[3]s".format(this) ] }`, name, one, other))
}

func apiFields() []*service.ConfigField {
	return []*service.ConfigField{
		enumField(fieldAPI, apiBackstory, apiChronicle).
			Description("Which of the two streaming APIs to use: `backstory`, the Backstory API v2, which is addressed by region, or `chronicle`, the Chronicle API v1alpha, which is addressed by instance.").
			Default(apiBackstory),
		service.NewStringField(fieldRegion).
			Description("The region of the Chronicle account. `us` means the host without a prefix. Only for `api: backstory`.").
			Default(defaultRegion).
			Example("europe").Example("asia-southeast1"),
		service.NewStringField(fieldInstance).
			Description("The instance to stream from. Required for `api: chronicle`, and only for that.").
			Default("").
			Example("projects/my-project/locations/us/instances/00000000-0000-0000-0000-000000000000"),
		service.NewStringField(fieldBaseURL).
			Description("Replaces the scheme and host of the API, for regions not listed here, private endpoints and tests. It must be https, or http to a loopback address.").
			Default("").
			Example("https://europe-west4-backstory.googleapis.com").Example("http://127.0.0.1:8080"),
	}
}

func credentialFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(fieldCredentialsJSON).
			Description("A service-account or workload-identity document as Google issues it. Where neither this nor `credentials_file` is set, `~/.chronicle_credentials.json` is used if it exists, else Application Default Credentials.").
			Default("").
			Secret(),
		service.NewStringField(fieldCredentialsFile).
			Description("A file with such a document. It is read again at every connection, so a rotated key is picked up without a restart.").
			Default("").
			Example("/run/secrets/chronicle-credentials.json"),
	}
}

func reconnectFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewDurationField(fieldIdleTimeout).
			Description("The longest silence while waiting for the server, which sends a heartbeat about every 15 s. Then the connection is dropped and opened again. Time in which the pipeline pushes back does not count.").
			Default("60s"),
		service.NewIntField(fieldMaxFailures).
			Description("How many connections in a row may fail. One more ends the input with an error. 0 means never to give up.").
			Default(7),
		service.NewObjectField(fieldBackoff,
			service.NewDurationField(fieldInitialInterval).
				Description("The wait after the first failure. It doubles at each further one in a row.").
				Default("2s"),
			service.NewDurationField(fieldMaxInterval).
				Description("The longest wait. Up to a quarter is added at random; a longer Retry-After of the server wins.").
				Default("128s"),
		).Description("How long to wait before the next attempt after a failed connection."),
	}
}

func positionFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(fieldCheckpointCache).
			Description("The label of the cache resource that stores the position. Empty means that the position is kept in memory only, and lost with the process.").
			Default(""),
		service.NewStringField(fieldCheckpointCacheKey).
			Description("The key of the position in that cache. Inputs that share a cache need a key each.").
			Default(inputName),
		service.NewIntField(fieldCheckpointLimit).
			Description("The most messages in flight: reading waits while so many are between the oldest that is not acknowledged and the newest. A message batch larger than the limit is let through alone.").
			Default(10000),
		enumField(fieldOnUnresumable, unresumableFail, unresumableOldest).
			Description("What to do when the server has nothing as old as the stored position any more: `fail` ends the input with an error that names the span out of reach, `oldest` goes on from the oldest time that the server still has, and warns of the span that was skipped.").
			Default(unresumableFail),
	}
}

func advancedFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewIntField(fieldMaxBatchCount).
			Description("The most messages in one message batch. A larger detection batch is handed on in pieces as it arrives. 0 means a whole detection batch however large.").
			Default(1000).
			Advanced(),
		service.NewIntField(fieldMaxBatchBytes).
			Description("The most bytes in one message batch, likewise. A larger detection is a batch of its own.").
			Default(16 << 20).
			Advanced(),
		service.NewIntField(fieldDedupeWindow).
			Description("How many recent detections are remembered, up to a million, in order to drop those that the server sends again after a reconnection. 0 turns this off.").
			Default(10000).
			Advanced(),
		service.NewStringField(fieldProxyURL).
			Description("A proxy for all connections but those to loopback addresses. Without it the usual environment variables apply: HTTPS_PROXY, HTTP_PROXY, NO_PROXY.").
			Default("").
			Secret().
			Advanced(),
		service.NewTLSField(fieldTLS).
			Description("TLS settings of all connections: to Chronicle and to the token endpoint. Root certificates that are set here replace the system's for both.").
			Advanced(),
	}
}
