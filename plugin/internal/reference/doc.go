// Package reference makes docs/reference.md of the input's own description, and
// holds the page against the code: every field, metric, span and reason is on it,
// and every message that the log can show has a row there.
package reference

//go:generate go test -run ^TestReferencePage$ . -reference
