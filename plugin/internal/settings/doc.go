// Package settings is what people write: the input's fields, their description,
// their linting, and what they come to.
//
// [Spec] describes the fields, and lints them in Bloblang, by the line. [Parse]
// reads them once, refuses what could not work by the name of the field, and
// makes a [Config] of plain values for the rooms below, checked. What the parser
// takes the linter takes as well, since both go by the same forms (form.go).
//
// It must not ask a server, nor know what the input does with what it parsed.
package settings
