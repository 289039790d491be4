package cli

import (
	"bytes"
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"time"
)

// moduleVersion returns the version of the module that the command was built from, "(devel)"
// if that is not known. For programs; build has the words for people.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" {
		return "(devel)"
	}
	return info.Main.Version
}

// build is what a command was built from.
type build struct {
	version string    // v0.1.0; "devel" if it is none that was released
	commit  string    // the first digits of its hash; "" if that is not known
	date    time.Time // of the commit; zero if that is not known
	changed bool      // files differed from the commit
}

// commitDigits is how many digits of a hash name a commit, as in a pseudo-version.
const commitDigits = 12

// pseudoVersion matches the version that Go makes up for a commit without a tag.
var pseudoVersion = regexp.MustCompile(`[-.]\d{14}-[0-9a-f]{12}(\+|$)`)

// newBuild reads what the Go command has written into the binary; info may be nil.
func newBuild(info *debug.BuildInfo) build {
	b := build{version: "devel"}
	if info == nil {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value[:min(len(s.Value), commitDigits)]
		case "vcs.time":
			date, err := time.Parse(time.RFC3339, s.Value)
			if err == nil {
				b.date = date.UTC()
			}
		case "vcs.modified":
			b.changed = s.Value == "true"
		}
	}
	v := info.Main.Version
	if v != "" && v != "(devel)" && !b.changed && !pseudoVersion.MatchString(v) {
		b.version = v
	}
	return b
}

// thisBuild returns what this command was built from.
func thisBuild() build {
	info, _ := debug.ReadBuildInfo()
	return newBuild(info)
}

// String returns the version for people: "v0.1.0, commit 1ea418409eee of 2026-11-30".
func (b build) String() string {
	text := b.version
	if b.commit != "" {
		text += ", commit " + b.commit
		if !b.date.IsZero() {
			text += " of " + b.date.Format(time.DateOnly)
		}
	}
	if b.changed {
		text += " with changes"
	}
	return text
}

// version is the text of --version.
func version(name string) []byte {
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s (weir) %s, %s %s/%s\n", name, thisBuild(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return b.Bytes()
}
