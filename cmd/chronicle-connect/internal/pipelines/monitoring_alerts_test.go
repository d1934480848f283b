//go:build !minimal

package pipelines

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// hurry is how much faster time passes for a Prometheus under test: every
// duration of its config and rules is divided by it.
const hurry = 50

// duration is one in PromQL or in Prometheus' own YAML, in a place where a
// duration stands.
var duration = regexp.MustCompile(`(\[|offset |for: |_interval: )(\d+)(s|m)\b`)

// hurried divides the durations of a config by hurry.
func hurried(text string) string {
	return duration.ReplaceAllStringFunc(text, func(found string) string {
		part := duration.FindStringSubmatch(found)
		n, err := strconv.Atoi(part[2])
		if err != nil {
			return found
		}
		unit := map[string]time.Duration{"s": time.Second, "m": time.Minute}[part[3]]
		return fmt.Sprintf("%s%dms", part[1], (time.Duration(n) * unit / hurry).Milliseconds())
	})
}

// monitor starts a real Prometheus with the config and the rules of
// examples/monitoring, scraping target.
func monitor(t *testing.T, target string) *servers.Prometheus {
	t.Helper()
	read := func(name string) string {
		text, err := os.ReadFile(repository.Path(t, "examples", "monitoring", name))
		require.NoError(t, err)
		return string(text)
	}
	config := read("prometheus.yml")
	require.Contains(t, config, "'127.0.0.1:4195'")
	config = strings.ReplaceAll(config, "'127.0.0.1:4195'", "'"+target+"'")
	server := servers.StartReal(t, "prometheus")
	for name, text := range map[string]string{"prometheus.yml": config, "alerts.yml": read("alerts.yml")} {
		changed := hurried(text)
		require.NotEqual(t, text, changed, "%s has no durations", name)
		require.NoError(t, os.WriteFile(filepath.Join(server.Dir, name), []byte(changed), 0o600))
	}
	server.Kill()
	server.Restart()
	return servers.NewPrometheus(t, server.Addr())
}

// dashboardExprs are the queries of the dashboard's panels, with everything
// chosen in its menus.
func dashboardExprs(t *testing.T) (exprs []string) {
	t.Helper()
	text, err := os.ReadFile(repository.Path(t, "examples", "monitoring", "grafana-dashboard.json"))
	require.NoError(t, err)
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	require.NoError(t, json.Unmarshal(text, &dashboard))
	chosen := strings.NewReplacer("$instance", ".*", "$stream", ".*", "$__rate_interval", "10s", "$__range", "1h")
	for _, panel := range dashboard.Panels {
		require.NotEmpty(t, panel.Targets, panel.Title)
		for _, target := range panel.Targets {
			exprs = append(exprs, chosen.Replace(target.Expr))
		}
	}
	return exprs
}

// The metrics that a real Prometheus finds are those that the dashboard, the
// rules and the design know by name, and the alerts tell a good run from one
// whose server is gone, and that from one that is gone itself.
func TestMonitoring(t *testing.T) {
	t.Parallel() // it is waiting that takes the time
	server := chronicletest.NewServer(chronicletest.WithHeartbeatInterval(15 * time.Second / hurry))
	defer server.Close()
	server.Script(chronicletest.Step{AfterElements: 1, Then: chronicletest.Cut})
	d := programtest.Deploy(t, server, programtest.Settings{
		Input:  []string{"start_time: 1h"},
		Output: "{label: main, drop: {}}",
	})
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	d.Args = []string{
		"--set", "http.enabled=true", "--set", "http.address=" + address,
		"--set", "metrics.prometheus.add_process_metrics=true",
	}
	process := d.Start()
	p := monitor(t, address)
	p.CheckRules()

	generator := chronicletest.NewGenerator(1)
	// The first connection is cut behind the first of them.
	for range 2 {
		server.Append(generator.Detections(10, 2000)...)
	}
	for _, name := range []string{
		"up", "input_received", "input_connection_up", "output_sent", "process_resident_memory_bytes",
		"chronicle_heartbeats", "chronicle_detection_batches", "chronicle_detections", "chronicle_duplicates_dropped",
		"chronicle_unknown_elements", "chronicle_checkpoint_writes", "chronicle_checkpoint_failures",
		"chronicle_rejected", "chronicle_skipped_seconds", "chronicle_skipped_rules", "chronicle_lag_seconds",
		"chronicle_uncommitted_seconds", "chronicle_oldest_unacked_seconds", "chronicle_connected", "chronicle_ended",
	} {
		p.WaitData(name + `{job="chronicle-connect"}`)
	}
	p.WaitData(`chronicle_reconnects{job="chronicle-connect", reason="cut"}`)
	for _, expr := range dashboardExprs(t) {
		p.WaitData(expr)
	}
	// Twenty of the minutes that the rules count in: the longest of them has
	// seen enough.
	p.WaitData(fmt.Sprintf(`up offset %dms`, (20 * time.Minute / hurry).Milliseconds()))
	require.Empty(t, p.Firing())

	server.Close()
	p.WaitFiring("ChronicleDisconnected", "ChronicleSilent")
	process.Kill()
	waiting.For(t, "the alert of a process that is down", func() bool { return slices.Contains(p.Firing(), "ChronicleConnectDown") })
}

// An output that takes nothing, and dead letters.
func TestMonitoringOfOutputs(t *testing.T) {
	t.Parallel() // it is waiting that takes the time
	server := chronicletest.NewServer(chronicletest.WithHeartbeatInterval(15 * time.Second / hurry))
	defer server.Close()
	d := programtest.Deploy(t, server, programtest.Settings{
		Input: []string{"start_time: 1h"},
		Output: `
  switch:
    cases:
      - check: json("id") == "refused"
        output: {label: dead_letters, drop: {}}
      - output: {label: main, reject: "not today"}`,
	})
	address := fmt.Sprintf("127.0.0.1:%d", servers.FreePort(t))
	d.Args = []string{"--set", "http.enabled=true", "--set", "http.address=" + address}
	d.Start()
	p := monitor(t, address)
	p.WaitData("chronicle_connected == 1")
	server.Append([]byte(`{"id":"refused"}`))
	p.WaitFiring("ChronicleDeadLetters")
	server.Append([]byte(`{"id":"de_1"}`))
	waiting.For(t, "the alert of an output that fails", func() bool { return slices.Contains(p.Firing(), "ChronicleOutputFailing") })
	// Pending will do, which takes 15 of the rules' minutes.
	p.WaitData(`ALERTS{alertname="ChroniclePositionStuck"}`)
}
