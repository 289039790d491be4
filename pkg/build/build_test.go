package build

import (
	"runtime/debug"
	"testing"
)

// TestBuild: --version names the release and the commit, and never a release for a build
// that is none.
func TestBuild(t *testing.T) {
	t.Parallel()
	vcs := func(modified string) []debug.BuildSetting {
		return []debug.BuildSetting{
			{Key: "vcs.revision", Value: "1ea418409eee0d5b7d3f8f44f5b5f3dbe5f0a0f1"}, {Key: "vcs.time", Value: "2026-11-30T04:38:54Z"}, {Key: "vcs.modified", Value: modified},
		}
	}
	const commit = ", commit 1ea418409eee of 2026-11-30"
	for _, c := range []struct {
		version  string
		settings []debug.BuildSetting
		want     string
	}{
		{"v0.1.0", vcs("false"), "v0.1.0" + commit},
		{"v0.1.0-rc.1", vcs("false"), "v0.1.0-rc.1" + commit},
		{"v0.1.0+dirty", vcs("true"), "devel" + commit + " with changes"},
		{"v0.0.0-20261130043854-1ea418409eee", vcs("false"), "devel" + commit},
		{"v0.1.1-0.20261130043854-1ea418409eee+dirty", vcs("true"), "devel" + commit + " with changes"},
		{"v0.1.0", nil, "v0.1.0"}, // go install weir@v0.1.0
		{"(devel)", nil, "devel"},
		{"", nil, "devel"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: c.version}, Settings: c.settings}
		if newInfo(info).String() != c.want {
			t.Errorf("%q %v: %q, want %q", c.version, c.settings, newInfo(info), c.want)
		}
	}
	if newInfo(nil).String() != "devel" {
		t.Error("a binary without build information has a version")
	}
}
