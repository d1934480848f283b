package settings

import (
	"regexp"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/position"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
)

// A form is what the text in a field has to look like. The parser and the
// linter go by the same expression, so that what the one takes, so does the
// other.
type form struct {
	*regexp.Regexp
	// want says it to people.
	want string
}

// Parts of the forms.
const (
	urlHost = `([^\s/?#@:\[\]\\%]+|\[[0-9A-Fa-f:.]+\])`
	urlPort = `(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?`
	urlPath = `(/([^\s?#%\\]|%[0-9A-Fa-f]{2})*)?`
	urlUser = `(([A-Za-z0-9._:~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})*@)?`

	// loopbackHost is what may be spoken to in plain http.
	loopbackHost = `(localhost|127(\.(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}|\[::1\])`

	// durationForm has few enough digits for calculations not to overflow, and
	// not to round to zero what is not.
	durationForm = `(([0-9]{1,5}(\.[0-9]{0,9})?|\.[0-9]{1,9})h|([0-9]{1,6}(\.[0-9]{0,9})?|\.[0-9]{1,9})m|([0-9]{1,8}(\.[0-9]{0,9})?|\.[0-9]{1,9})s` +
		`|([0-9]{1,11}(\.[0-9]{0,6})?|\.[0-9]{1,6})ms|([0-9]{1,11}(\.[0-9]{0,3})?|\.[0-9]{1,3})(us|µs|μs)|[0-9]{1,11}ns)+`
)

var (
	baseURLForm = form{
		regexp.MustCompile(`^((?i:https)://` + urlHost + `|(?i:http)://` + loopbackHost + `)` + urlPort + urlPath + `$`),
		"an https URL, or an http URL of a loopback address, without user, query or fragment",
	}
	proxyURLForm = form{
		regexp.MustCompile(`^(?i:https?|socks5h?)://` + urlUser + urlHost + urlPort + `/?$`),
		"an http, https or socks5 URL such as http://proxy.example.com:3128",
	}
	// instanceForm has the location as its group.
	instanceForm = form{
		regexp.MustCompile(`^projects/[a-zA-Z0-9][a-zA-Z0-9:._-]*/locations/([a-z0-9-]+)/instances/[a-zA-Z0-9][a-zA-Z0-9._-]*$`),
		"the form projects/PROJECT/locations/LOCATION/instances/INSTANCE",
	}
	quotaProjectForm = form{
		signin.ProjectForm,
		"the id or the number of a project",
	}
	compositeForm = form{
		regexp.MustCompile(`^[A-Za-z0-9_]+$`),
		"the name of a value such as FLATTEN_EVENTS_ENTITIES",
	}
	// cacheLabelForm is what the linter takes as the label of a component. At the
	// start it counts whether there is one of that label.
	cacheLabelForm = form{
		regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`),
		"the label of a cache resource",
	}
	cacheKeyForm = form{
		unspaced,
		"the key of the position in the cache or directory, without spaces around it or control characters",
	}
	dirForm = form{
		unspaced,
		"a directory, without spaces around it or control characters",
	}
	positiveDurationForm = form{
		regexp.MustCompile(`^\+?` + durationForm + `$`),
		"a duration above zero such as 30s",
	}
)

// unspaced is text without spaces around it or control characters.
var unspaced = regexp.MustCompile(`^[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?$`)

// wrongFileKey matches keys that are no name of a file, or of another one than that of
// a position.
var wrongFileKey = regexp.MustCompile(`[/\\]|^\.\.?$|\` + position.LockSuffix + `$|\` + position.TempSuffix + `$`)

// The two forms of start_time.
var (
	agoForm = regexp.MustCompile(`^([-+]?` + durationForm + `|[-+]?0)$`)
	// negativeForm is that of a duration that lies ahead.
	negativeForm = regexp.MustCompile(`^-.*[1-9]`)
	// timeForm has year, month, day, hour, minute, second, and the sign, hours
	// and minutes of the offset as its groups.
	timeForm = regexp.MustCompile(`^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])` +
		`T([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(?:\.[0-9]+)?(?:Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))$`)
)

// hostAndMore is a base URL that holds what is going to be added to it.
var hostAndMore = regexp.MustCompile(`(?i)streamDetectionAlerts|^https://[^/]+\.googleapis\.com(:[0-9]+)?/.`)

// certificateBegin begins a certificate in PEM form.
const certificateBegin = "-----BEGIN CERTIFICATE-----"

// What is wanted of fields where the form is not all.
const (
	wantHost           = "scheme and host alone, to which the path of the API is added"
	wantStartTime      = "an RFC 3339 time such as 2026-03-01T00:00:00Z or a duration ago such as 72h, not in the future and at most 7 days (168h) ago (older ones can be read with " + field.OnUnresumable + ": " + unresumableSearch + ")"
	wantEndTime        = "an RFC 3339 time such as 2026-03-31T00:00:00Z or a duration ago such as 24h, not in the future, and later than a " + field.StartTime + " that is set"
	wantAtLeastInitial = "at least " + field.InitialInterval
	wantCertificates   = "certificates in PEM form"
	wantDocument       = "a JSON document as Google issues it"
	wantNoDir          = "nothing with " + field.CheckpointCache
	wantFileKey        = "the name of a file with " + field.CheckpointDir + ": without slashes, and not ending in " + position.LockSuffix + " or " + position.TempSuffix
	wantOtherKey       = "a key that does not end in " + position.SpareSuffix + ", as the copies of positions do"

	wantNoInstance    = "nothing with " + field.API + ": " + apiBackstory + " (instances are for " + field.API + ": " + apiChronicle + ")"
	wantNoComposite   = "nothing with " + field.API + ": " + apiBackstory
	wantBackstoryHost = "a host of the Backstory API (this one is for " + field.API + ": " + apiChronicle + ")"
	wantNoRegion      = "nothing with " + field.API + ": " + apiChronicle + " (the location is part of " + field.Instance + ")"
	wantNoSimulated   = "false with " + field.API + ": " + apiChronicle + ", which does not stream them"
	wantChronicleHost = "a host of the Chronicle API (this one is for " + field.API + ": " + apiBackstory + ")"
	wantSameLocation  = "a host in the location of " + field.Instance
)

func wantRegion() string {
	return "one of " + strings.Join(chronicle.Regions, ", ") + " (another region can be reached with " + field.BaseURL + ")"
}

func wantLocation() string {
	return "a location among " + strings.Join(chronicle.Locations, ", ") + " (another one can be reached with " + field.BaseURL + ")"
}
