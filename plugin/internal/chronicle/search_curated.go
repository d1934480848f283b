package chronicle

import (
	"encoding/json"
	"errors"
	"net/http"
	"path"
	"time"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// curatedRules are those of an instance that have anything in a span. The Chronicle
// API searches one a request, and an instance has hundreds, of which few have found
// anything: each is asked once for the whole span, and then only those for each
// slice.
type curatedRules struct {
	from, until time.Time
	listed      bool
	token       string // of the page of the list to go on with
	most        int    // that were listed before a failure
	ids         []string
	asked       int // of ids
	active      []string
}

// findCurated finds them. What was asked before a failure is not asked again.
func (r *searchRun) findCurated(from, until time.Time) error {
	c := &r.curated
	if r.Client.Endpoint.API == Backstory || !from.Before(until) {
		return nil
	}
	if !c.until.Equal(until) || from.Before(c.from) {
		*c = curatedRules{from: from, until: until}
		r.part = nil // without those that were active before
	}
	if !c.listed {
		switch err := r.listCurated(c); {
		case hasNone(err):
			r.Unsearchable(err, from, until)
		case err != nil:
			return err
		}
		c.listed = true
	}
	for ; c.asked < len(c.ids); c.asked++ {
		id, found := c.ids[c.asked], false
		q := query{method: chronicleCurated, ruleID: id, from: c.from, to: until, size: 1}
		next, truncated, err := r.page(q, func(detections []stream.Detection) error {
			found = found || len(detections) > 0
			return nil
		})
		if err != nil {
			return err
		}
		if found || truncated || next != "" {
			c.active = append(c.active, id)
		}
		r.conn.further = true
	}
	return nil
}

// listCurated lists the ids of all of them. After too many requests it goes on where it
// was, else from the first page.
func (r *searchRun) listCurated(c *curatedRules) error {
	q := query{method: chronicleRules, size: pageSize}
	for {
		q.token = c.token
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
		if err != nil {
			if !isTooOften(err) {
				c.token, c.ids = "", nil
			}
			return err
		}
		c.ids = append(c.ids, ids...)
		if next == "" || next == q.token {
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
