package journal

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFlightLines(t *testing.T) {
	const tick = 5 * time.Second
	// A batch is in flight from one time to another.
	type batch struct {
		from, to time.Duration
		messages int
	}
	steady := func(every, lasts time.Duration) (batches []batch) {
		for at := time.Duration(0); at < 40*time.Minute; at += every {
			batches = append(batches, batch{at, at + lasts, 10})
		}
		return batches
	}
	for _, test := range []struct {
		name    string
		batches []batch
		want    map[time.Duration]string
	}{
		{"nothing", nil, nil},
		{"less than a minute each", steady(20*time.Second, 55*time.Second), nil},
		{"one message for just a minute", []batch{{0, time.Minute + tick, 1}}, map[time.Duration]string{
			time.Minute:                 "No output has taken 1 message that is in flight, the oldest for 1m0s",
			time.Minute + overdueForget: "Nothing in flight is older than a minute any more, after 1m0s",
		}},
		{"one batch for long, others not", []batch{{0, 2 * time.Minute, 7}, {5 * time.Minute, 27 * time.Minute, 5}, {6 * time.Minute, 8 * time.Minute, 3}}, map[time.Duration]string{
			time.Minute:           "No output has taken 7 messages that are in flight, the oldest for 1m0s",
			4*time.Minute - tick:  "Nothing in flight is older than a minute any more, after 1m55s",
			6 * time.Minute:       "No output has taken 8 messages that are in flight, the oldest for 1m0s",
			16 * time.Minute:      "No output has taken 5 messages that are in flight, the oldest for 11m0s",
			26 * time.Minute:      "No output has taken 5 messages that are in flight, the oldest for 21m0s",
			29*time.Minute - tick: "Nothing in flight is older than a minute any more, after 21m55s",
		}},
		{"always somewhat more than a minute", steady(70*time.Second, 70*time.Second), map[time.Duration]string{
			time.Minute:                     "No output has taken 10 messages that are in flight, the oldest for 1m0s",
			11*time.Minute + 30*time.Second: "No output has taken 10 messages that are in flight, the oldest for 1m0s",
			22 * time.Minute:                "No output has taken 10 messages that are in flight, the oldest for 1m0s",
			32*time.Minute + 30*time.Second: "No output has taken 10 messages that are in flight, the oldest for 1m0s",
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var f Flight
			begin := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
			settled := make(map[int]func(int))
			got := make(map[time.Duration]string)
			for at := time.Duration(0); at <= 32*time.Minute+30*time.Second; at += tick {
				for i, b := range test.batches {
					if b.from == at {
						settled[i] = f.HandOver(begin.Add(at), b.messages)
					}
					if b.to == at {
						settled[i](b.messages)
					}
				}
				if line, _ := f.Line(begin.Add(at)); line != "" {
					got[at] = line
				}
			}
			if test.want == nil {
				test.want = map[time.Duration]string{}
			}
			require.Equal(t, test.want, got)
		})
	}
}

// A batch is in flight until the last of its parts is settled.
func TestFlightParts(t *testing.T) {
	var f Flight
	begin := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	require.Zero(t, f.Oldest(begin))
	first := f.HandOver(begin, 5)
	second := f.HandOver(begin.Add(time.Second), 1)
	first(2)
	now := begin.Add(time.Minute)
	require.Equal(t, time.Minute, f.Oldest(now))
	line, overdue := f.Line(now)
	require.True(t, overdue)
	require.Equal(t, "No output has taken 4 messages that are in flight, the oldest for 1m0s", line)
	first(3)
	require.Equal(t, 59*time.Second, f.Oldest(now))
	second(1)
	require.Zero(t, f.Oldest(now))
}
