// Package formats holds the processors that turn a detection into the schemas of
// others: an OCSF Detection Finding and an ECS document. Each is a file, a Benthos
// template with Bloblang in it, for people to read, copy and change; here they are
// embedded, so that importing the plugin brings them. Which field goes where is in
// those files alone. Beside them is what the methods do that they are written with:
// they read and write JSON, take what is at a path, and know what is an address.
//
// The tests hold what the processors make against tables of the public schemas
// (testdata/schemas), whatever comes in; they write docs/formats.md and the index
// template for OpenSearch, and fail where one of these is stale.
//
// It must not know Benthos: who hands files and methods to it is plugin.
package formats

//go:generate go test -run "^Test(Page|IndexTemplate)$" . -write
