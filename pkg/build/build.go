// Package build says what a command was built from: for people, as --version prints it, and for
// programs, as it is in reports and metrics.
package build

import (
	"regexp"
	"runtime/debug"
	"time"
)

// ModuleVersion returns the version of the module that this command was built from, "(devel)" if
// that is not known. It is for programs; Info has the words for people.
func ModuleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// Info is what a command was built from.
type Info struct {
	Version string    // v0.1.0; "devel" if it is none that was released
	Commit  string    // the first digits of its hash; "" if that is not known
	Date    time.Time // of the commit, in UTC; zero if that is not known
	Changed bool      // files differed from the commit
}

// commitDigits is how many digits of a hash name a commit, as in a pseudo-version.
const commitDigits = 12

// pseudoVersion matches the version that Go makes up for a commit without a tag.
var pseudoVersion = regexp.MustCompile(`[-.]\d{14}-[0-9a-f]{12}(\+|$)`)

// newInfo reads what the Go command has written into the binary; info may be nil.
func newInfo(info *debug.BuildInfo) Info {
	b := Info{Version: "devel"}
	if info == nil {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Commit = s.Value[:min(len(s.Value), commitDigits)]
		case "vcs.time":
			date, err := time.Parse(time.RFC3339, s.Value)
			if err == nil {
				b.Date = date.UTC()
			}
		case "vcs.modified":
			b.Changed = s.Value == "true"
		}
	}
	v := info.Main.Version
	if v != "" && v != "(devel)" && !b.Changed && !pseudoVersion.MatchString(v) {
		b.Version = v
	}
	return b
}

// This returns what this command was built from.
func This() Info {
	info, _ := debug.ReadBuildInfo()
	return newInfo(info)
}

// String returns the version for people: "v0.1.0, commit 1ea418409eee of 2026-11-30".
func (b Info) String() string {
	text := b.Version
	if b.Commit != "" {
		text += ", commit " + b.Commit
		if !b.Date.IsZero() {
			text += " of " + b.Date.Format(time.DateOnly)
		}
	}
	if b.Changed {
		text += " with changes"
	}
	return text
}
