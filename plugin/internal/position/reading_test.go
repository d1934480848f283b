package position

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// Times of a stream, in order.
const (
	t0 = "2026-03-01T00:00:00Z"
	t1 = "2026-03-01T01:00:00Z"
	t2 = "2026-03-01T02:00:00Z"
)

func TestReading(t *testing.T) {
	heartbeat := Said{}
	page := func(at string) Said { return Said{NextPageStartTime: at} }
	token := func(token string) Said { return Said{NextPageToken: token} }
	at := func(at string) Position { return Position{PageStartTime: at} }
	inPage := func(token, start string) Position { return Position{PageToken: token, PageStartTime: start} }
	// A step is an element, or the stream's end.
	type step struct {
		said       Said
		detections bool
		end        string // "" = an element; "ended", "broke"
		want       Position
		further    bool
	}
	for _, test := range []struct {
		name  string
		begin Position
		steps []step
	}{
		{"behind its detections", at(t0), []step{
			{said: page(t1), detections: true, want: at(t1), further: true},
			{said: token("a"), detections: true, want: inPage("a", t1)},
			{said: heartbeat, want: inPage("a", t1)},
		}},
		{"ahead of the detections that it stands behind", at(t0), []step{
			{said: token("a"), want: at(t0)},
			{detections: true, want: inPage("a", t0)},
			{said: page(t1), want: inPage("a", t0)},
			{detections: true, want: at(t1), further: true},
		}},
		{"dropped with the element behind it", at(t0), []step{
			{said: page(t1), want: at(t0)},
			{end: "broke", want: at(t0)},
			{said: heartbeat, want: at(t0)},
		}},
		{"counts where the stream ends", at(t0), []step{
			{said: page(t1), want: at(t0)},
			{end: "ended", want: at(t1), further: true},
		}},
		{"one after the other", at(t0), []step{
			{said: page(t1), want: at(t0)},
			{said: page(t2), want: at(t1), further: true},
			{said: heartbeat, want: at(t2), further: true},
		}},
		{"an element's own wins", at(t0), []step{
			{said: page(t2), want: at(t0)},
			{said: page(t1), detections: true, want: at(t1), further: true},
		}},
		{"a token in the window that waits", at(t0), []step{
			{said: page(t1), want: at(t0)},
			{said: token("a"), detections: true, want: inPage("a", t1), further: true},
		}},
		{"never back, but with detections", at(t1), []step{
			{said: page(t0), want: at(t1)},
			{said: heartbeat, want: at(t1)},
			{said: page(t0), detections: true, want: at(t0)},
			{said: page(t1), detections: true, want: at(t1)},
		}},
		{"the beginning of an open window", inPage("a", t1), []step{
			{said: page(t1), want: inPage("a", t1)},
			{said: heartbeat, want: inPage("a", t1)},
			{said: page(t2), want: inPage("a", t1)},
			{said: heartbeat, want: at(t2), further: true},
		}},
		{"a time that was never set", at(t0), []step{
			{said: page("1970-01-01T00:00:00Z"), want: at(t0)},
			{said: page("0001-01-01T00:00:00Z"), detections: true, want: at(t0)},
		}},
		{"tokens alone lead nowhere in time", at(t0), []step{
			{said: token("a"), want: at(t0)},
			{said: token("b"), want: inPage("a", t0)},
			{end: "ended", want: inPage("b", t0)},
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var r Reading
			r.Begin(test.begin)
			for i, step := range test.steps {
				further := false
				var err error
				switch step.end {
				case "ended":
					further = r.Ended()
				case "broke":
					r.Broke()
				default:
					further, err = r.Element(step.said, step.detections)
				}
				require.NoError(t, err)
				require.Equal(t, step.want, r.At(), "step %d", i)
				require.Equal(t, step.further, further, "step %d", i)
			}
		})
	}
}

// What is no time leaves everything as it is.
func TestReadingRefusesWhatIsNoTime(t *testing.T) {
	var r Reading
	r.Begin(Position{PageStartTime: t0})
	_, err := r.Element(Said{NextPageStartTime: t1}, false)
	require.NoError(t, err)
	further, err := r.Element(Said{NextPageStartTime: "soon"}, true)
	require.False(t, further)
	require.EqualError(t, err, `nextPageStartTime is "soon", want an RFC 3339 time`)
	require.Equal(t, Position{PageStartTime: t0}, r.At())
	r.Ended()
	require.Equal(t, Position{PageStartTime: t1}, r.At())
}

func TestReadingGivesUpAToken(t *testing.T) {
	var r Reading
	r.Begin(Position{PageToken: "a", PageStartTime: t0})
	r.GiveUpToken()
	require.Equal(t, Position{PageStartTime: t0}, r.At())
	further, err := r.Element(Said{NextPageToken: "b"}, true)
	require.NoError(t, err)
	require.False(t, further)
}
