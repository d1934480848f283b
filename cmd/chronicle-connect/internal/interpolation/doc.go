// Package interpolation knows where in a config a variable stands, ${NAME} or
// ${NAME:default}, and how a value has to be written there so that it arrives as it
// is. Benthos puts values into the text of a config before it reads it as YAML, so a
// quote, a backslash or a line break in a password would otherwise end the quotes
// that it stands in. The package must not know where values come from, nor which of
// them are secrets: an error of its own names places, and shows no value.
//
// A [Place] is found once for a text, by [Find], and lives as long as that text.
package interpolation
