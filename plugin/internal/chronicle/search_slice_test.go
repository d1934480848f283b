package chronicle

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

var sliceBegin = time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)

func detectionAt(minute int) stream.Detection {
	return stream.Detection{Raw: fmt.Appendf(nil, `{"id":"de_%02d","createdTime":"2026-03-01T00:%02[1]d:00Z"}`, minute)}
}

func ids(detections []stream.Detection) (all []string) {
	for _, d := range detections {
		all = append(all, string(d.Raw[7:12]))
	}
	return all
}

func twoQueries() []query {
	return []query{{method: backstoryDetections}, {method: backstoryCurated}}
}

// What was read of a slice stays through divisions, and is in order in the end.
func TestPartOfSliceIsDivided(t *testing.T) {
	var l sliceLength
	p := newPart(sliceBegin, sliceBegin.Add(time.Hour), twoQueries())
	l.tooLong(p.query(&l).span())
	p.divide()
	require.Equal(t, []string{"00:30-01:00", "00:00-00:30", "00:00-01:00"}, spans(p))
	require.NoError(t, p.add([]stream.Detection{detectionAt(50)}, 10, "t1"))
	require.Equal(t, "t1", p.query(&l).token)
	l.tooLong(p.query(&l).span())
	p.divide() // and the page that was read goes
	require.Equal(t, []string{"00:45-01:00", "00:30-00:45", "00:00-00:30", "00:00-01:00"}, spans(p))
	require.NoError(t, p.add([]stream.Detection{detectionAt(50)}, 10, ""))
	require.NoError(t, p.add([]stream.Detection{detectionAt(40)}, 10, ""))
	p.query(&l)
	require.Equal(t, []string{"00:15-00:30", "00:00-00:15", "00:00-01:00"}, spans(p), "half an hour is known to be too long")
	require.NoError(t, p.add([]stream.Detection{detectionAt(20)}, 10, ""))
	require.NoError(t, p.add(nil, 0, ""))
	for len(p.queries) > 0 {
		q := p.query(&l)
		require.LessOrEqual(t, q.span(), 15*time.Minute+time.Microsecond)
		require.NoError(t, p.add([]stream.Detection{detectionAt(int(q.from.Sub(sliceBegin).Minutes()) + 5)}, 10, ""))
	}
	require.Equal(t, 7, p.held.count)
	require.Equal(t, 70, p.held.bytes)
	require.Equal(t, []string{"de_05", "de_20", "de_20", "de_35", "de_40", "de_50", "de_50"}, ids(p.held.inOrder()))
}

func spans(p *partOfSlice) (all []string) {
	for _, q := range p.queries {
		all = append(all, q.from.Format("15:04")+"-"+q.to.Format("15:04"))
	}
	return all
}

// Page tokens that come again after any number of others have no end.
func TestPageTokensThatRepeat(t *testing.T) {
	for cycle := 1; cycle <= 4; cycle++ {
		p := newPart(sliceBegin, sliceBegin.Add(time.Hour), twoQueries())
		var err error
		pages := 0
		for ; err == nil; pages++ {
			require.Less(t, pages, 10)
			err = p.add([]stream.Detection{detectionAt(pages)}, 1, fmt.Sprintf("t%d", pages%cycle))
		}
		require.ErrorIs(t, err, errRepeatedToken)
		require.Equal(t, cycle+1, pages)
		require.Zero(t, p.held.count, "the query begins anew")
		require.Empty(t, p.queries[0].token)
	}
}

func TestPartOfSliceWithoutARule(t *testing.T) {
	p := newPart(sliceBegin, sliceBegin.Add(time.Hour), []query{
		{method: chronicleDetections, ruleID: "-"}, {method: chronicleCurated, ruleID: "ur_1"}, {method: chronicleCurated, ruleID: "ur_2"},
	})
	require.NoError(t, p.add([]stream.Detection{detectionAt(50)}, 51, ""))
	p.divide()
	require.NoError(t, p.add([]stream.Detection{detectionAt(40)}, len(detectionAt(40).Raw), ""))
	p.leaveOut()
	require.Len(t, p.queries, 1)
	require.Equal(t, "ur_2", p.queries[0].ruleID)
	require.Equal(t, 1, p.held.count)
	require.Equal(t, 51, p.held.bytes)
	require.NoError(t, p.add(nil, 0, ""))
	require.Equal(t, []string{"de_50"}, ids(p.held.inOrder()))
}

// Where a slice has too much, the page that did not fit tells which part of it alone does.
func TestDensePartOfSlice(t *testing.T) {
	p := newPart(sliceBegin, sliceBegin.Add(time.Hour), twoQueries())
	minute := func(n int) time.Time { return sliceBegin.Add(time.Duration(n) * time.Minute) }
	page := []stream.Detection{detectionAt(55), detectionAt(50)}
	require.Equal(t, densePart{from: minute(50), to: minute(55).Add(time.Microsecond)}, p.dense(page))
	require.NoError(t, p.add(page, 100, "t1"))
	require.Equal(t, densePart{from: minute(40), to: minute(55).Add(time.Microsecond)}, p.dense([]stream.Detection{detectionAt(45), detectionAt(40)}))
	require.True(t, p.dense([]stream.Detection{{Raw: []byte(`{}`)}}).from.Before(sliceBegin), "it does not tell")
	p.begin.count = holdCount/2 + 1
	require.Equal(t, densePart{from: minute(0), to: minute(60)}, p.dense(page), "the list before has the most of it")
}

func TestSearchProgress(t *testing.T) {
	progress := func(minutes, done, pages int) searchProgress {
		return searchProgress{sliceBegin.Add(time.Duration(minutes) * time.Minute), done, pages}
	}
	inOrder := []searchProgress{{}, progress(0, 0, 1), progress(0, 0, 2), progress(0, 1, 0), progress(1, 0, 0)}
	for i, p := range inOrder {
		for k, other := range inOrder {
			require.Equal(t, i > k, p.isAfter(other), "%d, %d", i, k)
		}
	}
}
