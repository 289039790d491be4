//go:build !unsafesync

package status

// synchronous is PRAGMA synchronous of every connection: SQLite calls fsync(2) in each
// COMMIT. The build tag unsafesync replaces it; only scripts/powercut uses that, to show
// that its power cuts lose what was not synced.
const (
	synchronous       = "FULL"
	synchronousNumber = 2 // as PRAGMA synchronous returns it
)
