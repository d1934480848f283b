package chronicletest

import (
	"bytes"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"sort"
	"sync"
	"time"
)

// A searchIndex is the history by creation time, made when it is first searched and
// carried on since. A detection's creation time is its position, moved by the skew
// of WithCreationSkew; that in its JSON is not looked at.
type searchIndex struct {
	skew time.Duration

	mu      sync.Mutex // guards what follows
	entries int        // of the history that are in
	number  int        // of detections so far
	all     []found    // by creation time
	ruleIDs map[string]bool
}

// found is a detection.
type found struct {
	created time.Time
	curated bool
	ruleID  string
	body    []byte
}

// isCurated is what tells a detection of a curated rule from others.
var isCurated = []byte(`GCTI_FINDING`)

// ruleID finds the first one of a detection, which is that of its rule: a history may be
// large, and decoding all of it takes longer than reading it by search.
var ruleID = regexp.MustCompile(`"ruleId"\s*:\s*"([^"\\]*)"`)

// update takes in what was appended. It is called with mu held.
func (x *searchIndex) update(h *history) {
	h.mu.Lock()
	entries := h.entries[x.entries:]
	h.mu.Unlock()
	if len(entries) == 0 {
		return
	}
	for _, e := range entries {
		start := 0
		for k, end := range e.ends {
			x.add(e.position(k+1), e.body[start:end])
			start = end + 1
		}
	}
	x.entries += len(entries)
	sort.SliceStable(x.all, func(i, j int) bool { return x.all[i].created.Before(x.all[j].created) })
}

func (x *searchIndex) add(at time.Time, body []byte) {
	if x.skew > 0 {
		// Early and late by turns, and by different amounts.
		at = at.Add(x.skew * time.Duration(x.number%7-3) / 3)
	}
	x.number++
	d := found{created: at, body: body, curated: bytes.Contains(body, isCurated)}
	if match := ruleID.FindSubmatch(body); match != nil {
		d.ruleID = string(match[1])
	}
	if d.curated && d.ruleID != "" {
		if x.ruleIDs == nil {
			x.ruleIDs = make(map[string]bool)
		}
		x.ruleIDs[d.ruleID] = true
	}
	x.all = append(x.all, d)
}

// page is an answer. What does not fit into most bytes is cut off, and no token
// reaches it; 0 means no limit.
func (x *searchIndex) page(h *history, q searchQuery, list string, most int, tokens *pageTokens) []byte {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.update(h)
	at := sort.Search(len(x.all), func(i int) bool { return !x.all[i].created.Before(q.to) })
	if q.below >= 0 {
		at = min(at, q.below)
	}
	var bodies [][]byte
	count, size, truncated := 0, 0, false
	for at--; at >= 0 && !x.all[at].created.Before(q.from); at-- {
		d := &x.all[at]
		if !q.matches(d) {
			continue
		}
		if count == q.size {
			break
		}
		count++
		if truncated = truncated || most > 0 && size+len(d.body) > most; truncated {
			continue
		}
		size += len(d.body) + len(",")
		bodies = append(bodies, d.body)
	}
	if count == 0 {
		return []byte("{}\n")
	}
	answer := make([]byte, 0, size+1<<10)
	answer = append(answer, `{"`+list+`":[`...)
	for i, body := range bodies {
		if i > 0 {
			answer = append(answer, ',')
		}
		answer = append(answer, body...)
	}
	answer = append(answer, ']')
	if at >= 0 && !x.all[at].created.Before(q.from) {
		token := tokens.seal(q.from, window{start: q.to, last: at + 1})
		answer = append(answer, `,"nextPageToken":"`+token+`"`...)
	}
	if truncated {
		answer = append(answer, `,"respTooLargeDetectionsTruncated":true`...)
	}
	return append(answer, '}', '\n')
}

// matches says whether a detection is among what is asked for. Of curated rules
// the Chronicle API searches one at a time: "-" finds nothing there, and so does the
// id of a rule that isn't there.
func (q searchQuery) matches(d *found) bool {
	return d.curated == q.curated && (q.ruleID == "-" && !q.oneRule || q.ruleID == d.ruleID)
}

// rules is a page of the curated rules: those that the history has detections of.
func (x *searchIndex) rules(h *history, given url.Values) ([]byte, *Refusal) {
	for name := range given {
		if name != "pageSize" && name != "pageToken" {
			return nil, invalidArgument("Invalid JSON payload received. Unknown name %q: Cannot bind query parameter.", name)
		}
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.update(h)
	type rule struct {
		Name string `json:"name"`
	}
	var answer struct {
		Rules []rule `json:"curatedRules,omitempty"`
		Next  string `json:"nextPageToken,omitempty"`
	}
	// Small pages, so that there are several.
	const size = 3
	for _, id := range slices.Sorted(maps.Keys(x.ruleIDs)) {
		if id <= given.Get("pageToken") {
			continue
		}
		if len(answer.Rules) == size {
			answer.Next = answer.Rules[size-1].Name
			answer.Next = answer.Next[len("curatedRules/"):]
			break
		}
		answer.Rules = append(answer.Rules, rule{"curatedRules/" + id})
	}
	return mustJSON(answer), nil
}
