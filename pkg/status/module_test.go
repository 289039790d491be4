package status

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestLibcVersion: go.mod has the version of modernc.org/libc that modernc.org/sqlite
// was made with. SQLite in Go is translated against that one version; any other can
// damage data (https://gitlab.com/cznic/sqlite/-/issues/177).
func TestLibcVersion(t *testing.T) {
	// Not parallel: see TestLockedByProcess.
	list := func(module, format string) string {
		out, err := exec.Command("go", "list", "-m", "-f", format, module).Output()
		if err != nil {
			t.Fatalf("go list -m %s: %v", module, err)
		}
		return strings.TrimSpace(string(out))
	}
	text, err := os.ReadFile(filepath.Join(list("modernc.org/sqlite", "{{.Dir}}"), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^\s*modernc\.org/libc (v\S+)`).FindStringSubmatch(string(text))
	if wanted == nil {
		t.Fatalf("SQLite's go.mod names no libc:\n%s", text)
	}
	used := list("modernc.org/libc", "{{.Version}}")
	if used != wanted[1] {
		t.Errorf("go.mod has modernc.org/libc %s, SQLite needs %s: go get modernc.org/libc@%[2]s", used, wanted[1])
	}
}
