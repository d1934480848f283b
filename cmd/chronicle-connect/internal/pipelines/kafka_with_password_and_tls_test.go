//go:build !minimal

package pipelines

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/programtest"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/servers"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/waiting"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

func TestKafkaWithPasswordAndTLS(t *testing.T) {
	t.Parallel()
	https := httptest.NewTLSServer(nil) // has a certificate for the loopback address
	t.Cleanup(https.Close)
	authority := filepath.Join(t.TempDir(), "authority.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: https.Certificate().Raw})
	require.NoError(t, os.WriteFile(authority, certificate, 0o600))
	trusted := x509.NewCertPool()
	trusted.AddCert(https.Certificate())

	broker := servers.StartKafkaStandIn(t, kfake.TLS(&tls.Config{Certificates: https.TLS.Certificates}), kfake.EnableSASL(), kfake.Superuser("SCRAM-SHA-512", "chronicle", "opensesame"))
	topic := servers.CreateKafkaTopic(t, broker.Addr(), "detections_of_ours", 1, nil,
		kgo.DialTLSConfig(&tls.Config{RootCAs: trusted}),
		kgo.SASL(scram.Auth{User: "chronicle", Pass: "opensesame"}.AsSha512Mechanism()))
	server := chronicletest.NewServer()
	t.Cleanup(server.Close)
	server.Append([]byte(`{"id":"de_1"}`))
	process := programtest.DeployFile(t, server, "kafka.yaml",
		"KAFKA_ADDRESSES="+broker.Addr(),
		"KAFKA_TOPIC=detections_of_ours",
		"KAFKA_TLS=true",
		"KAFKA_TLS_CA_FILE="+authority,
		"KAFKA_SASL_MECHANISM=SCRAM-SHA-512",
		"KAFKA_USERNAME=chronicle",
		"KAFKA_PASSWORD=opensesame",
	).Start()
	waiting.For(t, "the detection to arrive", func() bool {
		ids, err := topic.IDs()
		return err == nil && slices.Equal(ids, []string{"de_1"})
	})
	process.Stop()
	require.NotContains(t, process.Log.String(), "opensesame")
}
