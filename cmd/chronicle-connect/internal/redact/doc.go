// Package redact keeps secrets out of what the program prints. It knows nothing
// of where they come from, nor of what is printed.
//
// A [Redactor] lives as long as the program. It is told secrets as a config asks
// for them, and replaces them in every line that passes from then on.
package redact
