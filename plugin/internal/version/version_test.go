package version

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// at is a version of a detection that was last changed at that second of 2026.
func at(second int, text string) []byte {
	return fmt.Appendf(nil, `{"lastUpdatedTime":"2026-01-01T00:00:%02dZ","text":%q}`, second, text)
}

const year2026 = 1767225600000 * 1000

func TestNumbers(t *testing.T) {
	n := New(100)
	for i, step := range []struct {
		id   string
		raw  []byte
		want int64
	}{
		{"de_1", at(0, "first"), year2026},
		{"de_1", at(0, "second"), year2026 + 1},
		{"de_1", at(1, "third"), year2026 + 1_000_000},
		{"de_1", at(0, "first"), year2026}, // a retry
		{"de_1", at(0, "fourth"), year2026 + 2},
		{"de_1", at(0, "second"), year2026 + 1},
		{"de_1", at(1, "third"), year2026 + 1_000_000},
		{"de_2", at(0, "second"), year2026}, // another detection
		{"", at(0, "first"), year2026},
		{"", at(0, "second"), year2026},
		{"de_3", []byte(`{"createdTime":"2026-01-01T00:00:00.0015Z"}`), year2026 + 1000},
		{"de_3", []byte(`{"createdTime":"2026-01-01T00:00:00.0019Z"}`), year2026 + 1001}, // the same millisecond
		{"de_4", []byte(`{"id":"de_4"}`), 0},
		{"de_4", []byte(`not JSON`), 1},
		{"de_4", []byte(`{"createdTime":"1960-01-01T00:00:00Z"}`), 2},
		{"de_5", []byte(`{"createdTime":"9999-12-31T23:59:59.999Z"}`), 253402300799999_000},
	} {
		require.Equal(t, step.want, n.Of(step.id, step.raw), "step %d", i)
	}
}

// The numbers of a version that comes again after any number of others never exceed
// those of its successors.
func TestNumbersForget(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		n := New(1 + random.IntN(20))
		first, second := n.Of("de_1", at(0, "first")), n.Of("de_1", at(0, "second"))
		require.Less(t, first, second)
		for i := range random.IntN(100) {
			n.Of(fmt.Sprint("de_other_", i), at(0, ""))
			if random.IntN(10) == 0 {
				require.LessOrEqual(t, n.Of("de_1", at(0, "first")), first)
			}
		}
		require.Less(t, n.Of("de_1", at(0, "first")), second)
	}
}

func TestNumbersAreBounded(t *testing.T) {
	const limit = 2000
	size := func(n *Numbers) (versions int) {
		for _, generation := range []map[uint64][]uint64{n.recent, n.older} {
			for _, of := range generation {
				versions += len(of)
			}
		}
		return versions
	}
	n, largest := New(limit), 0
	for i := range 5 * limit {
		n.Of(fmt.Sprint("de_", i), at(0, ""))
		// One that keeps changing within its millisecond shares the last number.
		require.Less(t, n.Of("de_changing", at(0, fmt.Sprint(i))), int64(year2026+counters))
		largest = max(largest, size(n))
	}
	require.Less(t, largest, 2*(limit+counters))
	require.GreaterOrEqual(t, largest, limit)
}

// Each of several goroutines gets the same numbers for the same versions, and no two
// versions share one.
func TestNumbersConcurrently(t *testing.T) {
	const goroutines, detections, versions = 8, 50, 20
	n := New(goroutines * detections * versions)
	numbers := make([]map[string]int64, goroutines)
	var running sync.WaitGroup
	for g := range goroutines {
		numbers[g] = make(map[string]int64)
		running.Go(func() {
			random := rand.New(rand.NewPCG(uint64(g), 0))
			for range 4 * detections * versions {
				id, text := fmt.Sprint("de_", random.IntN(detections)), fmt.Sprint(random.IntN(versions))
				numbers[g][id+" "+text] = n.Of(id, at(0, text))
			}
		})
	}
	running.Wait()
	all := make(map[string]int64)
	taken := make(map[string]string)
	for _, of := range numbers {
		for version, number := range of {
			if known, found := all[version]; found {
				require.Equal(t, known, number, version)
				continue
			}
			all[version] = number
			var id, text string
			_, err := fmt.Sscan(version, &id, &text)
			require.NoError(t, err)
			key := fmt.Sprint(id, " ", number)
			require.Empty(t, taken[key], "%s and %s share a number", taken[key], version)
			taken[key] = version
		}
	}
}

func BenchmarkNumbers(b *testing.B) {
	n := New(Remembered)
	raw := fmt.Appendf(nil, `{"createdTime":"2026-01-01T00:00:00Z","text":"%04000d"}`, 1)
	b.SetBytes(int64(len(raw)))
	ids := make([]string, 100_000)
	for i := range ids {
		ids[i] = fmt.Sprint("de_", i)
	}
	for i := 0; b.Loop(); i++ {
		n.Of(ids[i%len(ids)], raw)
	}
}
