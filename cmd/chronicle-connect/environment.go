package main

import (
	"context"
	"os"
	"regexp"
)

// secretName matches the names of environment variables that hold secrets. An
// incoming webhook's URL is one: whoever has it can post.
var secretName = regexp.MustCompile(`(?i)WEBHOOK|SECRET|TOKEN|PASSW|API_?KEY|AUTHORIZATION|CREDENTIALS_JSON|^HTTP_URL$`)

// environment looks variables of a config up, for Benthos.
type environment struct{ redactor *redactor }

// lookup finds a variable. One that is set but empty counts as not set, so that
// an empty line in a compose file means the default, and a required variable
// is missed at the start instead of at the first message.
func (e environment) lookup(_ context.Context, name string) (value string, found bool) {
	value, found = os.LookupEnv(name)
	if secretName.MatchString(name) {
		e.redactor.add(name, value)
	}
	return value, found && value != ""
}
