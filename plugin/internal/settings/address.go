package settings

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/chronicle"
	"github.com/chronicle-connect/chronicle-connect/plugin/internal/field"
)

// An address is the fields that say where the stream is.
type address struct {
	api, region, instance string
	base                  *url.URL // nil where base_url is not set
}

// endpoint finds the endpoint of the API that was chosen, and refuses what is
// only for the other one.
func (a address) endpoint(request chronicle.Options) (chronicle.Endpoint, error) {
	if a.api == apiBackstory || a.api == "" && a.instance == "" {
		switch {
		case a.instance != "":
			return chronicle.Endpoint{}, fieldError(field.Instance, a.instance, wantNoInstance)
		case request.CompositeAlertHandling != "":
			return chronicle.Endpoint{}, fieldError(field.CompositeAlertHandling, request.CompositeAlertHandling, wantNoComposite)
		}
		return a.backstory()
	}
	switch {
	case a.region != chronicle.DefaultRegion:
		return chronicle.Endpoint{}, fieldError(field.Region, a.region, wantNoRegion)
	case request.IncludeSimulated:
		return chronicle.Endpoint{}, fieldError(field.IncludeSimulated, true, wantNoSimulated)
	}
	return a.chronicle()
}

func (a address) backstory() (chronicle.Endpoint, error) {
	switch {
	case a.base != nil && chronicle.ChronicleHost.MatchString(a.base.String()):
		return chronicle.Endpoint{}, fieldError(field.BaseURL, a.base.String(), wantBackstoryHost)
	case a.base == nil && !slices.Contains(chronicle.Regions, a.region):
		return chronicle.Endpoint{}, fieldError(field.Region, a.region, wantRegion())
	}
	return chronicle.BackstoryEndpoint(a.region, a.base), nil
}

// chronicle takes a base URL as it is, but not that of another location.
func (a address) chronicle() (chronicle.Endpoint, error) {
	name := instanceForm.FindStringSubmatch(a.instance)
	if name == nil {
		return chronicle.Endpoint{}, fieldError(field.Instance, a.instance, instanceForm.want)
	}
	location := name[1]
	if a.base == nil {
		if !slices.Contains(chronicle.Locations, location) {
			return chronicle.Endpoint{}, fieldError(field.Instance, a.instance, wantLocation())
		}
		return chronicle.ChronicleEndpoint(a.instance, location, nil), nil
	}
	if chronicle.BackstoryHost.MatchString(a.base.String()) {
		return chronicle.Endpoint{}, fieldError(field.BaseURL, a.base.String(), wantChronicleHost)
	}
	if other := chronicle.ChronicleHost.FindStringSubmatch(a.base.String()); other != nil {
		if there := other[1] + other[2]; there != "" && there != location {
			return chronicle.Endpoint{}, fieldError(field.BaseURL, a.base.String(), wantSameLocation+", "+location+", not "+there)
		}
	}
	return chronicle.ChronicleEndpoint(a.instance, location, a.base), nil
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
		return nil, fmt.Errorf("field %s: not a URL, want %s", field.BaseURL, baseURLForm.want)
	}
	if !baseURLForm.MatchString(text) {
		return nil, fieldError(field.BaseURL, withoutSecrets(text), baseURLForm.want)
	}
	if hostAndMore.MatchString(text) {
		return nil, fieldError(field.BaseURL, text, wantHost)
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
