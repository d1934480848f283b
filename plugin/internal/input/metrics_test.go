package input

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/redpanda-data/benthos/v4/public/service"
)

func TestMetricsAreAllDescribed(t *testing.T) {
	all := &metrics{}
	described := all.fields()
	names := make(map[string]bool)
	for _, field := range described {
		require.True(t, strings.HasPrefix(field.name, "chronicle_"), field.name)
		require.NotEmpty(t, field.tells, field.name)
		require.False(t, names[field.name], "%s is there twice", field.name)
		names[field.name] = true
	}
	held := reflect.ValueOf(newMetrics(service.MockResources().Metrics())).Elem()
	require.Len(t, described, held.NumField())
	for i := range held.NumField() {
		require.False(t, held.Field(i).IsNil(), "%s has no row", held.Type().Field(i).Name)
	}
}
