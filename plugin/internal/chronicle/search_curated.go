package chronicle

import (
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// curatedRules are those of an instance, and which of them have anything in a window of
// time. The Chronicle API searches one a request, and an instance has hundreds, of which
// few have found anything: each is asked once for the whole window, and then only those
// for each slice. The first window is all of the search. Where a server does not manage
// that, windows become shorter, like slices.
type curatedRules struct {
	until     time.Time // of the search that they were listed for
	listed    bool
	token     string // of the page of the list to go on with
	tokens    pageTokens
	most      int // ids that were listed, in any attempt
	ids       []string
	skipped   map[string]bool // left out, since they cannot be searched
	permitted bool            // some curated rule can be

	from, end time.Time // of the window
	windows   sliceLength
	asked     int // of ids, for the window
	active    []string
	attempts  attempts
}

// findCurated makes the window the one that a time is in. What was asked before a failure
// is not asked again.
func (r *searchRun) findCurated(at, until time.Time) error {
	c := &r.curated
	if r.Client.Endpoint.API == Backstory || !at.Before(until) {
		return nil
	}
	if !c.until.Equal(until) || at.Before(c.from) {
		*c = curatedRules{until: until, from: at, end: until, skipped: make(map[string]bool)}
		c.windows.length = until.Sub(at)
		r.part = nil // without those that were active before
		r.LeftOut("", nil, 0)
	}
	if !c.listed {
		switch err := r.listCurated(c); {
		case hasNone(err):
			r.Unsearchable(err, at, until)
			c.ids = nil
		case err != nil:
			return err
		}
		c.listed = true
	}
	if !at.Before(c.end) {
		c.windows.worked(0, 0, c.end.Sub(c.from))
		c.from, c.end = at, earliest(c.windows.end(at), until)
		c.asked, c.active = 0, nil
	}
	for c.asked < len(c.ids) {
		if err := r.askCurated(c); err != nil {
			return err
		}
	}
	return nil
}

// askCurated asks the next rule whether it has anything in the window.
func (r *searchRun) askCurated(c *curatedRules) error {
	id := c.ids[c.asked]
	switch {
	case c.skipped[id]:
		c.asked++
		return nil
	case c.end.Sub(c.from) <= r.length.next():
		// A slice is as long, so its own query tells.
		c.active = append(c.active, c.ids[c.asked:]...)
		c.asked = len(c.ids)
		return nil
	}
	found := false
	q := query{method: chronicleCurated, ruleID: id, from: c.from, to: c.end, size: 1}
	next, truncated, err := r.page(q, func(detections []stream.Detection) error {
		found = found || len(detections) > 0
		return nil
	})
	if err != nil {
		left, err := r.leaveOut(q, err)
		if left || failureKindOf(err) == failureOther {
			return err
		}
		divide, atOnce := r.blames(&c.attempts, &c.windows, q, err)
		if divide {
			// What has nothing in a longer window has nothing in this one.
			c.end = earliest(c.windows.end(c.from), c.end)
		}
		if atOnce {
			return nil
		}
		return err
	}
	c.permitted, c.attempts = true, attempts{}
	if found || truncated || next != "" {
		c.active = append(c.active, id)
	}
	c.asked++
	r.conn.further = true
	return nil
}

// refusalsOfARule is how many refusals in a row have a curated rule left out. One alone may
// be a passing fault of the server.
const refusalsOfARule = 3

// refusalOfARule returns the refusal by which a curated rule cannot be searched, nil if err
// is another one.
func refusalOfARule(q query, err error) *Refusal {
	refused, ok := errors.AsType[*Refusal](err)
	if !ok || q.method != chronicleCurated || refused.Code != http.StatusForbidden && refused.Code != http.StatusNotFound {
		return nil
	}
	return refused
}

// leaveOut leaves a curated rule out of the search that cannot be searched, if err says so
// and goes on to: 404, or 403 where that is not for want of the permission to search any of
// them, which is a failure: it can be given. It returns the error that is left.
func (r *searchRun) leaveOut(q query, err error) (left bool, _ error) {
	refused := refusalOfARule(q, err)
	if refused == nil {
		return false, err
	}
	again := q
	again.size, again.token = 1, ""
	for range refusalsOfARule - 1 {
		_, _, next := r.page(again, func([]stream.Detection) error { return nil })
		switch {
		case next == nil:
			return false, err // tried again, like any failure
		case refusalOfARule(again, next) == nil:
			return false, next
		}
	}
	c := &r.curated
	if refused.Code == http.StatusForbidden && !c.permitted {
		// Of no rule in particular an account with the permission finds nothing.
		now := time.Now()
		none := query{method: chronicleCurated, ruleID: "-", from: now.Add(-time.Hour), to: now, size: 1}
		_, _, err := r.page(none, func([]stream.Detection) error { return nil })
		other, isRefusal := errors.AsType[*Refusal](err)
		if err != nil && (!isRefusal || other.Code != http.StatusBadRequest && other.Code != http.StatusNotFound) {
			return false, err
		}
		c.permitted = true
	}
	if c.skipped == nil {
		c.skipped = make(map[string]bool)
	}
	c.skipped[q.ruleID] = true
	r.conn.further = true
	r.LeftOut(q.ruleID, err, len(c.skipped))
	return true, nil
}

// listCurated lists the ids of all of them. After a failure it goes on with the page that
// failed.
func (r *searchRun) listCurated(c *curatedRules) error {
	for {
		q := query{method: chronicleRules, size: pageSize, token: c.token}
		var ids []string
		next, _, err := r.page(q, func(rules []stream.Detection) error {
			for i := range rules {
				var rule struct {
					Name string `json:"name"`
				}
				if err := json.Unmarshal(rules[i].Raw, &rule); err != nil {
					return err
				}
				ids = append(ids, path.Base(rule.Name))
			}
			return nil
		})
		if err == nil && next != "" && !c.tokens.add(next) {
			err = r.wrong(q, errRepeatedToken)
		}
		if err != nil {
			if kind := failureKindOf(err); kind == failureToken || errors.Is(err, errRepeatedToken) {
				c.token, c.tokens, c.ids = "", pageTokens{}, nil
			}
			return err
		}
		c.ids = append(c.ids, ids...)
		if next == "" {
			return nil
		}
		c.token = next
		if len(c.ids) > c.most {
			c.most, r.conn.further = len(c.ids), true
		}
	}
}

// hasNone says whether there is no such method where it was asked for. A permission
// that is missing can be given, and is a failure.
func hasNone(err error) bool {
	refused, ok := errors.AsType[*Refusal](err)
	return ok && (refused.Code == http.StatusNotFound || refused.Code == http.StatusMethodNotAllowed || refused.Code == http.StatusNotImplemented)
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
