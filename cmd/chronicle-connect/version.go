package main

import "runtime/debug"

// version and dateBuilt are set by the linker where a release is built from
// something that isn't a clone; see .ci/build. Where they are empty, the go
// command has noted what the binary was built from.
var version, dateBuilt string

// describeBuild returns what --version shows.
func describeBuild() (built, date string) {
	built, date = version, dateBuilt
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	notedVersion, notedDate := noted(info)
	if built == "" {
		built = notedVersion
	}
	if date == "" {
		date = notedDate
	}
	return built, date
}

// noted returns the version that the go command noted, and the date of the
// commit: a tag or pseudo-version, or the commit alone where there is no such
// version.
func noted(info *debug.BuildInfo) (version, date string) {
	version, date = "development", "unknown"
	settings := map[string]string{}
	for _, setting := range info.Settings {
		settings[setting.Key] = setting.Value
	}
	if revision := settings["vcs.revision"]; revision != "" {
		version = revision
		if settings["vcs.modified"] == "true" {
			version += "+dirty"
		}
	}
	if noted := info.Main.Version; noted != "" && noted != "(devel)" {
		version = noted
	}
	if committed := settings["vcs.time"]; committed != "" {
		date = committed
	}
	return version, date
}
