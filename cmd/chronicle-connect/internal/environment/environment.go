package environment

import (
	"context"
	"os"
	"regexp"

	"github.com/chronicle-connect/chronicle-connect/cmd/chronicle-connect/internal/redact"
)

// secretName matches the names of environment variables that hold secrets. An
// incoming webhook's URL is one: whoever has it can post.
var secretName = regexp.MustCompile(`(?i)WEBHOOK|SECRET|TOKEN|PASSW|API_?KEY|AUTHORIZATION|CREDENTIALS_JSON|^HTTP_URL$`)

// Lookup returns what finds a variable that a config names, for Benthos. The
// values of those that hold secrets are told to the redactor. A variable that is
// set but empty counts as not set, so that an empty line in a compose file means
// the default, and a required variable is missed at the start instead of at the
// first message.
func Lookup(redactor *redact.Redactor) func(ctx context.Context, name string) (value string, found bool) {
	return func(_ context.Context, name string) (value string, found bool) {
		value, found = os.LookupEnv(name)
		if secretName.MatchString(name) {
			redactor.Add(name, value)
		}
		return value, found && value != ""
	}
}
