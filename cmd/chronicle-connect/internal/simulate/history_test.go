package simulate

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"

	_ "github.com/redpanda-data/benthos/v4/public/components/io" // for the output file

	"github.com/chronicle-connect/chronicle-connect/plugin"
	"github.com/chronicle-connect/chronicle-connect/plugin/chronicletest"
)

// A pipeline gets all of the history, in as many batches as it was to have.
func TestSimulateFillsTheHistory(t *testing.T) {
	s := simulated()
	server := chronicletest.NewServer()
	defer server.Close()
	s.span = 50 * time.Minute
	s.fill(server, s.generate(chronicletest.NewGenerator(1)), time.Now().Add(-s.span))
	server.Script(chronicletest.Step{AfterElements: 4, Then: chronicletest.Cut}, chronicletest.Step{Refuse: &chronicletest.Refusal{Status: 400}})

	credentials, output := filepath.Join(t.TempDir(), "credentials.json"), filepath.Join(t.TempDir(), "detections.jsonl")
	require.NoError(t, server.WriteCredentials(credentials))
	builder := service.NewStreamBuilder()
	require.NoError(t, builder.SetYAML(fmt.Sprintf(`
http: {enabled: false}
input: {chronicle_detection_alerts: {base_url: %q, credentials_file: %q, start_time: 1h}}
output: {file: {path: %q, codec: lines}}
`, server.URL, credentials, output)))
	stream, err := builder.Build()
	require.NoError(t, err)
	require.NoError(t, stream.Run(t.Context()))
	require.ErrorContains(t, plugin.Failure(stream.Resources()), "the server answered 400")
	delivered, err := os.ReadFile(output)
	require.NoError(t, err)
	require.Equal(t, 10, bytes.Count(delivered, []byte("\n")))
}
