package input

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/answer"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
)

// An export reads by search up to a configured end, and then ends the input in good order.
type export struct {
	end time.Time // zero until it is known by the server's clock
	// pending is the end while something before it is not read or not delivered. Close
	// reads it, beside whatever else runs.
	pending atomic.Pointer[time.Time]
}

// endBy is the end of an export by the server's clock: a duration ago is meant by that, and
// nothing is complete in the server's future.
func endBy(server answer.Clock, end time.Time, ago bool) time.Time {
	if !server.Known {
		return end
	}
	if ago && server.IsOff(answer.ClockTolerance) {
		end = end.Add(-server.Ahead)
	}
	if end.After(server.Date) {
		end = server.Date
	}
	return end.Truncate(time.Microsecond)
}

// searchToEnd has a configured end read up to. It says whether anything is left.
func (in *input) searchToEnd(ctx context.Context) (left bool, _ error) {
	if in.conf.End.IsZero() {
		return true, nil
	}
	if err := in.locateEnd(ctx); err != nil {
		return false, err
	}
	end := in.export.end
	in.cursor.searchTo = end
	if in.cursor.At().Time().Before(end) {
		in.export.pending.Store(&end)
		return true, nil
	}
	in.log.Infof("Nothing is left to read: all before %s was read before", position.At(end))
	in.ended = true
	return false, nil
}

// longAgo is how old a written end is that no clock can be wrong about.
const longAgo = 24 * time.Hour

// locateEnd finds the end by the server's clock, once, where that matters: not for a written
// end that is reached or was long ago.
func (in *input) locateEnd(ctx context.Context) error {
	if !in.export.end.IsZero() {
		return nil
	}
	end := in.conf.End
	switch {
	case !in.conf.EndAgo && !in.cursor.At().Time().Before(end):
		in.export.end = end
		return nil
	case !in.conf.EndAgo && time.Since(end) > longAgo:
		in.export.end = end
		in.logSpan()
		return nil
	}
	server, err := in.searcher.Clock(ctx)
	if err != nil {
		return err
	}
	in.corrected(server, nil)
	in.reportClock(server)
	in.export.end = endBy(server, end, in.conf.EndAgo)
	if early := end.Sub(in.export.end); !in.conf.EndAgo && early > answer.ClockTolerance {
		in.log.Warnf("The end, %s, is in the server's future: reading ends at its present, %s; run the same command later for the rest", position.At(end), position.At(in.export.end))
	}
	in.logSpan()
	return nil
}

func (in *input) logSpan() {
	in.log.Infof("What was created from %s to %s is read by search: %s", in.cursor.At(), position.At(in.export.end), notSearched)
}

// failed takes in that the input ends because of err, and makes the error of an export of it.
func (e *export) failed(err error) error {
	end := e.pending.Swap(nil)
	if end == nil {
		return err
	}
	return fmt.Errorf("the export up to %s is incomplete: %w; the same command goes on where this one has ended", position.At(*end), err)
}

// reportInterrupted reports, when the input is closed and the last position is stored, that
// an export has not come to its end.
func (in *input) reportInterrupted() {
	end := in.export.pending.Load()
	if end == nil {
		return
	}
	reached := in.keeper.Stored()
	if !reached.Time().Before(*end) {
		return
	}
	goOn := "run the same command again to go on from " + reached.String()
	if in.store == nil || reached.IsZero() {
		goOn = "no position is stored, so the same command begins anew"
	}
	err := fmt.Errorf("the export up to %s is incomplete, since it was interrupted: %s", position.At(*end), goOn)
	in.log.Errorf("%v", err)
	in.host.Ended(in.place, err)
}
