package chronicle

import (
	"net/url"
	"regexp"
	"slices"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/signin"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/stream"
)

// An API is one of the two that stream detection alerts, by the name that
// settings have for it.
type API string

const (
	// Backstory is the Backstory API v2, which is addressed by region and resumes
	// from continuation times.
	Backstory API = "backstory"
	// Chronicle is the Chronicle API v1alpha, which is addressed by instance and
	// resumes from pages.
	Chronicle API = "chronicle"
)

// Name is the API's name in Google's documentation.
func (a API) Name() string {
	if a == Chronicle {
		return "the Chronicle API"
	}
	return "the Backstory API"
}

// BackstoryEnd is the day on which Google shuts the Backstory API down, by its
// documentation.
const BackstoryEnd = "2027-07-20"

// Understood is what of an element's positions the API can be asked with. The
// Backstory API has no tokens, but one of Google's own clients expects it to send
// the time where the next window begins.
func (a API) Understood(said stream.Position) stream.Position {
	if a == Chronicle {
		return said
	}
	if said.ContinuationTime == "" && said.NextPageToken == "" {
		said.ContinuationTime = said.NextPageStartTime
	}
	return stream.Position{ContinuationTime: said.ContinuationTime}
}

const (
	// backstoryPath is documented by Google as the streaming method of the
	// Backstory API v2.
	backstoryPath = "/v2/detect/rules:streamDetectionAlerts"

	// backstoryScope is the OAuth scope of the Backstory API.
	backstoryScope = "https://www.googleapis.com/auth/chronicle-backstory"

	// chronicleMethod is documented by Google as the streaming method of an
	// instance in the Chronicle API v1alpha.
	chronicleMethod = "legacy:legacyStreamDetectionAlerts"

	// Permission is what the Chronicle API wants of an account.
	Permission = "chronicle.legacies.legacyStreamDetectionAlerts"
)

// DefaultRegion is the region whose host has no prefix.
const DefaultRegion = "us"

// Regions are those of the Backstory API, as seen in Google's clients. All but
// us prefix the host.
var Regions = []string{
	"africa-south1", "asia-northeast1", "asia-south1", "asia-southeast1",
	"asia-southeast2", "australia-southeast1", "eu", "europe", "europe-central2",
	"europe-west12", "europe-west2", "europe-west3", "europe-west6", "europe-west9",
	"me-central1", "me-central2", "me-west1", "northamerica-northeast2",
	"southamerica-east1", DefaultRegion,
}

// Locations are those of the Chronicle API: the Backstory API's and some newer
// ones.
var Locations = slices.Sorted(slices.Values(append([]string{"asia-east1", "asia-northeast3"}, Regions...)))

// The URLs of Google's own hosts. The location of one of the Chronicle API is one
// of the groups, or the beginning of the host where it has none.
var (
	BackstoryHost = regexp.MustCompile(`^(?i:https)://(?:[a-z0-9-]+-)?backstory\.googleapis\.com(?:[:/]|$)`)
	ChronicleHost = regexp.MustCompile(`^(?i:https)://(?:(?:([a-z0-9-]+)-)?chronicle|chronicle\.([a-z0-9-]+)\.rep)\.googleapis\.com(?:[:/]|$)`)
)

// An Endpoint is where the stream is.
type Endpoint struct {
	API API
	// URL is that of the streaming method.
	URL *url.URL
	// Scope is the OAuth scope that a token has to be for.
	Scope string
	// Custom says that somebody named the host, instead of a region or location.
	Custom bool
}

// BackstoryEndpoint is where the stream of a region is. A base URL wins over the
// region, since it is the way to regions that are not known here.
func BackstoryEndpoint(region string, base *url.URL) Endpoint {
	at := Endpoint{API: Backstory, Scope: backstoryScope, Custom: base != nil}
	if base != nil {
		at.URL = base.JoinPath(backstoryPath)
		return at
	}
	host := "backstory.googleapis.com"
	if region != DefaultRegion {
		host = region + "-" + host
	}
	at.URL = &url.URL{Scheme: "https", Host: host, Path: backstoryPath}
	return at
}

// ChronicleEndpoint is where the stream of an instance is, which is named
// projects/P/locations/L/instances/I with this location. A base URL wins over
// the location's host.
func ChronicleEndpoint(instance, location string, base *url.URL) Endpoint {
	at := Endpoint{API: Chronicle, Scope: signin.CloudPlatformScope, Custom: base != nil}
	if base == nil {
		// Unlike the Backstory API's, the host names the location us as well.
		base = &url.URL{Scheme: "https", Host: location + "-chronicle.googleapis.com"}
	}
	at.URL = base.JoinPath("v1alpha", instance, chronicleMethod)
	return at
}
