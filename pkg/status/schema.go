package status

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"

	_ "modernc.org/sqlite" // registers the driver "sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// applicationID marks the file as a store of this package (PRAGMA application_id): the
// letters "weir".
const applicationID = 0x77656972

// migrations are the steps from an empty file to the present format. PRAGMA
// user_version is the number of steps that were made in a file. A step is never
// changed once it is released; a new one is appended.
//
// Each table and each time is meant to be read with the program sqlite3: time and since
// are in UTC as in 2024-05-06T08:00:00.123Z, which SQLite's date functions read, and
// which sorts as text. An empty machine is the whole job. An empty before means that
// nothing was set.
var migrations = []string{
	`CREATE TABLE statuses (
		machine TEXT NOT NULL PRIMARY KEY,
		status  TEXT NOT NULL,
		since   TEXT NOT NULL,
		seq     INTEGER NOT NULL
	) STRICT, WITHOUT ROWID;
	CREATE TABLE changes (
		seq     INTEGER PRIMARY KEY,
		machine TEXT NOT NULL,
		before  TEXT NOT NULL,
		status  TEXT NOT NULL,
		time    TEXT NOT NULL
	) STRICT;
	CREATE INDEX changes_by_machine ON changes (machine, seq);
	CREATE INDEX changes_by_time ON changes (time);`,
}

// oldestSQLite is the first release of SQLite in which a checkpoint that runs while
// another connection begins the WAL anew cannot damage the database
// (https://sqlite.org/wal.html, "The WAL-Reset Bug").
var oldestSQLite = [3]int{3, 51, 3}

// busyTime is how long a connection waits for the lock of another program, such as
// sqlite3 or a backup, in milliseconds.
const busyTime = 2000

// dsn returns the data source name of the file at an absolute path. mode is rwc, rw or
// ro; settings are further parameters of package sqlite.
func dsn(path, mode string, settings ...string) string {
	u := url.URL{Path: filepath.ToSlash(path)}
	if !strings.HasPrefix(u.Path, "/") { // C:/...
		u.Path = "/" + u.Path
	}
	all := append([]string{"mode=" + mode, "_busy_timeout=" + strconv.Itoa(busyTime), "_dqs=0", "_error_rc=1"}, settings...)
	return "file://" + u.EscapedPath() + "?" + strings.Join(all, "&")
}

// openWriter opens the connection that writes. The file may be of any format.
func openWriter(path, mode string) (*sql.DB, error) {
	// fullfsync is for macOS, where fsync(2) leaves the data in the disk's own cache.
	// The size limit truncates a WAL that a long reader has made grow. The checkpoint that SQLite
	// makes in a COMMIT would not say that it has failed: see writer.checkpointIfDue.
	db, err := sql.Open("sqlite", dsn(path, mode, "_txlock=immediate", "_synchronous="+synchronous,
		"_pragma=fullfsync(1)", "_pragma=checkpoint_fullfsync(1)", "_pragma=journal_size_limit(16777216)", "_pragma=wal_autocheckpoint(0)"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

// openReader opens the connections that read the history.
func openReader(path string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dsn(path, "ro", "_query_only=1"))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(2)
	return db, nil
}

// inTransaction runs do in a transaction that takes the write lock at once. After an error
// it has rolled back.
func inTransaction(db *sql.DB, do func(*sql.Tx) error) error {
	tx, err := db.BeginTx(context.Background(), nil)
	if err != nil {
		return err
	}
	err = do(tx)
	if err != nil {
		return errors.Join(err, tx.Rollback())
	}
	return tx.Commit()
}

// pragma returns the value of PRAGMA name, or what setting it returns.
func pragma(db *sql.DB, name string) (value string, err error) {
	err = db.QueryRow("PRAGMA " + name).Scan(&value)
	return value, err
}

// migrate brings a file to the present format, which it creates in an empty file. It
// refuses, before anything is changed, what is not a store or is from a newer version.
func migrate(db *sql.DB, steps []string) error {
	return inTransaction(db, func(tx *sql.Tx) error {
		var id, version, tables int
		err := tx.QueryRow("SELECT (SELECT * FROM pragma_application_id), (SELECT * FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)").Scan(&id, &version, &tables)
		switch {
		case err != nil:
			return err
		case id != applicationID && (id != 0 || version != 0 || tables != 0):
			return errors.New("it is a database of another program; give statusd a file of its own")
		case version > len(steps):
			return fmt.Errorf("it is from a newer version of statusd (format %d, this one knows %d); use that version, or another file", version, len(steps))
		case version == len(steps):
			return nil
		}
		for _, step := range steps[version:] {
			_, err := tx.Exec(step)
			if err != nil {
				return fmt.Errorf("it cannot be converted from format %d to %d; nothing was changed: %w", version, len(steps), err)
			}
		}
		_, err = tx.Exec(fmt.Sprintf("PRAGMA application_id = %d; PRAGMA user_version = %d", applicationID, len(steps)))
		return err
	})
}

// prepare sets the journal mode and reads back what durability depends on: SQLite does
// not fail if a setting is not possible.
func prepare(db *sql.DB) error {
	mode, err := pragma(db, "journal_mode = WAL")
	if err != nil {
		return err
	}
	if mode != "wal" {
		return fmt.Errorf("its file system does not support a write-ahead log (journal mode %s); use a file on a local disk", mode)
	}
	return verify(db)
}

// verify reads back the settings of a connection.
func verify(db *sql.DB) error {
	var version string
	err := db.QueryRow("SELECT sqlite_version()").Scan(&version)
	if err != nil {
		return err
	}
	if !newEnough(version) {
		return fmt.Errorf("SQLite %s can damage a database; statusd must be built with %d.%d.%d or later", version, oldestSQLite[0], oldestSQLite[1], oldestSQLite[2])
	}
	for name, want := range map[string]string{"journal_mode": "wal", "synchronous": strconv.Itoa(synchronousNumber), "wal_autocheckpoint": "0"} {
		got, err := pragma(db, name)
		if err != nil {
			return err
		}
		if got != want {
			return fmt.Errorf("SQLite has %s %s instead of %s, so changes would not be safe", name, got, want)
		}
	}
	return nil
}

// newEnough reports whether a version of SQLite is oldestSQLite or later.
func newEnough(version string) bool {
	var v [3]int
	n, _ := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2])
	if n < 2 {
		return false
	}
	for i, part := range oldestSQLite {
		if v[i] != part {
			return v[i] > part
		}
	}
	return true
}

// maxChecked is the size in pages (of 4 KiB) up to which a file is checked completely. That
// is some 250,000 changes, and takes a second.
const maxChecked = 8192

// checkIntegrity reads the whole file and returns an error if its structure is damaged; if it
// is not larger than maxChecked, its indexes and values too. Later, these would be an error of
// each History or Set.
func checkIntegrity(db *sql.DB) error {
	var pages int
	err := db.QueryRow("PRAGMA page_count").Scan(&pages)
	if err != nil {
		return err
	}
	check := "integrity_check(1)"
	if pages > maxChecked {
		check = "quick_check(1)"
	}
	found, err := pragma(db, check)
	if err == nil && found != "ok" {
		err = errDamaged
	}
	if err != nil || pages > maxChecked {
		return err
	}
	var seq int64
	err = db.QueryRow(wrongRow).Scan(&seq)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case code(err) == sqlite3.SQLITE_ERROR: // no such table
		return errDamaged
	case err != nil:
		return err
	}
	return fmt.Errorf("the time or the number of change %d is wrong: %w", seq, errDamaged)
}

// wrongRow selects the number of a row with a time that parseTime does not read, or with a
// number that is no Seq.
const wrongRow = `SELECT seq FROM (SELECT seq, time FROM changes UNION ALL SELECT seq, since FROM statuses)
	WHERE coalesce(strftime('%Y-%m-%dT%H:%M:%fZ', time), '') <> time OR seq NOT BETWEEN 1 AND 1 << 53 LIMIT 1`

// errDamaged is the error of a file that cannot be trusted any more.
var errDamaged = errors.New("it is damaged; move the file and those named like it (-wal, -shm) away, and restore a copy or begin anew")
