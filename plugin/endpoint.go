package plugin

import (
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// backstoryPath is documented by Google as the streaming method of the
// Backstory API v2.
const backstoryPath = "/v2/detect/rules:streamDetectionAlerts"

// backstoryScope is the OAuth scope of the Backstory API.
const backstoryScope = "https://www.googleapis.com/auth/chronicle-backstory"

// backstoryRegions are those seen in Google's clients. All but us prefix the
// host.
var backstoryRegions = []string{
	"asia-northeast1", "asia-south1", "asia-southeast1", "australia-southeast1",
	"eu", "europe", "europe-west12", "europe-west2", "europe-west3",
	"europe-west6", "europe-west9", "me-central1", "me-central2", "me-west1",
	"northamerica-northeast2", "southamerica-east1", "us",
}

// chronicleMethod is documented by Google as the streaming method of an instance
// in the Chronicle API v1alpha.
const chronicleMethod = "legacy:legacyStreamDetectionAlerts"

// chronicleScope is the OAuth scope of the Chronicle API.
const chronicleScope = "https://www.googleapis.com/auth/cloud-platform"

// chronicleLocations are those of the Backstory API and some newer ones.
var chronicleLocations = slices.Sorted(slices.Values(append([]string{"africa-south1", "asia-southeast2", "europe-central2"}, backstoryRegions...)))

// instanceName is the form of the field instance, its location in the middle.
var instanceName = regexp.MustCompile(`^projects/[a-zA-Z0-9][a-zA-Z0-9:._-]*/locations/([a-z0-9-]+)/instances/[a-zA-Z0-9][a-zA-Z0-9._-]*$`)

// chronicleHosts are the hosts of the Chronicle API, by location: those that are
// used for it, and those of newer pages of the documentation.
var chronicleHosts = []*regexp.Regexp{
	regexp.MustCompile(`^(.+)-chronicle\.googleapis\.com$`),
	regexp.MustCompile(`^chronicle\.(.+)\.rep\.googleapis\.com$`),
}

// chronicleURL is where the stream of an instance is. A base URL wins over the
// host of the instance's location, but must not be that of another one.
func chronicleURL(instance string, base *url.URL) (*url.URL, error) {
	name := instanceName.FindStringSubmatch(instance)
	if name == nil {
		return nil, fieldError(fieldInstance, instance, "the form projects/PROJECT/locations/LOCATION/instances/INSTANCE")
	}
	location := name[1]
	if base != nil {
		for _, host := range chronicleHosts {
			if other := host.FindStringSubmatch(base.Hostname()); other != nil && other[1] != location {
				return nil, fieldError(fieldBaseURL, base.Redacted(), "the location of "+fieldInstance+", "+location+", not "+other[1])
			}
		}
		return base.JoinPath("v1alpha", instance, chronicleMethod), nil
	}
	if !slices.Contains(chronicleLocations, location) {
		return nil, fieldError(fieldInstance, instance, "a location among "+strings.Join(chronicleLocations, ", ")+" (another one can be reached with "+fieldBaseURL+")")
	}
	// Unlike the Backstory API's, the host names the location us as well.
	host := &url.URL{Scheme: "https", Host: location + "-chronicle.googleapis.com"}
	return host.JoinPath("v1alpha", instance, chronicleMethod), nil
}

// backstoryURL is where the stream of a region is. A base URL wins over the
// region, since it is the way to regions that are not known here.
func backstoryURL(region string, base *url.URL) (*url.URL, error) {
	if base != nil {
		return base.JoinPath(backstoryPath), nil
	}
	if !slices.Contains(backstoryRegions, region) {
		return nil, fieldError(fieldRegion, region, "one of "+strings.Join(backstoryRegions, ", ")+" (another region can be reached with "+fieldBaseURL+")")
	}
	host := "backstory.googleapis.com"
	if region != "us" {
		host = region + "-" + host
	}
	return &url.URL{Scheme: "https", Host: host, Path: backstoryPath}, nil
}

// parseBaseURL reads the field base_url, nil where it is empty. A bearer token
// is sent there, so plain http is for loopback addresses only.
func parseBaseURL(text string) (*url.URL, error) {
	if text == "" {
		return nil, nil
	}
	const want = "an https URL, or an http URL of a loopback address, without user, query or fragment"
	base, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse quotes the URL, which may hold a password.
		return nil, fmt.Errorf("field %s: not a URL, want %s", fieldBaseURL, want)
	}
	acceptable := base.Scheme == "https" || base.Scheme == "http" && isLoopback(base.Hostname())
	if !acceptable || base.Hostname() == "" || base.User != nil || base.RawQuery != "" || base.Fragment != "" {
		// Whatever may be a secret in it is not shown.
		got := strings.TrimSuffix(text[:min(len(text), strings.IndexAny(text+"?", "?#"))], "/")
		if base.User != nil {
			got = base.Scheme + "://…@" + base.Host
		} else if len(got) < len(strings.TrimSuffix(text, "/")) {
			got += "?…"
		}
		return nil, fieldError(fieldBaseURL, got, want)
	}
	return base, nil
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
