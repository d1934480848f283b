package chronicletest

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"time"
)

const (
	// largestPage is what more is coerced to, and usualPage what is not said comes to.
	largestPage = 1_000
	usualPage   = 100
)

// A searchQuery is what a request asks for.
type searchQuery struct {
	curated  bool
	ruleID   string // "-" for all
	oneRule  bool   // there is no all
	from, to time.Time
	size     int
	// below is the place in the index to go on from, downwards; -1 for the newest.
	below int
}

// readSearch checks the parameters. The Chronicle API writes them in camel case, the
// Backstory API in snake case and has the rule in the path.
func readSearch(given url.Values, m *searchMethodOf, tokens *pageTokens) (q searchQuery, refusal *Refusal) {
	names := map[string]string{"state": "alertState", "basis": "listBasis", "from": "startTime", "to": "endTime", "size": "pageSize", "token": "pageToken", "rule": "ruleId"}
	if m.api == "backstory" {
		names = map[string]string{"state": "alert_state", "basis": "list_basis", "from": "start_time", "to": "end_time", "size": "page_size", "token": "page_token"}
	}
	known := slices.Collect(maps.Values(names))
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(known, name) {
			return q, invalidArgument("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter.", name)
		}
	}
	// Every detection of the history is one of a rule that alerts.
	if state := given.Get(names["state"]); state != "" && state != "ALERTING" {
		return q, invalidArgument("Invalid value at '%s' (TYPE_ENUM), %q", names["state"], state)
	}
	if basis := given.Get(names["basis"]); basis != "CREATED_TIME" {
		return q, invalidArgument("Invalid value at '%s' (TYPE_ENUM), %q", names["basis"], basis)
	}
	q = searchQuery{curated: m.curated, ruleID: "-", size: usualPage, below: -1}
	if m.api == "chronicle" {
		q.oneRule = m.curated
		if q.ruleID = given.Get(names["rule"]); q.ruleID == "" {
			return q, invalidArgument("Invalid value at '%s': it is required.", names["rule"])
		}
	}
	for name, at := range map[string]*time.Time{names["from"]: &q.from, names["to"]: &q.to} {
		t, err := time.Parse(time.RFC3339, given.Get(name))
		if err != nil {
			return q, invalidArgument("Invalid value at '%s' (google.protobuf.Timestamp), %q", name, given.Get(name))
		}
		*at = t
	}
	if !q.from.Before(q.to) {
		return q, invalidArgument("Invalid value at '%s': it is not before '%s'.", names["from"], names["to"])
	}
	if text := given.Get(names["size"]); text != "" {
		size, err := strconv.Atoi(text)
		if err != nil || size < 0 {
			return q, invalidArgument("Invalid value at '%s' (TYPE_INT32), %q", names["size"], text)
		}
		if size > 0 {
			q.size = min(size, largestPage)
		}
	}
	if token := given.Get(names["token"]); token != "" {
		from, w, ok := tokens.open(token)
		if !ok || !from.Equal(q.from.Truncate(positionStep)) || !w.start.Equal(q.to.Truncate(positionStep)) {
			return q, invalidArgument("Invalid value at '%s': the token is not valid or has expired.", names["token"])
		}
		q.below = w.last
	}
	return q, nil
}
