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
	}
	if !c.listed {
		ids, err := r.listCurated()
		switch {
		case hasNone(err):
			r.Unsearchable(err, from, until)
		case err != nil:
			return err
		}
		c.ids, c.listed = ids, true
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
	}
	return nil
}

// listCurated lists the ids of all of them.
func (r *searchRun) listCurated() (ids []string, err error) {
	q := query{method: chronicleRules, size: pageSize}
	for {
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
		switch {
		case err != nil:
			return nil, err
		case next == "" || next == q.token:
			return ids, nil
		}
		q.token = next
	}
}

// hasNone says whether there is no such method where it was asked for. A permission
// that is missing can be given, and is a failure.
func hasNone(err error) bool {
	refused, ok := errors.AsType[*Refusal](err)
	return ok && (refused.Code == http.StatusNotFound || refused.Code == http.StatusMethodNotAllowed || refused.Code == http.StatusNotImplemented)
}
