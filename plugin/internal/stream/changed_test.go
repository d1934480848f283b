package stream

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestChangedAt(t *testing.T) {
	const (
		detected = `"detectionTime":"2026-01-02T03:04:05Z"`
		created  = `"createdTime":"2026-01-02T03:05:00.123456Z"`
		updated  = `"lastUpdatedTime":"2026-01-03T00:00:00+02:00"`
	)
	atDetection := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	atCreation := time.Date(2026, 1, 2, 3, 5, 0, 123456000, time.UTC)
	atUpdate := time.Date(2026, 1, 2, 22, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		raw  string
		want time.Time
	}{
		"all three":                  {`{` + detected + `,` + updated + `,` + created + `}`, atUpdate},
		"never updated":              {`{` + created + `,` + detected + `}`, atCreation},
		"detected only":              {`{"id":"de_1",` + detected + `}`, atDetection},
		"none":                       {`{"id":"de_1"}`, time.Time{}},
		"updated in the year 1":      {`{` + created + `,"lastUpdatedTime":"0001-01-01T00:00:00Z"}`, atCreation},
		"updated in 1970":            {`{` + created + `,"lastUpdatedTime":"1970-01-01T00:00:00Z"}`, atCreation},
		"updated at no time":         {`{` + created + `,"lastUpdatedTime":"yesterday"}`, atCreation},
		"updated at a number":        {`{` + created + `,"lastUpdatedTime":1}`, atCreation},
		"updated at null":            {`{` + created + `,"lastUpdatedTime":null}`, atCreation},
		"an escaped key and value":   {`{"created\u0054ime":"2026-01-02T03:05:00.123456\u005a"}`, atCreation},
		"twice":                      {`{"createdTime":"2020-01-01T00:00:00Z",` + created + `}`, atCreation},
		"of a rule, not its own":     {`{"detection":[{` + updated + `}],` + created + `}`, atCreation},
		"deeply nested":              {`{"a":` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `,` + created + `}`, atCreation},
		"white space":                {"{ \r\n\t" + created + " \n}", atCreation},
		"invalid UTF-8":              {"{\"id\":\"\xff\"," + created + "}", atCreation},
		"truncated":                  {`{` + created, time.Time{}},
		"no JSON":                    {`not JSON`, time.Time{}},
		"nothing":                    {``, time.Time{}},
		"an array":                   {`[{` + created + `}]`, time.Time{}},
		"an object that is no JSON":  {`{` + created + `,}`, time.Time{}},
		"a literal that is cut":      {`{"a":tru`, time.Time{}},
		"a string that does not end": {`{"createdTime":"2026`, time.Time{}},
	} {
		t.Run(name, func(t *testing.T) {
			require.True(t, test.want.Equal(ChangedAt([]byte(test.raw))), "got %s, want %s", ChangedAt([]byte(test.raw)), test.want)
		})
	}
}
