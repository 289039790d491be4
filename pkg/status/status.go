// Package status keeps job statuses: what a person or a script has set for a whole
// job, and for single machines.
//
// Package httpapi serves a Store over HTTP. Package status knows no clock (the time
// of a change is an argument) and nothing of HTTP.
//
// The main types, in the order in which a reader needs them:
//
//   - [Status]: a word, and since when it has been set.
//   - [Store]: sets a status, and returns all of them as a [Snapshot].
//   - [Memory]: a Store that lives as long as the process, made by [NewMemory].
package status

import (
	"errors"
	"fmt"
	"time"
)

// Limits of a Store. They bound the memory that clients can fill with invented
// names, and the size of a Snapshot (a few megabytes as JSON).
const (
	MaxMachines = 10_000  // machines that can have a status
	MaxNames    = 1 << 20 // bytes of the names of these machines, in total
)

// Errors of Store.Set that say that nothing was changed because of an argument. A
// Store may wrap them. Any other error means that the Store has failed.
var (
	ErrUnknown = errors.New("not a status that can be set")
	ErrTooMany = fmt.Errorf("at most %d machines, with names of %d bytes in total, can have a status", MaxMachines, MaxNames)
)

// Status is the job status of a machine, or of the whole job. The zero value means
// that none was ever set.
type Status struct {
	Word  string    // one of Store.Words
	Since time.Time // when Word was set; setting the same word again does not change it
}

// Snapshot is all statuses of a Store at one moment. It is immutable: the caller
// must not change Machines.
type Snapshot struct {
	Whole    Status            // of the whole job
	Machines map[string]Status // by name; only machines that have a status

	// Version identifies the content: two Snapshots of the same Store with the same
	// Version are equal, also if the process was restarted between them. It consists
	// of letters, digits and hyphens, so it can be part of an ETag.
	Version string
}

// Store holds job statuses. All methods may be called by any goroutine at any time.
//
// The interface allows a Store on disk: reading and writing statuses can fail, a
// change is complete when Set returns, and Since has the precision of its text.
// Opening and closing belong to the implementation.
type Store interface {
	// Words returns the words that can be set, in the order in which a client is to
	// see them. None is empty. The caller must not change it.
	Words() []string

	// Set sets the status of a machine, or of the whole job if machine is empty. It
	// returns the status that is then set. Setting the word that is already set
	// changes nothing, not even Since or the Version, so a client may repeat a
	// request.
	//
	// Since becomes now in UTC, truncated to milliseconds.
	//
	// The error is ErrUnknown if word is not one of Words; or ErrTooMany if machine
	// has no status and another one would exceed MaxMachines or MaxNames. After an
	// error nothing has changed.
	Set(machine, word string, now time.Time) (Status, error)

	// All returns all statuses. It sees every Set that has returned.
	All() (Snapshot, error)
}
