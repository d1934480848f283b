package advice

import (
	"fmt"
	"strings"

	"github.com/chronicle-connect/chronicle-connect/plugin/internal/network"
)

// Environment are warnings of environment variables that the standard library
// ignores where they are wrong. Without them all that shows is a host that
// cannot be reached, or a certificate that nobody knows.
func Environment() (warnings []string) {
	for _, name := range network.BrokenProxyVariables() {
		warnings = append(warnings, fmt.Sprintf("The environment variable %s is not a URL and is ignored, so connections are made without the proxy that it should name. Write it as http://proxy.example.com:3128, and percent-encode what is special in a user or password", name))
	}
	for _, broken := range network.BrokenRoots() {
		warnings = append(warnings, fmt.Sprintf("The environment variable %v. It takes the place of the system's root certificates, without which servers are not trusted: correct it, or unset it", broken))
	}
	return warnings
}

// brokenRoots is what is wrong with the variables that name root certificates,
// "" where nothing is.
func brokenRoots() string {
	var all []string
	for _, broken := range network.BrokenRoots() {
		all = append(all, broken.Error())
	}
	return strings.Join(all, "; ")
}
