package chronicletest

import (
	"net/http"
	"strings"
)

// chronicle is the Chronicle API v1alpha. Its fields, its limits, its scope and
// its permission are from Google's documentation of legacyStreamDetectionAlerts;
// the enum's values and what positions mean are from clients' code.
type chronicle struct {
	options options
	history *history
	tokens  *pageTokens
}

const (
	chroniclePrefix = "/v1alpha/"
	chronicleMethod = "/legacy:legacyStreamDetectionAlerts"
	chronicleScope  = "https://www.googleapis.com/auth/cloud-platform"
	// chroniclePermission is in the roles Chronicle API Admin, Editor and Viewer.
	chroniclePermission = "chronicle.legacies.legacyStreamDetectionAlerts"

	fieldPageToken     = "pageToken"
	fieldPageStartTime = "pageStartTime"
	fieldMaxDetections = "maxDetections"
	fieldComposite     = "compositeAlertHandling"

	nextPageToken     = "nextPageToken"
	nextPageStartTime = "nextPageStartTime"

	// largestMaxDetections is what more is coerced to.
	largestMaxDetections = 1_000
)

func (*chronicle) name() string { return "chronicle" }

func (*chronicle) scope() string { return chronicleScope }

func (*chronicle) serves(path string) bool {
	instance, ok := instanceOf(path)
	return ok && isInstance(instance)
}

// instanceOf is the resource that a stream's path names.
func instanceOf(path string) (string, bool) {
	rest, ok := strings.CutPrefix(path, chroniclePrefix)
	if !ok {
		return "", false
	}
	return strings.CutSuffix(rest, chronicleMethod)
}

// isInstance tells whether name is an instance's full name, whichever it is.
func isInstance(name string) bool {
	parts := strings.Split(name, "/")
	return len(parts) == 6 &&
		parts[0] == "projects" && parts[1] != "" &&
		parts[2] == "locations" && parts[3] != "" &&
		parts[4] == "instances" && parts[5] != ""
}

func (c *chronicle) authorize(r *http.Request, caller grant) *Refusal {
	if wanted := c.options.quotaProject; wanted != "" {
		if refusal := checkQuota(r.Header, wanted); refusal != nil {
			return refusal
		}
	}
	instance, _ := instanceOf(r.URL.Path)
	denied := "Permission '" + chroniclePermission + "' denied on resource " +
		"'//chronicle.googleapis.com/" + instance + "' (or it may not exist)."
	switch {
	case !caller.allows(chronicleScope):
		return &Refusal{Status: http.StatusForbidden, Message: "Request had insufficient authentication scopes. " + denied}
	case c.options.instance != "" && c.options.instance != instance:
		return &Refusal{Status: http.StatusForbidden, Message: denied}
	}
	return nil
}

func (c *chronicle) read(fields payload, within reach) (start, *Refusal) {
	if refusal := fields.onlyFields(fieldPageToken, fieldPageStartTime, fieldContinuationTime,
		fieldBatchSize, fieldMaxDetections, fieldComposite); refusal != nil {
		return start{}, refusal
	}
	// Checked, and of no further effect: nothing in the history is composite.
	if refusal := fields.enum(fieldComposite,
		"COMPOSITE_ALERT_HANDLING_UNSPECIFIED", "FLATTEN_EVENTS_ENTITIES"); refusal != nil {
		return start{}, refusal
	}
	batch, refusal := fields.atLeastOne(fieldBatchSize)
	if refusal != nil {
		return start{}, refusal
	}
	most, refusal := fields.atLeastOne(fieldMaxDetections)
	if refusal != nil {
		return start{}, refusal
	}
	begin, refusal := c.position(fields, within)
	begin.batch, begin.most = min(batch, largestBatchSize), min(most, largestMaxDetections)
	return begin, refusal
}

// position is where the fields say to begin. A token outranks a start time, and
// that the continuation time which it replaced. What is outranked has to be well
// formed, and may be as old as it likes.
func (c *chronicle) position(fields payload, within reach) (start, *Refusal) {
	var begin start
	var decisive string
	for _, name := range []string{fieldContinuationTime, fieldPageStartTime} {
		at, refusal := fields.timestamp(name)
		if refusal != nil {
			return start{}, refusal
		}
		if _, ok := fields[name]; ok {
			decisive = name
			begin = start{resume: true, at: at, window: window{start: at}}
		}
	}
	if given, ok := fields[fieldPageToken]; ok {
		return c.resume(given, fields, within)
	}
	if decisive != "" {
		if refusal := within.check(decisive, begin.at); refusal != nil {
			return start{}, refusal
		}
	}
	return begin, nil
}

// resume is where a page token says to begin.
func (c *chronicle) resume(given value, fields payload, within reach) (start, *Refusal) {
	token, ok := fields.str(fieldPageToken)
	if !ok {
		return start{}, given.invalid(fieldPageToken, "TYPE_STRING")
	}
	at, w, ok := c.tokens.open(token)
	if !ok || at.Before(within.oldest) {
		return start{}, invalidArgument("Invalid value at '%s': the token is not valid or has expired.", fieldPageToken)
	}
	return start{resume: true, at: at, window: w}, nil
}

func (c *chronicle) feed(begin start) feed {
	return &pager{api: c, window: begin.window}
}
