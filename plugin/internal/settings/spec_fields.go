package settings

import (
	"github.com/redpanda-data/benthos/v4/public/service"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// enumField is a field with some values, of which "" is one that is not named. Its
// lint names the field, what it got and what it wants, which that of Benthos' own
// enumerations does not.
func enumField(name string, values ...string) *service.ConfigField {
	return service.NewStringEnumField(name, values...).LintRule(lintOneOf(name, values...))
}

func apiFields() []*service.ConfigField {
	return []*service.ConfigField{
		enumField(field.API, "", apiBackstory, apiChronicle).
			ShortDescription("Which of the two streaming APIs; empty: chronicle where instance is set, else backstory.").
			Description("Which of the two streaming APIs to use: `chronicle`, the Chronicle API v1alpha, which is addressed by instance, or `backstory`, the Backstory API v2, which is addressed by region and which Google shuts down on 2027-07-20. Empty means `chronicle` where `instance` is set, else `backstory`. The account has to have the API, and the credentials have to be made for it; else the server refuses each connection, until `max_consecutive_failures` ends the input. A stored position of the one goes on with the other.").
			Default(""),
		service.NewStringField(field.Instance).
			ShortDescription("The instance of the Chronicle API: projects/P/locations/L/instances/I.").
			Description("The instance to stream from, for `api: chronicle` alone. The location in it chooses the host.").
			Default("").
			Example("projects/my-project/locations/us/instances/00000000-0000-0000-0000-000000000000"),
		service.NewStringField(field.Region).
			ShortDescription("The region of the account, for the Backstory API.").
			Description("The region of the Chronicle account. `us` means the host without a prefix. Only for `api: backstory`, and without effect where `base_url` is set. With another region than the account's, the server refuses the connection or has nothing to stream.").
			Default(chronicle.DefaultRegion).
			Example("europe").Example("asia-southeast1"),
		service.NewStringField(field.BaseURL).
			ShortDescription("Replaces the API's scheme and host; https, or http to a loopback address.").
			Description("Replaces the scheme and host of the API, for regions that are not known here, private endpoints and tests; a path in it goes before that of the API. It must be https, or http to a loopback address, since the access token is sent there.").
			Default("").
			Example("https://europe-west4-backstory.googleapis.com").Example("https://chronicle.eu.rep.googleapis.com").Example("http://127.0.0.1:8080").
			LintRule(lintBaseURL()),
	}
}

func credentialFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(field.CredentialsJSON).
			ShortDescription("A credentials document itself; a secret.").
			Description("A credentials document as Google issues it, for a service account or workload identity. It wins over `credentials_file`. Where neither is set, `~/.chronicle_credentials.json` is used if it exists, else Application Default Credentials. A document that cannot be one is refused at start. One that Google takes no more fails every connection, and takes a restart to replace. From the environment it comes best as `'${CHRONICLE_CREDENTIALS_JSON}'`, in single quotes and with the document on one line, as `jq -c` makes it.").
			Default("").
			Secret().
			Example(`{"type": "service_account", "client_email": "...", "private_key": "...", "token_uri": "..."}`).
			LintRule(lintCredentials()),
		service.NewStringField(field.CredentialsFile).
			ShortDescription("A file with a credentials document, read again at every connection.").
			Description("A file with such a document. It is read again at every connection, so a rotated key is picked up without a restart. One that does not exist is refused at start, unless `max_consecutive_failures` is 0 or GCE_METADATA_HOST is set: then it may come later. A byte order mark before it, as Windows' tools write one, is read over.").
			Default("").
			Example("/run/secrets/chronicle-credentials.json"),
		service.NewStringField(field.QuotaProject).
			ShortDescription("The project that requests count for; empty: as the credentials say.").
			Description("The project that requests count for, sent as the header x-goog-user-project. Empty means the `quota_project_id` of the credentials document, else the environment variable GOOGLE_CLOUD_QUOTA_PROJECT, else none: then they count for the project of the account. People's own credentials, and some service accounts, need one. The account needs the permission `serviceusage.services.use` on it.").
			Default("").
			Example("my-billing-project").
			Advanced().
			LintRule(lintForm(field.QuotaProject, quotaProjectForm, showText)),
	}
}

func requestFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(field.StartTime).
			ShortDescription("Where to begin without a stored position: RFC 3339, or a duration ago; empty: now.").
			Description("Where to begin when no position is stored: an RFC 3339 time, or how long ago as a duration. Empty means now. The stream reaches back 7 days; times further back want `on_unresumable_position: search`, and times in the future are refused. Once a position is stored this has no effect, but without `search` an RFC 3339 time is still refused when it gets older than 7 days: in a config that stays, write a duration.").
			Default("").
			Example("72h").Example("2026-03-01T00:00:00Z").
			LintRule(lintStartTime()),
		service.NewStringField(field.EndTime).
			ShortDescription("Read up to there by search, then end: an export of a span.").
			Description("Read up to there, written like `start_time`, then end in good order once all of it is delivered: an export of a span. It is read by search, whatever its age. It wants a `start_time` before it, and a `checkpoint_cache_key` of its own: a second run with the position goes on behind what was exported, and ends where there is nothing left. A duration ago is taken by the server's clock, and nothing is read in the server's future. A run that is stopped before the end fails with an error that says `incomplete`, and goes on when it is run again.").
			Default("").
			Example("24h").Example("2026-03-31T00:00:00Z").
			Advanced().
			LintRule(lintPast(field.EndTime, wantEndTime)),
		service.NewIntField(field.DetectionBatchSize).
			ShortDescription("Most detections in a batch of the server, 1 to 10000; 0: its choice.").
			Description("How many detections the server may put into one detection batch, 1 to 10000. 0 leaves the choice to the server. Small batches mean more positions, so less comes again after a crash; very small ones slow a backlog down.").
			Default(0).
			Example(1000).
			LintRule(lintBetween(field.DetectionBatchSize, 0, chronicle.MaxDetectionBatchSize)),
		service.NewBoolField(field.IncludeSimulated).
			ShortDescription("Whether simulated detections come too, for the Backstory API.").
			Description("Whether simulated detections are streamed too. Only for `api: backstory`.").
			Default(false),
		service.NewStringField(field.CompositeAlertHandling).
			ShortDescription("How composite alerts are sent, for the Chronicle API.").
			Description("How composite alerts are sent; passed to the server as it is when set. Only for `api: chronicle`. A value that the server does not know is answered with 400, which ends the input.").
			Default("").
			Example("FLATTEN_EVENTS_ENTITIES").
			LintRule(lintForm(field.CompositeAlertHandling, compositeForm, showText)),
	}
}

func reconnectFields() []*service.ConfigField {
	return []*service.ConfigField{
		durationField(field.IdleTimeout, field.IdleTimeout).
			ShortDescription("The longest silence of the server once the stream has begun.").
			Description("The longest silence of the server once the first element of a stream has begun, and the longest that signing in or connecting may take. Then the connection is dropped and opened again. The server sends a heartbeat about every 15 s. Ten times as long is the longest that bytes may come without the end of a detection or of a heartbeat. Time in which the pipeline pushes back does not count. Below 20 s a healthy stream without alerts is dropped between two heartbeats, again and again, until `max_consecutive_failures` ends the input. The longer, the later a dead connection is noticed; nothing is lost by that.").
			Default("60s").
			Example("3m"),
		durationField(field.FirstByteTimeout, field.FirstByteTimeout).
			ShortDescription("The longest wait for the first element of a connection.").
			Description("The longest wait between a request and the beginning of the first element of its answer, in place of `idle_timeout`: after a start far back the first detection batch can take minutes. It holds for the answers to searches too. White space does not begin an element: where bytes keep coming and no element, ten times `idle_timeout` is the longest wait. It may be shorter than `idle_timeout`. Raise it where the log names it after a start far back.").
			Default("300s").
			Example("10m"),
		service.NewIntField(field.MaxFailures).
			ShortDescription("How many connections in a row may fail; one more ends the input; 0: any number.").
			Description("How many connections in a row may fail. One more ends the input with an error. 0 means never to give up: then alert on `chronicle_connected`, since detections are out of reach after 7 days. With the default `backoff`, an outage of four minutes is survived, and hardly one of six: choose a number where something restarts the process then, as systemd, a container or Kubernetes does, and 0 where nobody would, as in streams mode or in a program of your own. The count begins again with each connection that brings something new, or was alive for 30 s.").
			Default(7).
			Example(0).
			LintRule(lintAtLeast(field.MaxFailures, 0)),
		service.NewObjectField(field.Backoff,
			durationField(field.InitialInterval, field.Backoff+"."+field.InitialInterval).
				ShortDescription("The wait after the first failure; it doubles at each further one in a row.").
				Description("The wait after the first failure. It doubles at each further one in a row. Much below a second, an outage of Chronicle is met with a hail of requests, which it may answer with 429.").
				Default("2s").
				Example("1s"),
			durationField(field.MaxInterval, field.Backoff+"."+field.MaxInterval).
				ShortDescription("The longest wait.").
				Description("The longest wait, at least `initial_interval`. Up to a quarter is added at random; a longer Retry-After of the server wins, up to an hour. The longer, the later the stream is back after an outage.").
				Default("128s").
				Example("5m"),
		).ShortDescription("How long to wait between attempts.").
			Description("How long to wait before the next attempt after a failed connection.").
			LintRule(lintBackoff()),
	}
}

func durationField(name, path string) *service.ConfigField {
	return service.NewDurationField(name).LintRule(lintDuration(path))
}

func positionFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewStringField(field.CheckpointDir).
			ShortDescription("Keep the position in a file of this directory.").
			Description("The directory that stores the position, in a file with the name of `checkpoint_cache_key`. It is created, for this user alone, where it is missing, also while the input runs; one that exists is taken as it is. The file is replaced in one step. A file `KEY.lock` beside it is locked while the input runs: a second process with the same directory and key ends at once. Where neither this nor `checkpoint_cache` is set, the position is kept in memory only: what comes while the process is down is missed, unless `start_time` reaches back to it.").
			Default("").
			Example("./state").Example("/var/lib/chronicle-connect").
			LintRule(lintForm(field.CheckpointDir, dirForm, showText)),
		service.NewStringField(field.CheckpointCache).
			ShortDescription("Or keep it in this cache resource; its label.").
			Description("The label of the cache resource that stores the position, instead of `checkpoint_dir`: where several machines need it, as in Kubernetes. The cache has to outlive the process, and must not forget: one with a time to live, or the `memory` cache, is as good as none.").
			Default("").
			Example("position").
			LintRule(lintForm(field.CheckpointCache, cacheLabelForm, showText)),
		service.NewInterpolatedStringField(field.CheckpointCacheKey).
			ShortDescription("The position's key in either; each input needs its own.").
			Description("The key of the position in that cache, or the name of its file in `checkpoint_dir`, without slashes. Inputs that share one need a key each: two in one process are refused. Of two processes with one directory and key the second one ends; with one cache and key they overwrite each other's positions, which each logs and counts in `chronicle_foreign_positions`. In a cache a copy is kept under the key with `.spare` behind it. Interpolation functions are resolved once, when the input is built: `${! env(\"CUSTOMER\").escape_url_query() }_position` makes a key of any value.").
			Default(Name).
			Example("slack_position").
			LintRule(lintCacheKey()),
		service.NewIntField(field.CheckpointLimit).
			ShortDescription("Most messages in flight.").
			Description("The most messages in flight: reading waits while so many are between the oldest that is not acknowledged and the newest. A message batch larger than the limit is let through alone. `max_batch_bytes` limits the bytes in flight as well. Too low, it slows down outputs that gather batches or send many at a time; the higher, the more memory is used and the more comes again after a crash.").
			Default(10000).
			Example(50000).
			LintRule(lintAtLeast(field.CheckpointLimit, 1)),
		enumField(field.OnUnresumable, unresumableFail, unresumableOldest, unresumableSearch).
			ShortDescription("Where the stream reaches back no further: fail, read by search, or go on from the oldest.").
			Description("What to do when the server has nothing as old as the stored position any more: `fail` ends the input with an error that names the span out of reach, `oldest` goes on from the oldest time that the server still has, warns of the span that was skipped and counts it in `chronicle_skipped_seconds`, once the server has taken that time. If it refuses that as well, the input ends and the position stays. `search` reads what is out of reach by search, then goes on with the stream: the same messages with the same acknowledgements, in order of creation. It differs from the stream in what it finds, which are detections of rules, custom and curated, that alert now, where the stream has those that alerted then, and no alerts of other kinds; and in speed: the Backstory API takes 10 searches a minute. With `api: chronicle` it wants the permissions `chronicle.legacies.legacySearchDetections`, `chronicle.legacies.legacySearchCuratedDetections` and `chronicle.curatedRules.list`.").
			Default(unresumableFail),
	}
}

func advancedFields() []*service.ConfigField {
	return []*service.ConfigField{
		service.NewIntField(field.MaxBatchCount).
			ShortDescription("Most messages in one batch; 0: a whole detection batch.").
			Description("The most messages in one message batch. A larger detection batch is handed on in pieces as it arrives, so memory does not grow with the server's batches. 0 means a whole detection batch however large. A low number makes small batches for the output.").
			Default(1000).
			Example(0).
			Advanced().
			LintRule(lintAtLeast(field.MaxBatchCount, 0)),
		service.NewIntField(field.MaxBatchBytes).
			ShortDescription("Most bytes in one batch; 0: no limit.").
			Description("The most bytes in one message batch, likewise. A larger detection is a batch of its own. At most four times as many bytes are in flight: reading waits for acknowledgements beyond that. 0 means no limit of either.").
			Default(16 << 20).
			Example(1 << 20).
			Advanced().
			LintRule(lintAtLeast(field.MaxBatchBytes, 0)),
		service.NewIntField(field.DedupeWindow).
			ShortDescription("How many recent detections are remembered to drop what is sent again; 0: none.").
			Description("How many recent detections are remembered at least, 0 to 1000000, in order to drop those that the server sends again after a reconnection. It is never fewer than 30000, three detection batches of the largest size, which a reconnection may reach back. A million takes some 80 MB. 0 turns the dropping off. What is remembered is lost with the process.").
			Default(10000).
			Example(100000).
			Advanced().
			LintRule(lintBetween(field.DedupeWindow, 0, maxDedupeWindow)),
		service.NewStringField(field.ProxyURL).
			ShortDescription("A proxy for all connections; empty: the usual environment variables.").
			Description("A proxy for all connections but those to loopback addresses, to Chronicle and to the token endpoint: http, https, socks5 or socks5h. Without it the usual environment variables apply: HTTPS_PROXY, HTTP_PROXY, NO_PROXY. A proxy that gathers the answer before it hands it on makes the stream look silent.").
			Default("").
			Secret().
			Advanced().
			Example("http://proxy.example.com:3128").
			LintRule(lintForm(field.ProxyURL, proxyURLForm, showHidden)),
		service.NewTLSField(field.TLS).
			ShortDescription("TLS settings of all connections.").
			Description("TLS settings of all connections: to Chronicle and to the token endpoint. Root certificates that are set here replace the system's for both, so Google's own have to be among them unless a proxy stands in between. With `skip_cert_verify` whoever is on the way can read the access token.").
			Advanced().
			LintRule(lintTLS()),
	}
}
