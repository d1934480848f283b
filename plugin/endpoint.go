package plugin

import (
	"fmt"
	"net"
	"net/url"
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

// chronicleURL is where the stream of an instance is. A base URL wins over the
// host of the instance's location, but must not be that of another one.
func chronicleURL(instance string, base *url.URL) (*url.URL, error) {
	name := instanceForm.FindStringSubmatch(instance)
	if name == nil {
		return nil, fieldError(fieldInstance, instance, instanceForm.want)
	}
	location := name[1]
	if base != nil {
		if backstoryHost.MatchString(base.String()) {
			return nil, fieldError(fieldBaseURL, base.String(), wantChronicleHost)
		}
		if other := chronicleHost.FindStringSubmatch(base.String()); other != nil {
			if there := other[1] + other[2]; there != "" && there != location {
				return nil, fieldError(fieldBaseURL, base.String(), wantSameLocation+", "+location+", not "+there)
			}
		}
		return base.JoinPath("v1alpha", instance, chronicleMethod), nil
	}
	if !slices.Contains(chronicleLocations, location) {
		return nil, fieldError(fieldInstance, instance, wantLocation())
	}
	// Unlike the Backstory API's, the host names the location us as well.
	host := &url.URL{Scheme: "https", Host: location + "-chronicle.googleapis.com"}
	return host.JoinPath("v1alpha", instance, chronicleMethod), nil
}

// backstoryURL is where the stream of a region is. A base URL wins over the
// region, since it is the way to regions that are not known here.
func backstoryURL(region string, base *url.URL) (*url.URL, error) {
	if base != nil {
		if chronicleHost.MatchString(base.String()) {
			return nil, fieldError(fieldBaseURL, base.String(), wantBackstoryHost)
		}
		return base.JoinPath(backstoryPath), nil
	}
	if !slices.Contains(backstoryRegions, region) {
		return nil, fieldError(fieldRegion, region, wantRegion())
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
	base, err := url.Parse(text)
	if err != nil {
		// The error of url.Parse quotes the URL, which may hold a password.
		return nil, fmt.Errorf("field %s: not a URL, want %s", fieldBaseURL, baseURLForm.want)
	}
	if !baseURLForm.MatchString(text) {
		return nil, fieldError(fieldBaseURL, withoutSecrets(text), baseURLForm.want)
	}
	if hostAndMore.MatchString(text) {
		return nil, fieldError(fieldBaseURL, text, wantHost)
	}
	return base, nil
}

// withoutSecrets is what may be shown of a text that should have been a URL:
// nothing that may be a user or a password in it, and no query or fragment. It
// goes by the text, since without two slashes url.Parse finds no user.
func withoutSecrets(text string) string {
	shown, rest := "", text
	if user := strings.LastIndexByte(text, '@'); user >= 0 {
		if strings.HasPrefix(text, "https://") {
			shown = "https://"
		}
		shown, rest = shown+"…", text[user:]
	}
	if end := strings.IndexAny(rest, "?#"); end >= 0 {
		rest = rest[:end] + "?…"
	}
	return shown + rest
}

func isLoopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
