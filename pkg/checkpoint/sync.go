//go:build !unsafesync && !unsafeappend

package checkpoint

import (
	"os"

	"weir/pkg/fd"
)

// opened returns f as the File that OS.OpenFile returns. The build tags unsafesync and
// unsafeappend replace it; only tests of the commands use them, to show that their kills and
// power cuts find what a missing fsync, or an output that is not cut back, would do.
func opened(f *os.File) File { return f }

// syncDir makes the names in a directory durable.
func syncDir(dir string) error { return fd.SyncDir(dir) }
