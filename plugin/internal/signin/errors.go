package signin

import (
	"errors"
	"fmt"
	"time"
)

// DefaultCredentials is what Google calls those that its libraries find.
const DefaultCredentials = "Application Default Credentials"

// CloudPlatformScope is the OAuth scope of all of Google Cloud, which also lets
// one account impersonate another.
const CloudPlatformScope = "https://www.googleapis.com/auth/cloud-platform"

// An Error is a failure to get a token: the credentials, the token endpoint or
// the way there. What it wraps is a *[CredentialError], a *[NoCredentialsError],
// a *[Refusal], a *network.Error or the library's own.
type Error struct {
	// Document is what the token was asked for with, nil where that was the
	// metadata server or where it could not be read.
	Document *Document
	Err      error
}

func (e *Error) Error() string { return e.Err.Error() }
func (e *Error) Unwrap() error { return e.Err }

// RetryAfter is what the token endpoint asked to wait; 0 if it did not.
func (e *Error) RetryAfter() time.Duration {
	if refused, ok := errors.AsType[*Refusal](e.Err); ok {
		return refused.RetryAfter
	}
	return 0
}

// A CredentialError is a document that is not to be had or not to be used.
type CredentialError struct{ Err error }

func (e *CredentialError) Error() string { return e.Err.Error() }
func (e *CredentialError) Unwrap() error { return e.Err }

// A NoCredentialsError says that there are none anywhere.
type NoCredentialsError struct {
	// Unset is that of the [Credentials].
	Unset string
	// Awaited says that one which comes later will do.
	Awaited bool
	// Err is why there is no metadata server, the last of the places.
	Err error
}

func (e *NoCredentialsError) Error() string {
	return fmt.Sprintf("finding credentials: %s, ~/%s does not exist, and there are no %s: %v", e.Unset, HomeCredentials, DefaultCredentials, e.Err)
}
