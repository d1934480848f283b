package stream

import (
	"io"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnswersToSearches(t *testing.T) {
	decode := func(list, body string) (Piece, error) {
		return NewAnswerDecoder(fromText(body), Limits{}, list).Next()
	}
	piece, err := decode("curatedDetections", `{"curatedDetections":[{"id":"de_1"}],"nextPageToken":"p2","respTooLargeDetectionsTruncated":true}`)
	require.NoError(t, err)
	require.JSONEq(t, `{"id":"de_1"}`, string(piece.Detections[0].Raw))
	require.Equal(t, "p2", piece.Position.NextPageToken)
	require.True(t, piece.Truncated && piece.Complete)

	piece, err = decode("detections", "{}")
	require.NoError(t, err)
	require.Equal(t, Empty, piece.Kind)

	// Under another name than was expected they are not taken for none.
	piece, err = decode("detections", `{"curatedDetections":[{"id":"de_1"}]}`)
	require.NoError(t, err)
	require.Equal(t, Unknown, piece.Kind)

	_, err = decode("detections", `{"detections":[{"id":"de_1"}`)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
}

func TestCreated(t *testing.T) {
	created := func(raw string) time.Time { return (&Detection{Raw: []byte(raw)}).Created() }
	require.Equal(t, time.Date(2026, 3, 1, 0, 0, 0, 5000, time.UTC), created(`{"x":{"createdTime":"2025-01-01T00:00:00Z"},"createdTime":"2026-03-01T00:00:00.000005Z"}`))
	require.Zero(t, created(`{"createdTime":5}`))
}

// textSource hands a text on as a whole.
type textSource struct{ *strings.Reader }

func (s textSource) AppendTo(b []byte) ([]byte, error) {
	text, err := io.ReadAll(s)
	if err == nil && len(text) == 0 {
		err = io.EOF
	}
	return append(b, text...), err
}

func fromText(text string) Source { return textSource{strings.NewReader(text)} }
