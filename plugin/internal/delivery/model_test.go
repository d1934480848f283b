package delivery_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/delivery"
)

// A mood is how the whole destination behaves for a while.
type mood int

const (
	good          mood = iota
	away               // no answer, or 503
	breaking           // connections break
	limiting           // Retry-After
	wrongToken         // 401 to everything
	wrongSchema        // "never this message" to everything
	signInPage         // 200 with a page to everything
	listsGoneAway      // bulk answers without items
	moods
)

// A modelDestination behaves as its mood says, and when it is good as its messages deserve.
// It lies: it may take messages and say that it didn't.
type modelDestination struct {
	random   *rand.Rand
	mood     mood
	ends     time.Duration // of the mood
	mood0    time.Duration // when it began
	calm     bool          // its moods are good, away and limiting only
	rejects  map[delivery.ID]bool
	blocks   map[delivery.ID]bool // a filter in front answers 403
	largest  int                  // messages a request
	lists    bool
	received map[delivery.ID]bool
	sent     int // requests in this mood
}

func (d *modelDestination) takes(ids ...delivery.ID) {
	for _, id := range ids {
		d.received[id] = true
	}
}

func (d *modelDestination) turn(at time.Duration) {
	for at >= d.ends {
		d.mood0, d.sent = d.ends, 0
		d.ends += time.Duration(30+d.random.IntN(3600)) * time.Second
		switch {
		case d.mood != good:
			d.mood = good
		case d.calm:
			d.mood = []mood{away, limiting}[d.random.IntN(2)]
		default:
			d.mood = mood(1 + d.random.IntN(int(moods)-1))
		}
	}
}

func (d *modelDestination) answer(at time.Duration, ids []delivery.ID) delivery.Answer {
	d.turn(at)
	d.sent++
	lies := d.random.IntN(3) == 0
	switch d.mood {
	case away:
		return delivery.Answer{Verdict: down}
	case breaking:
		if lies {
			d.takes(ids...)
		}
		return delivery.Answer{Verdict: brokenOff}
	case limiting:
		return delivery.Answer{Verdict: rejected, RetryAfter: time.Duration(1+d.random.IntN(60)) * time.Second}
	case wrongToken:
		return delivery.Answer{Verdict: failed}
	case wrongSchema:
		return delivery.Answer{Verdict: rejected}
	case signInPage:
		if lies {
			d.takes(ids...)
		}
		return delivery.Answer{Verdict: unexpected}
	case listsGoneAway:
		return delivery.Answer{Items: make([]delivery.Verdict, len(ids)+1)}
	}
	if len(ids) > d.largest {
		return delivery.Answer{Verdict: tooLarge}
	}
	var items []delivery.Verdict
	for _, id := range ids {
		switch {
		case d.rejects[id]:
			items = append(items, rejected)
		case d.blocks[id]:
			items = append(items, failed)
		default:
			items = append(items, delivered)
		}
	}
	if d.lists {
		for i, item := range items {
			if item == delivered {
				d.takes(ids[i])
			}
		}
		return delivery.Answer{Items: items}
	}
	for _, verdict := range []delivery.Verdict{failed, rejected} { // a filter stands in front
		if slices.Contains(items, verdict) {
			return delivery.Answer{Verdict: verdict}
		}
	}
	d.takes(ids...)
	return delivery.Answer{Verdict: delivered}
}

// TestModel holds the promises against destinations that lie, limit, break off, reject
// everything and come back.
func TestModel(t *testing.T) {
	for seed := range uint64(300) {
		random := rand.New(rand.NewPCG(seed, 23))
		d := &modelDestination{
			random: random, largest: 1 + random.IntN(30), lists: random.IntN(2) == 0, calm: seed%4 == 0,
			rejects: map[delivery.ID]bool{}, blocks: map[delivery.ID]bool{}, received: map[delivery.ID]bool{},
		}
		deadLetterAfter := time.Duration(random.IntN(4)) * 10 * time.Minute
		m := delivery.New(delivery.Options{DeadLetterAfter: deadLetterAfter})
		faults := random.IntN(2) == 0
		outcomes := map[delivery.ID]bool{}
		var order []delivery.ID
		var last delivery.ID
		now, lastDelivery, row := start, time.Duration(-1), 0
		var rowMood mood
		const horizon = 24 * time.Hour
		for now.Sub(start) < horizon {
			at := now.Sub(start)
			d.turn(at)
			if at < 12*time.Hour && last < 400 && random.IntN(4) == 0 {
				ids := make([]delivery.ID, 1+random.IntN(40)*random.IntN(2))
				for i := range ids {
					last++
					ids[i] = last
					if faults && !d.calm {
						d.rejects[last] = random.IntN(50) == 0
						d.blocks[last] = deadLetterAfter > 0 && random.IntN(100) == 0
					}
				}
				m.Add(ids)
			}
			ids, again := m.Next(now)
			if ids == nil {
				if again.IsZero() {
					again = now.Add(time.Duration(1+random.IntN(15)) * time.Minute)
				}
				now = again
				if at > 13*time.Hour && len(outcomes) == int(last) {
					break
				}
				continue
			}
			if at > 13*time.Hour { // it recovers for good, and something is always delivered
				d.mood, d.ends = good, 48*time.Hour
				if random.IntN(8) == 0 && len(outcomes) != int(last) {
					last++
					m.Add([]delivery.ID{last})
				}
			}
			now = now.Add(time.Duration(random.IntN(200)) * time.Millisecond)
			at = now.Sub(start)
			answer := d.answer(at, ids)
			for _, outcome := range m.Answer(now, answer) {
				id := outcome.ID
				_, twice := outcomes[id]
				require.False(t, twice, "seed %d: message %d has two outcomes", seed, id)
				require.Contains(t, ids, id, "seed %d: an outcome of a message that wasn't sent", seed)
				outcomes[id] = outcome.DeadLetter
				if !outcome.DeadLetter {
					require.True(t, d.received[id], "seed %d: message %d is lost", seed, id)
					order, lastDelivery, row = append(order, id), at, 0
					continue
				}
				if d.mood != rowMood {
					rowMood, row = d.mood, 0
				}
				switch d.mood {
				case good:
					require.True(t, d.rejects[id] || d.blocks[id], "seed %d: the good message %d is a dead letter", seed, id)
				case wrongSchema:
					// Ten at most, but for what was released by a delivery just before.
					row++
					if lastDelivery < d.mood0-time.Minute {
						require.LessOrEqual(t, row, 10, "seed %d: a wrong setting made dead letters", seed)
					}
				default:
					// Only in the moment at which a destination that works stops working.
					require.Less(t, d.mood0-lastDelivery, time.Second, "seed %d: mood %d made message %d a dead letter", seed, d.mood, id)
				}
			}
			if d.mood != good {
				// 17 quick ones at first, one a second at most while Retry-After says so, else the backoff.
				// A request that breaks off is halved up to six times, each new one once.
				limit := 40 + 8*len(ids) + int((at-d.mood0)/time.Second)
				if d.mood == away || d.mood == wrongToken || d.mood == signInPage {
					limit = 30 + 2*int((at-d.mood0)/time.Minute)
				}
				require.LessOrEqual(t, d.sent, limit, "seed %d: mood %d is asked too often", seed, d.mood)
			}
		}
		require.Len(t, outcomes, int(last), "seed %d: messages are left after %v", seed, now.Sub(start))
		for id, dead := range outcomes {
			if d.rejects[id] || d.blocks[id] {
				require.True(t, dead, "seed %d: message %d can't have been delivered", seed, id)
			}
		}
		if d.calm {
			require.True(t, slices.IsSorted(order), "seed %d: the order changed", seed)
		}
	}
}
