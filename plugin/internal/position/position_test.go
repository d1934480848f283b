package position

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPositionAdvance(t *testing.T) {
	at := Position{ContinuationTime: "2026-03-01T00:00:00Z"}
	for _, test := range []struct {
		said Said
		want Position
		err  string
	}{
		{Said{}, at, ""},
		{Said{ContinuationTime: "2026-03-01T00:00:01.123456Z"}, Position{ContinuationTime: "2026-03-01T00:00:01.123456Z"}, ""},
		{Said{ContinuationTime: "0001-01-01T00:00:00Z"}, at, ""},
		{Said{NextPageToken: "k"}, Position{PageToken: "k", PageStartTime: "2026-03-01T00:00:00Z"}, ""},
		{Said{NextPageToken: "k", NextPageStartTime: "2026-03-02T00:00:00Z", ContinuationTime: "2026-03-03T00:00:00Z"}, Position{PageToken: "k", PageStartTime: "2026-03-01T00:00:00Z"}, ""},
		{Said{NextPageStartTime: "2026-03-02T00:00:00Z", ContinuationTime: "2026-03-03T00:00:00Z"}, Position{PageStartTime: "2026-03-02T00:00:00Z"}, ""},
		{Said{NextPageStartTime: "0001-01-01T00:00:00Z"}, at, ""},
		{Said{NextPageStartTime: "1970-01-01T00:00:00Z"}, at, ""},
		{Said{ContinuationTime: "1970-01-01T01:00:00+01:00"}, at, ""},
		{Said{NextPageStartTime: "1970-01-01T00:00:00Z", ContinuationTime: "2026-03-02T00:00:00Z"}, Position{ContinuationTime: "2026-03-02T00:00:00Z"}, ""},
		{Said{NextPageStartTime: "2026-03-02T00:00:00Z", ContinuationTime: "0001-01-01T00:00:00Z"}, Position{PageStartTime: "2026-03-02T00:00:00Z"}, ""},
		{Said{NextPageToken: "k", NextPageStartTime: "1970-01-01T00:00:00Z"}, Position{PageToken: "k", PageStartTime: at.StartTime()}, ""},
		{Said{NextPageStartTime: "soon"}, at, `nextPageStartTime is "soon", want an RFC 3339 time`},
		{Said{ContinuationTime: "soon"}, at, `continuationTime is "soon", want an RFC 3339 time`},
	} {
		got, err := at.Advance(test.said)
		require.Equal(t, test.want, got)
		if test.err == "" {
			require.NoError(t, err)
		} else {
			require.EqualError(t, err, test.err)
		}
	}
}

func TestPositionStoredForm(t *testing.T) {
	p := Position{ContinuationTime: "2026-03-01T00:00:01.123456Z"}
	encoded, err := p.Encode()
	require.NoError(t, err)
	require.JSONEq(t, `{"continuation_time":"2026-03-01T00:00:01.123456Z"}`, string(encoded))
	decoded, err := Decode(encoded)
	require.NoError(t, err)
	require.Equal(t, p, decoded)
}

// A token keeps the start of its window, through any number of tokens.
func TestPositionKeepsTheWindow(t *testing.T) {
	p := Position{ContinuationTime: "2026-03-01T00:00:00Z"}
	for _, token := range []string{"a", "b"} {
		var err error
		p, err = p.Advance(Said{NextPageToken: token})
		require.NoError(t, err)
	}
	require.Equal(t, Position{PageToken: "b", PageStartTime: "2026-03-01T00:00:00Z"}, p)
	require.Equal(t, "2026-03-01T00:00:00Z", p.WithoutToken().StartTime())
	encoded, err := p.Encode()
	require.NoError(t, err)
	require.JSONEq(t, `{"page_token":"b","page_start_time":"2026-03-01T00:00:00Z"}`, string(encoded))
	p, err = p.Advance(Said{NextPageStartTime: "2026-03-02T00:00:00Z"})
	require.NoError(t, err)
	require.Equal(t, Position{PageStartTime: "2026-03-02T00:00:00Z"}, p)
}

func TestDecodePositionRefuses(t *testing.T) {
	for stored, want := range map[string]string{
		"":                             `got "", want JSON`,
		"2026-03-01T00:00:00Z":         `got "2026-03-01T00:00:00Z", want JSON`,
		"{}":                           `got "{}", want a continuation_time`,
		`{"continuation_time":"soon"}`: "neither continuation_time nor page_start_time is an RFC 3339 time",
		`{"page_token":"k"}`:           "neither continuation_time nor page_start_time is an RFC 3339 time",
	} {
		_, err := Decode([]byte(stored))
		require.ErrorContains(t, err, want)
	}
}

func TestPositionAtRoundsDown(t *testing.T) {
	at := time.Date(2026, 3, 1, 1, 0, 0, 123456789, time.FixedZone("CET", 3600))
	require.Equal(t, "2026-03-01T00:00:00.123456Z", At(at).ContinuationTime)
}
