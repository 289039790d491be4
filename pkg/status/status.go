// Package status keeps job statuses: what a person or a script has set for a whole
// job, and for single machines; and the history of their changes.
//
// Package httpapi serves a Store over HTTP, and cmd/statusd opens it. Package status knows no clock (the time
// of a change is an argument) and nothing of HTTP.
//
// The main types, in the order in which a reader needs them:
//
//   - [Status]: a word, and since when it has been set.
//   - [Store]: sets a status, and returns all of them as a [Snapshot]; each [Change] is in
//     its history.
//   - [Memory]: a Store that lives as long as the process, made by [NewMemory].
//   - [Disk]: a Store in a file, opened by [Open]. It alone uses SQLite, and no other package
//     does.
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

// Errors of Store.Set that say that nothing was changed because of an argument;
// *MoveError is another one. A Store may wrap them. Any other error means that the
// Store has failed.
var (
	ErrUnknown = errors.New("not a status that can be set")
	ErrTooMany = fmt.Errorf("at most %d machines, with names of %d bytes in total, can have a status", MaxMachines, MaxNames)
	ErrChanged = errors.New("the status has been changed in the meantime")
)

// Status is the job status of a machine, or of the whole job. The zero value means
// that none was ever set.
type Status struct {
	Word  string    // usually one of Store.Words; one that was set when it was allowed stays
	Since time.Time // when Word was set; setting the same word again does not change it
	Seq   uint64    // number of the Change that set it
}

// Change is one change of a status, as the history keeps it.
type Change struct {
	Seq     uint64    // from 1, without gaps, over all statuses of a Store; ascending over restarts of the process
	Machine string    // empty: the whole job
	Before  string    // the word that Word replaced; empty: none was set
	Word    string    // the word that was set
	Time    time.Time // when; in UTC, of whole milliseconds. A clock can be set back, so Time need not ascend with Seq.
}

// TimeLayout is the layout in which times of statuses, which are in UTC, are stored and
// printed: RFC 3339 with milliseconds.
const TimeLayout = "2006-01-02T15:04:05.000Z"

// Request asks for one change.
type Request struct {
	Machine string    // empty: the whole job
	Word    string    // one of Store.Words
	Time    time.Time // of the change; becomes Status.Since in UTC, truncated to milliseconds

	// If is a condition: unless the Status.Seq that is replaced is *If, nothing is changed.
	// *If 0 means that none was ever set. nil: no condition. So a client undoes
	// only what it knows of.
	If *uint64
}

// Query selects Changes. The zero value selects all.
type Query struct {
	Machine *string   // only of this machine; pointer to "": of the whole job; nil: of all
	From    time.Time // only at this time or later; zero: no limit
	To      time.Time // only before this time; zero: no limit
	Before  uint64    // only with a smaller Seq; 0: no limit
	Limit   int       // the newest Limit of these; 0: no limit
}

// Snapshot is all statuses of a Store at one moment. It is immutable: the caller
// must not change Machines.
type Snapshot struct {
	Whole    Status            // of the whole job
	Machines map[string]Status // by name; only machines that have a status
	Seq      uint64            // of the newest Change; 0: there was none

	// Version identifies the content: two Snapshots of the same Store with the same
	// Version are equal, also if the process was restarted between them. It consists
	// of letters, digits and hyphens, so it can be part of an ETag.
	Version string
}

// Store holds job statuses and the history of their changes. All methods may be
// called by any goroutine at any time.
//
// Reading and writing can fail: a Store may be on disk. Opening and closing belong to
// the implementation.
type Store interface {
	// Words returns the words that can be set, in the order in which a client is to
	// see them. None is empty. The caller must not change it.
	Words() []string

	// Moves returns which words may replace which: for each of Words, and for "" (none
	// was ever set), the words that may follow, possibly none. nil means that every
	// word may replace every other. A word that is set but no longer one of Words may be
	// replaced by any. The caller must not change it.
	Moves() map[string][]string

	// Set sets the status of a machine, or of the whole job. It returns the status that
	// is then set. The change is complete, and in a durable Store on disk, when Set
	// returns. Setting the word that is already set changes nothing, not even Since,
	// Seq or the Version, so a client may repeat a request.
	//
	// The error is, in this order: ErrUnknown if Word is not one of Words; ErrChanged if the
	// condition If does not hold; a *MoveError if Moves forbids it; ErrTooMany if the machine
	// has no status and another one would exceed MaxMachines or MaxNames; or the
	// reason why the Store has failed. After an error nothing has changed.
	Set(Request) (Status, error)

	// All returns all statuses. It sees every Set that has returned, and never waits for
	// one that has not.
	All() (Snapshot, error)

	// History returns the Changes that a Query selects, oldest first. It has every Set
	// that has returned, as far as the history goes back.
	History(Query) ([]Change, error)

	// Durable reports whether the statuses survive a restart of the process.
	Durable() bool
}

// Options are the settings of a Store.
type Options struct {
	Words []string            // what Store.Words returns. Requires: no word is empty or there twice.
	Moves map[string][]string // the words that may follow a word (see ParseMoves); nil: every word

	// OnChange is called once for each Change, in the order of Seq: after the change is
	// complete (All and History have it) and before Set returns. It must return soon, as
	// other calls of Set wait for it, and must not call Set. nil: nothing is called.
	OnChange func(Change)

	// KeepHistory is how long a Store on disk keeps a Change: one that is older, by
	// this time, than the newest Change is deleted, within an hour of changes. After the
	// clock was set by more than a day to a week (a quarter of KeepHistory), nothing is
	// deleted until the changes since cover that time: the clock may be wrong. 0: all
	// are kept. Statuses are kept forever. A Memory keeps its newest MemoryHistory
	// Changes instead.
	KeepHistory time.Duration

	// Printf reports that a Store on disk has begun to fail, and that it works again.
	// It must return soon, as all calls of Set wait for it. nil: nothing is reported.
	Printf func(string)
}
