// Package formats holds the processors that turn a detection into the schemas of
// others: an OCSF Detection Finding and an ECS document. Each is a file, a Benthos
// template with Bloblang in it, for people to read, copy and change; here they are
// embedded, so that importing the plugin brings them.
//
// The tests hold what the processors make against tables of the public schemas
// (testdata/schemas), whatever comes in; they write docs/formats.md and the index
// template for OpenSearch, and fail where one of these is stale.
//
// It must not know Benthos: who hands the files to it is plugin.
package formats

//go:generate go test -run "^Test(Page|IndexTemplate)$" . -write
