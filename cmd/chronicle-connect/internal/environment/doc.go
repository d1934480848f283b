// Package environment is where a config's variables come from: the environment of
// the process, with the names of those that hold secrets. It must not know what
// becomes of a value: that a secret isn't printed is for package redact to see to,
// and how a value is written in a config for package interpolation.
//
// [Variables] live as long as the program. They are told the files of a config
// before Benthos reads them, so that they know where each variable stands.
package environment
