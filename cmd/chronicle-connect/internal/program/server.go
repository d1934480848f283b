package program

import (
	"cmp"
	"fmt"
	"net"
	"strconv"
	"strings"

	"gopkg.in/yaml.v3"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/interpolation"
)

// benthosAddress is where Benthos' server listens if a config doesn't say.
const benthosAddress = "0.0.0.0:4195"

// serverAddress returns where Benthos' server of /ready and /metrics is to listen, by
// the texts of a config and by settings of the command line, path=value. It is ""
// where there is to be none, or where Benthos will refuse the config.
func serverAddress(texts [][]byte, set []string, lookup func(string) (string, bool)) string {
	address, enabled := benthosAddress, true
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
	for _, text := range texts {
		for _, place := range interpolation.Find(text) {
			with := func(name string) (string, bool) {
				if name == place.Name {
					return other, true
				}
				return lookup(name)
			}
			if strings.Contains(serverAddress(texts, set, with), other) {
				return place.Name
			}
		}
	}
	return ""
}
