package status

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"weir/pkg/lock"
)

// lockStore makes sure that no other process has the store at path open, by the lock of the
// file path.lock. The error says which process has the store open.
func lockStore(path string) (*lock.Lock, error) {
	name := path + ".lock"
	l, ok, err := lock.Take(name)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s: its directory must be writable, for the lock %s: %w", path, filepath.Base(name), err)
	case !ok:
		return nil, fmt.Errorf("%s: it is in use by %s; stop that one first", path, owner(name))
	}
	sign(name)
	return l, nil
}

// owner returns who has locked a file.
func owner(name string) string {
	text, _ := os.ReadFile(name) // where a locked file cannot be read, another process is all that is known
	who := strings.TrimSpace(string(text))
	if who == "" {
		return "another process"
	}
	return "process " + who
}

// sign writes into the lock file whose it is. An error is not one of the store: the text is for
// a message alone.
func sign(name string) {
	host, err := os.Hostname()
	if err != nil {
		host = "an unnamed host"
	}
	_ = os.WriteFile(name, fmt.Appendf(nil, "%d on %s\n", os.Getpid(), host), 0o600)
}
