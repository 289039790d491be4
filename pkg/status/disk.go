package status

import (
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"weir/pkg/fd"
	"weir/pkg/lock"
)

// Disk is a Store in a file, an SQLite database. A change is on the disk when Set
// returns: it survives a crash of the process, of the system, and a power cut.
//
// One goroutine writes: it takes the requests that are waiting, decides them one after
// the other, and writes all their changes in one transaction with one fsync(2). So many
// clients are not slower than one. All answers from memory, History from the
// file over connections of its own; both never wait for the disk to be written.
//
// If the disk is full or fails, Set fails, nothing has changed (unless the error says that the change
// might be there after a restart), and reading continues. The next Set tries again.
type Disk struct {
	rules
	*current
	onChange func(Change)
	printf   func(string)

	requests chan waiting  // to the goroutine that writes; unbuffered, so that none is left in it
	closing  chan struct{} // closed by Close
	close    func() error  // closes everything; the first call counts
	reader   *sql.DB
	writer   *writer // belongs to the goroutine
	failing  bool    // belongs to the goroutine: the last transaction has failed
}

// waiting is a Set that waits for its outcome.
type waiting struct {
	request Request
	outcome chan<- outcome // buffered, so that sending does not wait
}

// outcome is what Set returns.
type outcome struct {
	status Status
	err    error
}

// maxGroup is the maximum number of requests in one transaction.
const maxGroup = 256

// errClosed is the error after Close.
var errClosed = errors.New("the store is closed")

// Open opens the Store in the file at path, or creates it. Beside the file it needs its
// directory, for the files path-wal and path-shm (SQLite's) and path.lock. A word
// that the file has and o.Words has not is kept.
//
// The error says what to do. It is returned, and the file is as before, if path is something
// else than a store, of a newer format, damaged, cannot be written, or is open in another
// process; or if SQLite cannot make changes durable there.
func Open(path string, o Options) (*Disk, error) {
	return openDisk(path, o, migrations)
}

func openDisk(path string, o Options, steps []string) (_ *Disk, err error) {
	path, err = findFile(path)
	if err != nil {
		return nil, err
	}
	held, err := lockStore(path)
	if err != nil {
		return nil, err
	}
	d := &Disk{
		rules: newRules(o), current: newCurrent(), onChange: o.OnChange, printf: o.Printf,
		requests: make(chan waiting), closing: make(chan struct{}),
		writer: &writer{path: path, keep: o.KeepHistory, clock: newClock(o.KeepHistory)},
	}
	d.writer.current = d.current
	err = d.open(steps)
	if err != nil {
		err = errors.Join(explain(err), d.closeAll(held))
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		d.run()
	}()
	d.close = sync.OnceValue(func() error {
		close(d.closing)
		<-ended
		return d.closeAll(held)
	})
	return d, nil
}

// findFile returns the absolute path of a file, symbolic links resolved. The file
// need not exist, its directory must.
func findFile(path string) (string, error) {
	full, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	resolved, err := filepath.EvalSymlinks(full)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		dir, err := filepath.EvalSymlinks(filepath.Dir(full))
		if err != nil {
			return "", fmt.Errorf("%s: its directory does not exist; create it", path)
		}
		return filepath.Join(dir, filepath.Base(full)), nil
	case err != nil:
		return "", err
	}
	info, err := os.Stat(resolved)
	switch {
	case err != nil:
		return "", err
	case info.IsDir():
		return "", fmt.Errorf("%s: it is a directory; give the name of a file, such as %s", path, filepath.Join(path, "statusd.db"))
	case !info.Mode().IsRegular():
		return "", fmt.Errorf("%s: it is not a regular file", path)
	}
	return resolved, nil
}

// open opens the file of d, which no other process has open, and loads the statuses.
func (d *Disk) open(steps []string) error {
	w := d.writer
	secure(w.path)
	secure(logName(w.path))
	db, err := openWriter(w.path, "rwc")
	if err != nil {
		return err
	}
	w.db = db
	for _, step := range []func() error{
		func() error { return migrate(db, steps) },
		func() error { return prepare(db) },
		func() error { return checkIntegrity(db) },
		func() error { return fd.SyncDir(filepath.Dir(w.path)) },
		d.load,
		w.statements,
	} {
		err := step()
		if err != nil {
			return err
		}
	}
	d.reader, err = openReader(w.path)
	return err
}

// secure makes what is read of a file what the disk has, if the file exists: a process before
// this one may have been killed before an fsync(2), or after a failed one. A Set that would
// change nothing is acknowledged because of what is read.
//
// Requires: SQLite does not have the file open in this process (see writer.forget).
func secure(path string) {
	f, err := os.OpenFile(path, os.O_RDWR, 0) // of a file that is open for reading only, Windows syncs nothing
	if err != nil {
		return // there is none, or SQLite will say what is wrong
	}
	_ = f.Sync() // if it fails, what is read next is what the disk has all the same
	fd.Forget(f)
	f.Close()
}

// load reads the statuses, and what the writer has to know of the file.
func (d *Disk) load() (err error) {
	d.writer.file, err = os.Open(d.writer.path)
	if err != nil {
		return err
	}
	statuses, seq, err := loadStatuses(d.writer.db)
	if err != nil {
		return err
	}
	d.put(statuses, seq)
	times, err := clockTimes(d.writer.db, seq)
	for _, t := range times {
		d.writer.clock.see(t)
	}
	d.writer.schedule()
	return err
}

// closeAll closes all that is open.
func (d *Disk) closeAll(held *lock.Lock) error {
	if d.writer.inDoubt {
		err := d.writer.forget()
		if err != nil { // closing would copy the log into the file
			held.Release()
			return err
		}
	}
	var errs []error
	for _, db := range []*sql.DB{d.reader, d.writer.db} { // the last connection empties the log
		if db != nil {
			errs = append(errs, db.Close())
		}
	}
	if d.writer.file != nil {
		errs = append(errs, d.writer.file.Close())
	}
	held.Release()
	return errors.Join(errs...)
}

// Close waits for the changes that are being written, and closes the file. Afterwards Set
// and History fail. Closing again does nothing.
func (d *Disk) Close() error { return d.close() }

// Durable implements Store.
func (d *Disk) Durable() bool { return true }

// History implements Store.
func (d *Disk) History(q Query) ([]Change, error) {
	changes, err := selectChanges(d.reader, q)
	return changes, explain(err)
}

// Set implements Store.
func (d *Disk) Set(r Request) (Status, error) {
	done := make(chan outcome, 1)
	select {
	case d.requests <- waiting{r, done}:
		o := <-done
		return o.status, o.err
	case <-d.closing:
		return Status{}, errClosed
	}
}

// run takes requests until Close. It prunes when nothing is waiting, from the opening on: that
// may take a minute, after --keep-history was made much shorter.
func (d *Disk) run() {
	for {
		for w := d.writer; w.pruning; {
			d.report(w.prune())
			select {
			case first := <-d.requests:
				d.commit(d.group(first))
			case <-d.closing:
				return
			default:
			}
		}
		select {
		case first := <-d.requests:
			d.commit(d.group(first))
		case <-d.closing:
			return
		}
	}
}

// group returns first and the requests that are waiting too.
func (d *Disk) group(first waiting) []waiting {
	group := []waiting{first}
	for len(group) < maxGroup {
		select {
		case next := <-d.requests:
			group = append(group, next)
		default:
			return group
		}
	}
	return group
}

// commit decides the requests of a group in their order, writes their changes, and then
// answers them all: a request that changes nothing may rely on a change before it. If
// writing fails, all of them have failed.
func (d *Disk) commit(group []waiting) {
	made, outcomes := newDraft(d.current), make([]outcome, len(group))
	for i, w := range group {
		outcomes[i].status, outcomes[i].err = made.set(&d.rules, w.request)
	}
	if len(made.changes) > 0 {
		err := d.writer.write(made)
		d.report(err)
		if err == nil {
			d.publish(made)
		} else {
			for i := range outcomes {
				outcomes[i] = outcome{err: err}
			}
		}
	}
	for i, w := range group {
		w.outcome <- outcomes[i]
	}
}

// publish makes changes visible that are on the disk.
func (d *Disk) publish(made *draft) {
	made.complete()
	for _, c := range made.changes {
		d.writer.clock.see(c.Time)
	}
	d.writer.schedule()
	if d.onChange != nil {
		for _, c := range made.changes {
			d.onChange(c)
		}
	}
}

// report prints that the store has begun to fail, or that it works again.
func (d *Disk) report(err error) {
	failing := err != nil
	if failing != d.failing && d.printf != nil {
		text := fmt.Sprintf("%s: statuses can be set again", d.writer.path)
		if failing {
			text = fmt.Sprintf("%s: statuses cannot be set: %s", d.writer.path, err)
		}
		d.printf(text)
	}
	d.failing = failing
}
