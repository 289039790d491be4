//go:build unsafesync

package checkpoint

import "os"

// unsynced is a file whose contents may be lost at a power cut. See sync.go.
type unsynced struct{ *os.File }

func (unsynced) Sync() error { return nil }

func opened(f *os.File) File { return unsynced{f} }

func syncDir(string) error { return nil }
