// Package advice says what a person can do about an error, and warns in the words
// that people know: the names of fields, which the rooms that make errors do not
// have.
//
// An [About] is plain values of the configuration; its On takes an error and
// returns a sentence or two, or nothing where there is only to wait. The advice of
// a new failure goes here, beside its kind: network.go for requests without an
// answer, signin.go for tokens that are not to be had, refusal.go for what
// Chronicle answers.
//
// It must not decide what the input does, nor log anything.
package advice
