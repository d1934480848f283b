//go:build !minimal

package pipelines

import (
	"os"
	"slices"
	"testing"
	"testing/fstest"

	"github.com/redpanda-data/benthos/v4/public/service"
	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/linked"
	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/pipelines/repository"
)

// enterpriseComponents returns the components of this binary that come from
// files under the Redpanda Community License, and makes sure that they are
// called what Benthos calls them.
func enterpriseComponents(t *testing.T) []linked.Component {
	t.Helper()
	modules, err := linked.Modules(t.Context(), repository.Path(t, "cmd", "chronicle-connect"))
	require.NoError(t, err)
	components, err := linked.EnterpriseComponents(modules)
	require.NoError(t, err)
	require.NotEmpty(t, components, "Redpanda Connect marks them no more as before?")

	var registered []linked.Component
	collect := func(kind string) func(string, *service.ConfigView) {
		return func(name string, _ *service.ConfigView) {
			registered = append(registered, linked.Component{Kind: kind, Name: name})
		}
	}
	environment := service.GlobalEnvironment()
	environment.WalkBuffers(collect("buffer"))
	environment.WalkCaches(collect("cache"))
	environment.WalkInputs(collect("input"))
	environment.WalkMetrics(collect("metrics"))
	environment.WalkOutputs(collect("output"))
	environment.WalkProcessors(collect("processor"))
	environment.WalkRateLimits(collect("rate_limit"))
	environment.WalkScanners(collect("scanner"))
	environment.WalkTracers(collect("tracer"))
	require.Subset(t, registered, components)
	return components
}

// paidFor returns the uses of one of the components.
func paidFor(uses []componentUse, components []linked.Component) []componentUse {
	return slices.DeleteFunc(slices.Clone(uses), func(use componentUse) bool {
		return !slices.Contains(components, use.Component)
	})
}

func TestPipelinesNeedNoEnterpriseLicence(t *testing.T) {
	enterprise := enterpriseComponents(t)
	t.Run("those of the repository", func(t *testing.T) {
		uses, err := componentsUsed(os.DirFS(repository.Path(t)))
		require.NoError(t, err)
		for _, known := range []componentUse{
			{"config/slack.yaml", linked.Component{Kind: "input", Name: "chronicle_detection_alerts"}},
			{"config/slack.yaml", linked.Component{Kind: "processor", Name: "http"}},
		} {
			require.Contains(t, uses, known, "pipelines were not read as they should be")
		}
		require.Empty(t, paidFor(uses, enterprise))
	})
	t.Run("planted ones are found", func(t *testing.T) {
		uses, err := componentsUsed(planted)
		require.NoError(t, err)
		require.ElementsMatch(t, plantedUses, paidFor(uses, enterprise))
		require.Contains(t, uses, componentUse{"innocent.yaml", linked.Component{Kind: "output", Name: "drop"}})
	})
}

// planted hides components that need an enterprise licence, and some that only
// look like it.
var planted = fstest.MapFS{
	"deep.yaml": {Data: []byte(`
input:
  broker:
    inputs:
      - generate: {mapping: root = this}
      - postgres_cdc: {dsn: "${DSN:nowhere}"}
output:
  switch:
    cases:
      - output:
          fallback:
            - otlp_http: {}
            - drop: {}
`)},
	"a/b/observed.yml": {Data: []byte("tracer: {open_telemetry_collector: {}}\n---\nmetrics: {open_telemetry_collector: {}}\n")},
	"resources.yaml":   {Data: []byte("input_resources: [{label: a, aws_dynamodb_cdc: {}}]")},
	"configmap.yaml": {Data: []byte(`
kind: ConfigMap
data:
  notes: |
    not: [yaml
    at all
  pipeline.yaml: |
    output: {otlp_grpc: {}}
`)},
	"innocent.yaml":  {Data: []byte("input: {generate: {mapping: root = this}}\noutput: {label: otlp_http, drop: {}}\n")},
	".hidden/a.yaml": {Data: []byte("output: {otlp_grpc: {}}")},
}

var plantedUses = []componentUse{
	{"deep.yaml", linked.Component{Kind: "input", Name: "postgres_cdc"}},
	{"deep.yaml", linked.Component{Kind: "output", Name: "otlp_http"}},
	{"a/b/observed.yml", linked.Component{Kind: "tracer", Name: "open_telemetry_collector"}},
	{"a/b/observed.yml", linked.Component{Kind: "metrics", Name: "open_telemetry_collector"}},
	{"resources.yaml", linked.Component{Kind: "input", Name: "aws_dynamodb_cdc"}},
	{"configmap.yaml", linked.Component{Kind: "output", Name: "otlp_grpc"}},
}

// TestUnreadableConfigsAreNoticed, instead of being passed over.
func TestUnreadableConfigsAreNoticed(t *testing.T) {
	for name, config := range map[string]string{
		"a component that nobody knows":          "output: {nothing_like_it: {}}",
		"a component that the environment names": "output: {\"${OUTPUT:otlp_http}\": {}}",
		"a file that is not YAML":                "output: [",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := componentsUsed(fstest.MapFS{"config.yaml": {Data: []byte(config)}})
			require.ErrorContains(t, err, "config.yaml")
		})
	}
}
