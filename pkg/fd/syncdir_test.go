package fd

import (
	"os"
	"path/filepath"
	"testing"
)

// TestSyncDir: on every system, the names in a directory can be made durable, or that is not
// needed; else no file could be replaced.
func TestSyncDir(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	err := os.WriteFile(filepath.Join(dir, "file"), []byte("x"), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{dir, filepath.Join(dir, "missing")} {
		err = SyncDir(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
