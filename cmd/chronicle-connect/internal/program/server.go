package program

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
)

const (
	// addressName is the environment variable that moves the HTTP server of every
	// config that does not set http.address.
	addressName = "CHRONICLE_HTTP_ADDRESS"

	// loopbackAddress is the default of http.address in this program. Benthos' own,
	// 0.0.0.0:4195, opens the port to the network.
	loopbackAddress = "127.0.0.1:4195"
)

// defaultAddress is the default of the field http.address.
func defaultAddress(lookup func(string) (string, bool)) string {
	if address, set := lookup(addressName); set {
		return address
	}
	return loopbackAddress
}

// serverAddress returns the address that Benthos' HTTP server listens on, by the
// texts of a config and the command line's settings, path=value. It returns "" if the
// server is disabled or Benthos refuses the config.
func serverAddress(texts [][]byte, set []string, lookup func(string) (string, bool)) string {
	address, enabled := defaultAddress(lookup), true
	for _, text := range texts {
		replaced, _, err := interpolation.Replace(text, lookup)
		if err != nil {
			return ""
		}
		var config struct {
			HTTP struct {
				Enabled *bool  `yaml:"enabled"`
				Address string `yaml:"address"`
			} `yaml:"http"`
		}
		if yaml.Unmarshal(replaced, &config) != nil {
			return ""
		}
		address = cmp.Or(config.HTTP.Address, address)
		if config.HTTP.Enabled != nil {
			enabled = *config.HTTP.Enabled
		}
	}
	for _, setting := range set {
		path, value, _ := strings.Cut(setting, "=")
		switch path {
		case "http.address":
			address = value
		case "http.enabled":
			if on, err := strconv.ParseBool(value); err == nil {
				enabled = on
			}
		}
	}
	if !enabled {
		return ""
	}
	return address
}

// addressTaken returns what to log if Benthos' server will not be able to listen,
// and "" if it will. Benthos logs an error then that names neither the field nor the
// variable, and the pipeline runs on.
func addressTaken(texts [][]byte, set []string, lookup func(string) (string, bool)) string {
	address := serverAddress(texts, set, lookup)
	if address == "" {
		return ""
	}
	listener, err := net.Listen("tcp", address)
	if err == nil {
		_ = listener.Close() // Benthos listens there next
		return ""
	}
	setting := "the field http.address"
	if name := addressVariable(texts, set, lookup); name != "" {
		setting = "the environment variable " + name
	}
	return fmt.Sprintf("The pipeline runs without its HTTP server, so without /ready and /metrics: %v. Set %s to an address that is free, such as 127.0.0.1:4196", err, setting)
}

// addressVariable returns the variable that the address comes from.
func addressVariable(texts [][]byte, set []string, lookup func(string) (string, bool)) string {
	const other = "another.address:1"
	names := []string{addressName}
	for _, text := range texts {
		for _, place := range interpolation.Find(text) {
			names = append(names, place.Name)
		}
	}
	for _, name := range names {
		with := func(wanted string) (string, bool) {
			if wanted == name {
				return other, true
			}
			return lookup(wanted)
		}
		if strings.Contains(serverAddress(texts, set, with), other) {
			return name
		}
	}
	return ""
}

// refuseExposedAPI returns an error if the REST API of streams mode would listen on
// an address that other machines reach: whoever reaches it reads the secrets of every
// stream and runs commands.
func refuseExposedAPI(texts [][]byte, set []string, lookup func(string) (string, bool)) error {
	address := serverAddress(texts, set, lookup)
	if address == "" {
		return nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil //nolint:nilerr // Benthos refuses the address with its own words.
	}
	if ip, err := netip.ParseAddr(host); host == "localhost" || err == nil && ip.IsLoopback() {
		return nil
	}
	return fmt.Errorf("streams --api: got http.address %s, want a loopback address such as %s: the API shows the secrets of every stream and runs commands for whoever can reach it", address, loopbackAddress)
}
