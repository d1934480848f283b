//go:build !minimal

package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A broker is what a test of Kafka runs against.
type broker interface {
	killable
	addr() string
}

// onBrokers runs a test against the stand-in, and against a real broker where
// one is installed.
func onBrokers(t *testing.T, test func(t *testing.T, broker broker)) {
	t.Helper()
	t.Run("stand-in", func(t *testing.T) { test(t, startKafkaStandIn(t)) })
	t.Run("real", func(t *testing.T) { test(t, startReal(t, "kafka")) })
}

func TestKafka(t *testing.T) {
	onBrokers(t, func(t *testing.T, broker broker) {
		topic := createTopic(t, broker.addr(), "chronicle_detections", 4, nil)
		sent := proof{
			config: "kafka.yaml",
			env:    []string{"KAFKA_ADDRESSES=" + broker.addr()},
			server: broker,
			ids:    topic.ids,
		}.run(t)

		byID := sent.byID(t)
		for _, record := range topic.records {
			id := string(record.Key)
			require.Equal(t, string(byID[id]), string(record.Value), "the value of record %s", id)
			headers := headersOf(record)
			require.Equal(t, id, headers["chronicle_detection_id"])
			require.Contains(t, headers, "chronicle_rule_id")
			for name := range headers {
				require.True(t, strings.HasPrefix(name, "chronicle_"), "header %s", name)
			}
		}
		ids, err := topic.ids()
		require.NoError(t, err)
		sent.requireOrder(t, ids, func(i int) string { return fmt.Sprint("partition ", topic.records[i].Partition) })
	})
}

func headersOf(record *kgo.Record) map[string]string {
	headers := make(map[string]string)
	for _, header := range record.Headers {
		headers[header.Key] = string(header.Value)
	}
	return headers
}

// Records that the broker won't ever take must neither be lost nor hold up the
// others.
func TestKafkaRefusesRecords(t *testing.T) {
	onBrokers(t, func(t *testing.T, broker broker) {
		topic := createTopic(t, broker.addr(), "chronicle_detections", 1, map[string]string{"max.message.bytes": "20000"})
		env := []string{"KAFKA_ADDRESSES=" + broker.addr()}
		if _, ok := broker.(*kafkaStandIn); ok {
			// It takes records of any size, so the client's own limit has to do.
			env = append(env, "KAFKA_MAX_MESSAGE_BYTES=20000")
		}
		server := chronicletest.NewServer()
		t.Cleanup(server.Close)
		generator := chronicletest.NewGenerator(1)
		var batch []json.RawMessage
		refused := make(map[string]string) // by id
		for i := range 40 {
			size := 1000
			if slices.Contains([]int{0, 10, 11, 39}, i) {
				size = 400_000
			}
			batch = append(batch, generator.Detection(size))
			if size > 1000 {
				id, err := idOf(batch[i])
				require.NoError(t, err)
				refused[id] = string(batch[i])
			}
		}
		server.Append(batch...)
		last := server.Append(generator.Detections(5, 1000)...)

		d := deployFile(t, server, "kafka.yaml", env...)
		process := d.start()
		waitFor(t, "the position to be stored", func() bool { return d.stored().Equal(last) })
		process.stop()

		ids, err := topic.ids()
		require.NoError(t, err)
		t.Logf("%d records for %d detections", len(ids), 40-len(refused)+5)
		slices.Sort(ids)
		require.Len(t, slices.Compact(ids), 40-len(refused)+5)
		lost := maps.Clone(refused)
		for _, line := range bytes.SplitAfter(d.read("kafka_refused.jsonl"), []byte("\n")) {
			if len(line) == 0 {
				continue
			}
			var kept struct{ Key, Value, Reason string }
			require.NoError(t, json.Unmarshal(line, &kept))
			require.Equal(t, refused[kept.Key], kept.Value, "what is kept of %s", kept.Key)
			require.Contains(t, kept.Reason, "MESSAGE_TOO_LARGE")
			delete(lost, kept.Key)
		}
		require.Empty(t, slices.Collect(maps.Keys(lost)), "neither written nor kept")
	})
}

func TestKafkaWithPasswordAndTLS(t *testing.T) {
	https := httptest.NewTLSServer(nil) // has a certificate for the loopback address
	t.Cleanup(https.Close)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: https.Certificate().Raw})
	require.NoError(t, os.WriteFile(authority, certificate, 0o600))
	trusted := x509.NewCertPool()
	trusted.AddCert(https.Certificate())

	broker := startKafkaStandIn(t, kfake.TLS(&tls.Config{Certificates: https.TLS.Certificates}), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "chronicle", "opensesame"))
	topic := createTopic(t, broker.addr(), "detections_of_ours", 1, nil,
		kgo.DialTLSConfig(&tls.Config{RootCAs: trusted}),
		kgo.SASL(scram.Auth{User: "chronicle", Pass: "opensesame"}.AsSha512Mechanism()))
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	server.Append([]byte(`{"id":"de_1"}`))
	process := deployFile(t, server, "kafka.yaml",
		"KAFKA_ADDRESSES="+broker.addr(),
		"KAFKA_TOPIC=detections_of_ours",
		"KAFKA_TLS=true",
		"KAFKA_TLS_CA_FILE="+authority,
		"KAFKA_SASL_MECHANISM=SCRAM-SHA-512",
		"KAFKA_USERNAME=chronicle",
		"KAFKA_PASSWORD=opensesame",
	).start()
	waitFor(t, "the detection to arrive", func() bool {
		ids, err := topic.ids()
		return err == nil && slices.Equal(ids, []string{"de_1"})
	})
	process.stop()
	require.NotContains(t, process.log.String(), "opensesame")
}
