package status

import (
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// failure is an error of SQLite in words for a client or an operator. They do not name
// the file.
type failure struct {
	text string
	err  error
}

func (f *failure) Error() string { return f.text }
func (f *failure) Unwrap() error { return f.err }

// code returns the primary result code of SQLite (https://sqlite.org/rescode.html), or
// SQLITE_OK if err has none.
func code(err error) int {
	var e *sqlite.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return sqlite3.SQLITE_OK
}

// explain returns err as a failure, if it is SQLite's.
func explain(err error) error {
	var f *failure
	if err == nil || errors.As(err, &f) {
		return err
	}
	texts := map[int]string{
		sqlite3.SQLITE_FULL:     "its disk is full",
		sqlite3.SQLITE_IOERR:    "its disk has an input/output error",
		sqlite3.SQLITE_BUSY:     "another program is writing to it",
		sqlite3.SQLITE_LOCKED:   "another program is writing to it",
		sqlite3.SQLITE_READONLY: "it cannot be written; make the file, its directory and the files beside it writable",
		sqlite3.SQLITE_CANTOPEN: "it cannot be opened; make the file, its directory and the files beside it writable",
		sqlite3.SQLITE_NOTADB:   "it is not a store of statusd; give statusd a file of its own",
		sqlite3.SQLITE_CORRUPT:  errDamaged.Error(),
	}
	text, known := texts[code(err)]
	if !known {
		return err
	}
	return &failure{text, fmt.Errorf("%s: %w", text, err)}
}

// harmless reports whether err, of a transaction that was rolled back, leaves no doubt: nothing of
// it is in the file, and the connection can be used further. SQLITE_FULL is the error of a
// write(2), after which the record that completes the transaction was not written; fsync(2)
// without space is SQLITE_IOERR.
func harmless(err error) bool {
	switch code(err) {
	case sqlite3.SQLITE_FULL, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return true
	}
	return false
}
