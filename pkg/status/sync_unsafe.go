//go:build unsafesync

package status

// With NORMAL, SQLite calls fsync(2) at a checkpoint only, so a power cut can lose the
// newest changes. See sync.go.
const (
	synchronous       = "NORMAL"
	synchronousNumber = 1
)
