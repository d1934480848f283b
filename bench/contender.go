package main

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
)

// A contender reads a backlog.
type contender string

const (
	drain contender = "drain"
	stock contender = "stock"
	alike contender = "alike"
	ours  contender = "ours"
	// plugged is ours in a stock host, as an RPC plugin.
	plugged contender = "plugin"
)

// A sink is where a pipeline puts the detections.
type sink string

const (
	toDrop sink = "drop"
	toFile sink = "file"
)

// A setup is a contender with all that it is told.
type setup struct {
	contender contender
	sink      sink
	stores    bool // the position goes to a file
	protocol  protocol
	host      string // path of the stock host, where there is one
}

// A command is what to run for a setup, and how to tell that it is through.
type command struct {
	args []string
	env  []string // beside this process's own
	// stats is where a pipeline says how much it delivered; empty where the
	// command ends by itself.
	stats string
}

// prepare writes what the command needs to dir.
func (s setup) prepare(binary string, from *server, dir string) (command, error) {
	if s.contender == drain {
		args := []string{"curl", "--silent", "--fail", "--request", "POST", "--output", os.DevNull}
		if from.certificate != "" {
			args = append(args, "--cacert", from.certificate)
		}
		if s.protocol == http2 {
			args = append(args, "--http2")
		} else {
			args = append(args, "--http1.1")
		}
		return command{args: append(args, from.URL+drainPath)}, nil
	}
	address, err := freeAddress()
	if err != nil {
		return command{}, err
	}
	input, processors, roots := oursInput, "", ""
	if from.certificate != "" {
		roots = "tls: { root_cas_file: '" + from.certificate + "' }"
	}
	switch s.contender {
	case stock:
		input, processors = stockInput, stockProcessors
	case alike:
		input, processors = stockInput, stockProcessors+alikeProcessors
	}
	checkpoint := ""
	if s.stores {
		checkpoint = "checkpoint_dir: " + dir
	}
	config := strings.NewReplacer(
		"ADDRESS", address, "URL", from.URL, "CREDENTIALS", from.credentials, "STATE", dir,
		"CHECKPOINT", checkpoint, "TLS", roots, "OUTPUT", s.output(dir), "PROCESSORS", processors,
	).Replace(input + rest)
	path := filepath.Join(dir, "pipeline.yaml")
	args := []string{binary, "run", "--log.level", "error", path}
	if s.contender == plugged {
		plugin, err := manifest(binary, dir)
		if err != nil {
			return command{}, err
		}
		args = []string{s.host, "run", "--log.level", "error", "--rpc-plugins", plugin, path}
	}
	return command{
		args:  args,
		stats: "http://" + address + "/stats",
	}, os.WriteFile(path, []byte(config), 0o600)
}

func (s setup) output(dir string) string {
	if s.sink == toFile {
		return fmt.Sprintf("file: { path: '%s', codec: lines }", filepath.Join(dir, "detections.jsonl"))
	}
	return "drop: {}"
}

const oursInput = `
input:
  chronicle_detection_alerts:
    base_url: URL
    credentials_file: CREDENTIALS
    start_time: 72h
    CHECKPOINT
    TLS
`

const stockInput = `
input:
  http_client:
    url: URL/stream
    verb: POST
    timeout: 10m
    stream:
      enabled: true
      scanner:
        lines: { max_buffer_size: 2000000000 }
`

// stockProcessors take the array's brackets and commas off the lines, drop what
// has no detections and make each detection a message.
const stockProcessors = `
  processors:
    - mapping: |
        let element = content().string().trim_prefix("[").trim_suffix(",").parse_json()
        root = $element.detections.or(deleted())
    - unarchive: { format: json_array }
`

// alikeProcessors read the metadata and drop repeats.
const alikeProcessors = `
    - mapping: |
        meta chronicle_detection_id = this.id
        meta chronicle_detection_type = this.type
        meta chronicle_detection_time = this.detectionTime
        meta chronicle_rule_id = this.detection.0.ruleId
        meta chronicle_rule_name = this.detection.0.ruleName
        meta chronicle_severity = this.detection.0.(severity | ruleLabels.find_by(l -> l.key.lowercase() == "severity").value).or("").uppercase()
    - dedupe:
        cache: seen
        key: '${! this.id }${! content().hash("xxhash64") }'
`

const rest = `
pipeline:
  threads: 1PROCESSORS
output:
  OUTPUT
cache_resources:
  - label: state
    file: { directory: 'STATE' }
  - label: seen
    memory: {}
http:
  address: ADDRESS
metrics:
  json_api: {}
`

func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
