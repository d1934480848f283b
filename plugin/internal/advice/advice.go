package advice

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// Wait is what there is to do where the input itself does what can be done. The
// log doesn't say it.
const Wait = "wait a while and try again; a running pipeline does so by itself"

// About is what of the configuration advice depends on.
type About struct {
	Endpoint chronicle.Endpoint
	Request  chronicle.Options
	// CacheKey is that of the position.
	CacheKey string
}

// On is what a person can do about err, "" where that is to wait. It is the only
// place of its kind: what the input itself does about an error is decided
// elsewhere.
func (a About) On(err error) string {
	var (
		cache     *position.CacheError
		token     *signin.Error
		refused   *chronicle.Refusal
		unheard   *network.Error
		malformed *stream.SyntaxError
		silence   *chronicle.SilenceError
	)
	switch {
	case errors.As(err, &cache) && cache.Directory:
		return a.adviseDirectory(cache)
	case errors.As(err, &cache) && cache.IsFinal():
		return fmt.Sprintf("make it possible to store the position: for a file cache its directory has to exist and be writable, and %s, which is %q, has to be the name of a file, without slashes", field.CheckpointCacheKey, a.CacheKey)
	case errors.As(err, &cache):
		return "check the cache resource " + cache.Label + ", and the server that it needs; the input waits for it, since beginning without the stored position would skip detections"
	case errors.As(err, &unheard):
		// Before those that the network was needed for.
		return a.adviseNetwork(unheard)
	case errors.As(err, &token):
		return a.adviseSignIn(token)
	case errors.As(err, &refused):
		return a.adviseRefusal(refused)
	case errors.As(err, &malformed) && malformed.Offset == 0:
		return a.adviseStranger()
	case errors.As(err, &silence) && silence.Unanswered:
		return a.adviseUnanswered()
	}
	return ""
}

// adviseDirectory is for a directory that the position cannot be kept in.
func (a About) adviseDirectory(err *position.CacheError) string {
	if errors.Is(err, position.ErrLocked) {
		return fmt.Sprintf("stop the other process, or give each a %s or a %s of its own", field.CheckpointCacheKey, field.CheckpointDir)
	}
	if _, corrupt := errors.AsType[*position.CorruptError](err); corrupt {
		return fmt.Sprintf("find out what else writes the file %s there, delete the file, and set %s to where reading has to go on", a.CacheKey, field.StartTime)
	}
	return fmt.Sprintf("let this process read and write the directory and the files %s and %[1]s%s in it; %s has to be the name of a file", a.CacheKey, position.LockSuffix, field.CheckpointCacheKey)
}

// SharedKey is for two processes that store their positions under one key.
func SharedKey() string {
	return "Both deliver everything, and after a restart one may begin where the other was, without what lies between. Stop one of them, or give each a " + field.CheckpointCacheKey + " of its own"
}

// Overdue is for messages that no output takes.
func Overdue() string {
	return "look for what the output says of it in the log, and whether its destination answers. Nothing is lost: the position waits, and after a restart they come again"
}

// adviseStranger is for an answer that is not Chronicle's.
func (a About) adviseStranger() string {
	const strangers = "a proxy's page, a sign-in page or another service"
	if a.Endpoint.Custom {
		return "find out what answers at " + a.Endpoint.URL.Host + ", such as " + strangers + ", and correct " + field.BaseURL
	}
	return "find out what answers at " + a.Endpoint.URL.Host + " in this network, such as " + strangers
}

// adviseForeign is for an answer of a code that is a page instead of an error.
func (a About) adviseForeign(code int) string {
	if code >= http.StatusInternalServerError {
		return "if it lasts, " + a.adviseStranger() + ": the answer is a page of a front end or a proxy rather than of the API"
	}
	return "no role or key helps here, since the answer is a page of a front end or a proxy rather than of the API: " + a.adviseStranger()
}

// OutOfReach is the error that ends an input whose position err refused for its
// age: what was detected from it to the oldest that the server keeps is lost to
// it, unless somebody says that it may be.
func OutOfReach(err error, lost, oldest position.Position) error {
	return fmt.Errorf("%w; what was detected from %s to %s (%s) is out of reach, since the server keeps 7 days; set %s to search to read it by search, or to oldest to go on without it",
		err, lost, oldest, oldest.After(lost), field.OnUnresumable)
}
