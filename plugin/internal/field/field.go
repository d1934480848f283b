// Package field has the names of the input's fields, as people write them.
//
// Only the packages that talk to people may import it: settings, which reads and
// describes fields, and advice, which tells which one to change. Everything else
// is handed values, and says what is wrong without a name.
package field

// The fields. Those of an object are written behind it and a dot.
const (
	API                    = "api"
	Region                 = "region"
	Instance               = "instance"
	BaseURL                = "base_url"
	CredentialsJSON        = "credentials_json"
	CredentialsFile        = "credentials_file"
	QuotaProject           = "quota_project"
	StartTime              = "start_time"
	EndTime                = "end_time"
	DetectionBatchSize     = "detection_batch_size"
	IncludeSimulated       = "include_simulated_detections"
	CompositeAlertHandling = "composite_alert_handling"
	IdleTimeout            = "idle_timeout"
	FirstByteTimeout       = "first_byte_timeout"
	MaxFailures            = "max_consecutive_failures"
	Backoff                = "backoff"
	InitialInterval        = "initial_interval"
	MaxInterval            = "max_interval"
	CheckpointDir          = "checkpoint_dir"
	CheckpointCache        = "checkpoint_cache"
	CheckpointCacheKey     = "checkpoint_cache_key"
	CheckpointLimit        = "checkpoint_limit"
	OnUnresumable          = "on_unresumable_position"
	MaxBatchCount          = "max_batch_count"
	MaxBatchBytes          = "max_batch_bytes"
	DedupeWindow           = "dedupe_window"
	ProxyURL               = "proxy_url"
	TLS                    = "tls"
)
