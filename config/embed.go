// Package config holds the pipelines that people run, as files to start from
// and edit. They are embedded too, so that the demo and redeliver run exactly the file
// that users run.
package config

import "embed"

// Files are the pipelines and their unit tests, by file name.
//
//go:embed *.yaml scale-out/*.yaml
var Files embed.FS
