// Package signin turns credentials documents into access tokens: those of
// service accounts, of workload identity federation, of impersonation and of the
// machine itself.
//
// An [Authenticator] lives as long as its input. Whenever a token is wanted it
// reads the document again, and keeps the token while the document stays the same
// and the token is valid. Where there is no document it asks the metadata server.
// What it asks others for goes through an exchange, which keeps what went wrong as
// it was: the library that does the exchanging turns it into text.
//
// Every failure is an *[Error]. Nothing that is secret is in any error, nor in
// what is exported of a [Document].
//
// It must not know what a token is for, nor how the settings are called that
// credentials come from: their names are values of [Credentials].
package signin
