package status

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"weir/pkg/fd"
)

// writer writes changes to a store. It is used by one goroutine.
//
// After an error that leaves open what is on the disk (the fsync(2) of a COMMIT or of a
// checkpoint has failed), the writer is in doubt: before it writes again, it makes the file
// agree with what was acknowledged (repair).
type writer struct {
	path    string
	file    *os.File // path when it was opened; open until db is closed: see forget
	current *current // what was acknowledged, and is in the file unless inDoubt
	keep    time.Duration

	db                  *sql.DB
	insert, put, remove *sql.Stmt
	inDoubt             bool
	rows                int // written or deleted since the pages of the log were counted
	tried               int // pages that the log had at the last checkpoint, complete or not
	clock               clock
	pruned              time.Time // cut-off of the last pruning; the zero time: none yet
	pruning             bool      // there may be more to prune
	through             uint64    // while pruning: the Seq of the last Change to delete; 0: not known yet
}

// statements prepares what the writer needs again and again.
func (w *writer) statements() (err error) {
	for text, statement := range map[string]**sql.Stmt{
		"INSERT INTO changes (seq, machine, before, status, time) VALUES (?, ?, ?, ?, ?)":                &w.insert,
		"INSERT OR REPLACE INTO statuses (machine, status, since, seq) VALUES (?, ?, ?, ?)":              &w.put,
		"DELETE FROM changes WHERE seq IN (SELECT seq FROM changes WHERE seq <= ? ORDER BY seq LIMIT ?)": &w.remove,
	} {
		*statement, err = w.db.Prepare(text)
		if err != nil {
			return err
		}
	}
	return nil
}

// write writes the changes of d in one transaction. After an error nothing has changed,
// unless the error says that this is not certain.
func (w *writer) write(d *draft) error {
	err := w.check()
	if err != nil {
		return err
	}
	err = inTransaction(w.db, func(tx *sql.Tx) error {
		insert, put := tx.Stmt(w.insert), tx.Stmt(w.put)
		for _, c := range d.changes {
			_, err := insert.Exec(c.Seq, c.Machine, c.Before, c.Word, formatTime(c.Time))
			if err != nil {
				return err
			}
		}
		for machine, s := range d.statuses {
			_, err := put.Exec(machine, s.Word, formatTime(s.Since), s.Seq)
			if err != nil {
				return err
			}
		}
		return nil
	})
	w.checkpointIfDue(len(d.changes), err)
	err = w.settle(err)
	if err != nil && w.inDoubt {
		err = fmt.Errorf("%w; after a restart, the change might be there", err)
	}
	return err
}

// checkpointPages is the number of pages (of 4 KiB) by which the log grows until it is copied into
// the file.
const checkpointPages = 1000

// countedRows is the number of rows after which the pages of the log are counted, which takes some
// 20 microseconds.
const countedRows = 64

// checkpointIfDue copies the log into the file when it has grown, unless the transaction before,
// of a number of rows, has failed with err. The transaction is safe in the log whether or not that
// succeeds, but if it does not, the writer may be in doubt.
//
// SQLite would do this in a COMMIT, and ignore that the fsync(2) of the file has failed.
// The next checkpoint would then write to pages that the kernel has given up (fd.Forget).
func (w *writer) checkpointIfDue(rows int, err error) {
	if err != nil {
		return
	}
	w.rows += rows
	if w.rows < countedRows {
		return
	}
	w.rows = 0
	pages, _, err := checkpoint(w.db, "NOOP")
	if pages < w.tried { // the log has begun again
		w.tried = 0
	}
	if err == nil && pages-w.tried >= checkpointPages {
		w.tried = pages
		_, _, err = checkpoint(w.db, "PASSIVE")
	}
	w.inDoubt = err != nil && !harmless(err)
}

// settle returns the error of a transaction in words. If the outcome is in doubt, it first tries
// to remove what may have been written; the writer stays in doubt if it cannot.
func (w *writer) settle(err error) error {
	if err != nil && !harmless(err) {
		w.inDoubt = true
		_ = w.repair() // the next transaction tries again, and says why it cannot
	}
	return explain(err)
}

// check returns an error if the file cannot be written to now.
func (w *writer) check() error {
	now, err := os.Stat(w.path)
	opened, err2 := w.file.Stat()
	if err != nil || err2 != nil || !os.SameFile(now, opened) {
		return errReplaced
	}
	if w.inDoubt {
		return explain(w.repair())
	}
	return nil
}

// errReplaced is the error after the file was removed, or another one put in its place.
// SQLite would continue to write to the old one, which has no name any more.
var errReplaced = errors.New("its file was removed or replaced; restart statusd")

// repair opens the file anew and makes it agree with what was acknowledged. Afterwards the
// log (the file FILE-wal) is empty: a transaction whose COMMIT has failed may be in
// it, and would be found there after a crash.
//
// Why anew: after a failed fsync(2), neither what the kernel nor what SQLite has in memory can be
// relied on. The kernel forgets twice: before Close, which may write to the file, and after it.
func (w *writer) repair() error {
	err := w.forget()
	if err != nil {
		return err
	}
	_ = w.db.Close() // it has failed already
	err = w.forget()
	if err != nil {
		return err
	}
	db, err := openWriter(w.path, "rw")
	if err != nil {
		return err
	}
	w.db = db
	err = verify(db)
	if err == nil {
		err = inTransaction(db, w.revert)
	}
	if err == nil {
		err = emptyLog(db)
	}
	if err == nil {
		err = w.statements()
	}
	w.inDoubt = err != nil
	return err
}

// revert removes from the file what was not acknowledged, and restores what it has replaced.
func (w *writer) revert(tx *sql.Tx) error {
	acknowledged, err := w.current.All()
	if err != nil {
		return err
	}
	for _, table := range []string{"changes", "statuses"} {
		_, err := tx.Exec("DELETE FROM "+table+" WHERE seq > ?", acknowledged.Seq)
		if err != nil {
			return err
		}
	}
	found, _, err := loadStatuses(tx)
	if err != nil {
		return err
	}
	restore := func(machine string, s Status) error {
		if s.Seq == 0 || found[machine] == s {
			return nil
		}
		_, err := tx.Exec("INSERT OR REPLACE INTO statuses (machine, status, since, seq) VALUES (?, ?, ?, ?)", machine, s.Word, formatTime(s.Since), s.Seq)
		return err
	}
	err = restore("", acknowledged.Whole)
	for machine, s := range acknowledged.Machines {
		err = errors.Join(err, restore(machine, s))
	}
	return err
}

// forget makes the kernel forget what it has of the file and its log in memory. What is
// acknowledged is on the disk; what else is there is found by repair.
//
// Nothing in this process may close the file while SQLite has it open: that would release
// SQLite's locks (fcntl(2) says so). So it is kept open in w.file. It has no locks on the log.
func (w *writer) forget() error {
	fd.Forget(w.file)
	log, err := os.Open(logName(w.path))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	}
	defer log.Close()
	fd.Forget(log)
	return nil
}

// logName returns the name of the log of the file at path.
func logName(path string) string { return path + "-wal" }

// emptyLog copies the log into the file and truncates it.
func emptyLog(db *sql.DB) error {
	_, complete, err := checkpoint(db, "TRUNCATE")
	if err == nil && !complete {
		err = errors.New("another program is reading it")
	}
	return err
}

// checkpoint copies the log into the file, in a mode of https://sqlite.org/pragma.html#pragma_wal_checkpoint,
// and returns the number of pages in the log. TRUNCATE is complete unless another program is
// reading the file. NOOP copies nothing.
func checkpoint(db *sql.DB, mode string) (pages int, complete bool, err error) {
	var busy, copied int
	err = db.QueryRow("PRAGMA wal_checkpoint("+mode+")").Scan(&busy, &pages, &copied)
	return pages, busy == 0, err
}

// pruneBatch is the number of Changes that one transaction deletes: a Set that comes meanwhile
// waits for some ten milliseconds.
const pruneBatch = 1000

// prunePeriod is the time of changes after which those that are too old are deleted.
const prunePeriod = time.Hour

// schedule starts a pruning if the last one is long enough ago, by the clock.
func (w *writer) schedule() {
	cutoff := w.clock.now.Add(-w.keep)
	switch {
	case w.keep == 0 || w.clock.now.IsZero():
	case w.pruned.IsZero() || cutoff.Sub(w.pruned) >= prunePeriod:
		w.pruned, w.pruning, w.through = cutoff, true, 0
	case cutoff.Before(w.pruned): // the clock was set back
		w.pruned = cutoff
	}
}

// prune deletes at most pruneBatch Changes that are too old, from the first one on: the history
// has no gap. If it fails, the next try is after prunePeriod: the disk may be full, and deleting
// needs space in the log.
func (w *writer) prune() error {
	w.pruning = false
	err := w.check()
	if err != nil {
		return err
	}
	var deleted int64
	err = inTransaction(w.db, func(tx *sql.Tx) error {
		if w.through == 0 {
			through, err := tooOld(tx, w.pruned, w.clock.now)
			if err != nil {
				return err
			}
			w.through = through
		}
		result, err := tx.StmtContext(context.Background(), w.remove).Exec(w.through, pruneBatch)
		if err == nil {
			deleted, err = result.RowsAffected()
		}
		return err
	})
	w.pruning = err == nil && deleted == pruneBatch
	w.checkpointIfDue(int(deleted), err)
	return w.settle(err)
}

// tooOld returns the Seq of the last Change to delete; 0 if there is none: one before cutoff
// that has no Change from cutoff to now before it. A Change after now, of a clock that was
// wrong, is deleted when one after it is too old.
func tooOld(tx *sql.Tx, cutoff, now time.Time) (through uint64, err error) {
	// Why the plus: a search by time would look at all that is not too old.
	const text = `SELECT coalesce(max(seq), 0) FROM changes WHERE time < ?1 AND seq <
		coalesce((SELECT seq FROM changes WHERE +time BETWEEN ?1 AND ?2 ORDER BY seq LIMIT 1), 1 << 62)`
	err = tx.QueryRow(text, formatTime(cutoff), formatTime(now)).Scan(&through)
	return through, err
}
