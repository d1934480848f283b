// Package environment is where a config's variables come from: the environment of
// the process, with the names of those that hold secrets. It must not know what
// becomes of a value; that a secret isn't printed is for package redact to see to.
package environment
