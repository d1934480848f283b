package settings

// Examples are whole configs, which a test lints and builds.
var Examples = []struct{ Title, Summary, Config string }{
	{
		"Alerts to standard output",
		"Begins an hour ago and prints every detection. The position is kept in a file, so a restart goes on where the last run stopped.",
		`
input:
  chronicle_detection_alerts:
    region: europe
    credentials_file: ${CHRONICLE_CREDENTIALS_FILE}
    start_time: 1h
    checkpoint_dir: ./state

output:
  stdout: {}
`,
	},
	{
		"The Chronicle API",
		"Streams from an instance with Application Default Credentials, such as those of the machine or the pod that this runs on, and appends every detection to a file a day.",
		`
input:
  chronicle_detection_alerts:
    api: chronicle
    instance: projects/my-project/locations/eu/instances/00000000-0000-0000-0000-000000000000
    max_consecutive_failures: 0
    on_unresumable_position: oldest
    checkpoint_dir: ./state

output:
  file:
    path: ./alerts-${! now().ts_format("2006-01-02", "UTC") }.jsonl
    codec: lines
`,
	},
	{
		"By severity",
		"Posts what is HIGH or CRITICAL to a webhook, message by message, and keeps everything else in a file. A post that comes again after a crash has the same idempotency key.",
		`
input:
  chronicle_detection_alerts:
    credentials_file: ${CHRONICLE_CREDENTIALS_FILE}
    checkpoint_dir: ./state

pipeline:
  processors:
    - split:
        size: 1

output:
  switch:
    cases:
      - check: '[ "HIGH", "CRITICAL" ].contains(@chronicle_severity | "")'
        output:
          http_client:
            url: ${WEBHOOK_URL}
            verb: POST
            headers:
              Content-Type: application/json
              Idempotency-Key: ${! @chronicle_detection_id }
      - output:
          file:
            path: ./alerts.jsonl
            codec: lines
`,
	},
	{
		"Behind a proxy that inspects TLS",
		"Every connection goes through the proxy, and only its certificates are trusted.",
		`
input:
  chronicle_detection_alerts:
    credentials_file: ${CHRONICLE_CREDENTIALS_FILE}
    checkpoint_dir: ./state
    proxy_url: http://proxy.example.com:3128
    tls:
      root_cas_file: ${PROXY_CERTIFICATES_FILE}

output:
  stdout: {}
`,
	},
}
