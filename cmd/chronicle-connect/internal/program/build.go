package program

import "runtime/debug"

// A Build is what --version shows: what the binary was built from, as a version,
// and the date of that. Where a field is empty, what the go command has noted in
// the binary takes its place.
type Build struct{ Version, Date string }

func (b Build) describe() (version, date string) {
	version, date = b.Version, b.Date
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	notedVersion, notedDate := noted(info)
	if version == "" {
		version = notedVersion
	}
	if date == "" {
		date = notedDate
	}
	return version, date
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
