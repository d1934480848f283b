//go:build !minimal

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// hecReply answers as Splunk's HTTP Event Collector does, as far as its
// documentation tells: what it checks, in which order, and with which codes. Of a
// request that it refuses it keeps the events before the one that is wrong.
func hecReply(r *http.Request, body []byte) reply {
	refuse := func(status, code int, text string) reply {
		return reply{status: status, body: fmt.Sprintf(`{"text":%q,"code":%d}`, text, code)}
	}
	switch {
	case r.URL.Path != "/services/collector/event":
		return refuse(http.StatusNotFound, 404, "The requested URL was not found on this server.")
	case r.Method != http.MethodPost:
		return refuse(http.StatusMethodNotAllowed, 405, "Method not allowed")
	case r.Header.Get("Authorization") == "":
		return refuse(http.StatusUnauthorized, 2, "Token is required")
	case r.Header.Get("Authorization") != "Splunk "+receiverToken:
		return refuse(http.StatusForbidden, 4, "Invalid token")
	case len(body) == 0:
		return refuse(http.StatusBadRequest, 5, "No data")
	}
	var taken []string
	decoder := json.NewDecoder(bytes.NewReader(body))
	for number := 0; ; number++ {
		var raw json.RawMessage
		err := decoder.Decode(&raw)
		if errors.Is(err, io.EOF) {
			return reply{status: http.StatusOK, body: `{"text":"Success","code":0}`, taken: taken}
		}
		code, text := 6, "Invalid data format"
		if err == nil {
			code, text = hecEvent(raw)
		}
		if code != 0 {
			refused := reply{status: http.StatusBadRequest, taken: taken}
			refused.body = fmt.Sprintf(`{"text":%q,"code":%d,"invalid-event-number":%d}`, text, code, number)
			return refused
		}
		taken = append(taken, string(raw))
	}
}

// hecEvent is what Splunk has against an event; code 0 is nothing.
func hecEvent(raw []byte) (code int, text string) {
	var event map[string]json.RawMessage
	if json.Unmarshal(raw, &event) != nil || bytes.Contains(raw, []byte(refusedMark)) {
		return 6, "Invalid data format"
	}
	for key, value := range event {
		switch {
		case !slices.Contains([]string{"time", "host", "source", "sourcetype", "index", "fields", "event"}, key):
			return 6, "Invalid data format"
		case key == "index" && string(value) != `"siem"`:
			return 7, "Incorrect index"
		}
	}
	switch string(event["event"]) {
	case "", "null":
		return 12, "Event field is required"
	case `""`, "{}":
		return 13, "Event field cannot be blank"
	}
	return 0, ""
}

// hecDetection is the detection in an event.
func hecDetection(event string) ([]byte, error) {
	var fields struct{ Event json.RawMessage }
	if err := json.Unmarshal([]byte(event), &fields); err != nil {
		return nil, fmt.Errorf("reading the event %.200q: %w", event, err)
	}
	return fields.Event, nil
}

// hecSettings lead splunk-hec.yaml to a collector.
func hecSettings(collector *receiver) []string {
	return []string{
		"SPLUNK_HEC_URL=http://" + collector.addr, "SPLUNK_HEC_TOKEN=" + receiverToken,
		"SPLUNK_HEC_INDEX=siem", "SPLUNK_HEC_SOURCETYPE=",
	}
}

// TestSplunkHEC proves splunk-hec.yaml with a stand-in, a process that is killed.
func TestSplunkHEC(t *testing.T) {
	collector := startReceiver(t, "hec")
	sent := proof{
		config: "splunk-hec.yaml",
		env:    hecSettings(collector),
		server: collector,
		ids:    collector.ids(hecDetection),
	}.run(t)

	taken, err := collector.taken()
	require.NoError(t, err)
	byID := sent.byID(t)
	for _, receipt := range taken {
		detection, err := hecDetection(receipt.Taken)
		require.NoError(t, err)
		id, err := idOf(detection)
		require.NoError(t, err)
		require.Equal(t, string(byID[id]), string(detection))
		require.Contains(t, receipt.Taken, `"index":"siem","source":"chronicle-connect","sourcetype":"google:chronicle:detection","time":`)
	}
}

// TestSplunkHECRefusesForGood has one event of a request refused.
func TestSplunkHECRefusesForGood(t *testing.T) {
	collector := startReceiver(t, "hec")
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	sent := newLedger(server, 1)
	d := deployFile(t, server, "splunk-hec.yaml", hecSettings(collector)...)
	batch := sent.generator.Detections(20, proofSize)
	batch[7] = json.RawMessage(`{"id":"de_refused",` + refusedMark + `}`)
	last := server.Append(batch...)
	process := d.start()
	waitFor(t, "all detections to be settled", func() bool { return d.stored().Equal(last) })
	process.stop()

	ids, err := collector.ids(hecDetection)()
	require.NoError(t, err)
	for _, detection := range batch {
		id, err := idOf(detection)
		require.NoError(t, err)
		require.Equal(t, id != "de_refused", slices.Contains(ids, id), id)
	}
	text, err := os.ReadFile(filepath.Join(d.state, "splunk-hec_refused.jsonl"))
	require.NoError(t, err)
	require.Equal(t, 1, bytes.Count(text, []byte("\n")), "%s", text)
	var line struct{ Reason, Event string }
	require.NoError(t, json.Unmarshal(text, &line))
	detection, err := hecDetection(line.Event)
	require.NoError(t, err)
	require.Equal(t, string(batch[7]), string(detection))
	require.Contains(t, line.Reason, "Invalid data format")
	require.Contains(t, process.log.String(), "Splunk refused an event for good")
	require.NotContains(t, process.log.String(), receiverToken)
}
