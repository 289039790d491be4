package status

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
)

// TestReplaced: if the file is removed or replaced while it is open, Set fails, since the
// change would be lost at a restart; what is in memory is served.
func TestReplaced(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	before := all(t, d)
	for _, replace := range []func() error{
		func() error { return os.Remove(path) },
		func() error { return os.WriteFile(path, nil, 0o666) },
	} {
		err := replace()
		if err != nil {
			t.Fatal(err)
		}
		_, err = d.Set(Request{Machine: "m1", Word: "STARTED"})
		if err == nil || err.Error() != "its file was removed or replaced; restart statusd" {
			t.Error(err)
		}
		checkAll(t, d, before)
	}
}

// TestBusy: while another program holds the lock for writing, Set fails after some time,
// nothing has changed, and reading does not wait. Then Set works again; each of the two
// is reported once.
func TestBusy(t *testing.T) {
	t.Parallel()
	path := file(t)
	var reports []string
	d := openStore(t, path, Options{Words: idleStarted, Printf: func(s string) { reports = append(reports, s) }})
	set(t, d, "m1", "IDLE", day(1))
	before := all(t, d)
	other, err := sql.Open("sqlite", dsn(path, "rw"))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	_, err = other.Exec("BEGIN IMMEDIATE")
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		failed := make(chan error)
		go func() {
			_, err := d.Set(Request{Machine: "m1", Word: "STARTED"})
			failed <- err
		}()
		checkLength(t, d, 1)
		err = <-failed
		if err == nil || err.Error() != "another program is writing to it" || !equal(all(t, d), before) {
			t.Errorf("%v, %v", err, all(t, d))
		}
	}
	_, err = other.Exec("ROLLBACK")
	if err != nil {
		t.Fatal(err)
	}
	set(t, d, "m1", "STARTED", day(1))
	set(t, d, "m1", "IDLE", day(1))
	want := []string{path + ": statuses cannot be set: another program is writing to it", path + ": statuses can be set again"}
	if !slices.Equal(reports, want) {
		t.Errorf("%q, want %q", reports, want)
	}
}

// TestFull: without room in the file, Set fails, nothing has changed, and reading
// continues; with room, Set works again.
func TestFull(t *testing.T) {
	t.Parallel()
	d := openStore(t, file(t), Options{Words: idleStarted})
	room := func(pages int) {
		_, err := pragma(d.writer.db, fmt.Sprint("max_page_count = ", pages))
		if err != nil {
			t.Fatal(err)
		}
	}
	room(1) // SQLite takes the present size then
	var err error
	n := 0
	for ; err == nil; n++ {
		_, err = d.Set(Request{Machine: fmt.Sprint("m", n), Word: "IDLE"})
	}
	if err.Error() != "its disk is full" {
		t.Fatal(err)
	}
	for range 3 {
		_, err = d.Set(Request{Machine: "a machine more" + strings.Repeat(".", 100), Word: "IDLE"})
		if err == nil {
			t.Error("there is room in a full file")
		}
	}
	if len(all(t, d).Machines) != n-1 || len(history(t, d, Query{})) != n-1 {
		t.Errorf("%d machines, %d changes, want %d", len(all(t, d).Machines), len(history(t, d, Query{})), n-1)
	}
	room(1_000_000)
	checkSeq(t, set(t, d, "m1", "STARTED", day(1)), uint64(n))
}

// TestRepair: when the outcome of a transaction is in doubt, and it is in the file after all,
// it is removed before the next change; what it has replaced is there again.
func TestRepair(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	set(t, d, "", "STARTED", day(1))
	before, changes := all(t, d), history(t, d, Query{})
	execute(t, path, `
		INSERT INTO changes VALUES (3, 'm1', 'IDLE', 'STARTED', '2024-01-02T12:00:00.000Z'), (4, 'm2', '', 'STARTED', '2024-01-02T12:00:00.000Z'),
			(5, '', 'STARTED', 'IDLE', '2024-01-02T12:00:00.000Z');
		INSERT OR REPLACE INTO statuses VALUES ('m1', 'STARTED', '2024-01-02T12:00:00.000Z', 3), ('m2', 'STARTED', '2024-01-02T12:00:00.000Z', 4),
			('', 'IDLE', '2024-01-02T12:00:00.000Z', 5)`)
	err := d.writer.settle(errors.New("the outcome is in doubt"))
	if err == nil || d.writer.inDoubt {
		t.Error(err, d.writer.inDoubt)
	}
	info, err := os.Stat(logName(path))
	if err != nil || info.Size() != 0 {
		t.Errorf("the log still has %d bytes (%v)", info.Size(), err)
	}
	checkHistory(t, d, Query{}, changes)
	closeStore(t, d)
	d = openStore(t, path, Options{Words: idleStarted})
	checkAll(t, d, before)
	checkSeq(t, set(t, d, "m1", "STARTED", day(2)), 3)
}

// TestLogIsEmptied: the log does not grow with each change: it is copied into the file.
func TestLogIsEmptied(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: idleStarted})
	const changes = 1024
	for n := range changes {
		set(t, d, fmt.Sprint("m", n%7), []string{"IDLE", "STARTED"}[n/7%2], day(1))
	}
	log, err := os.Stat(logName(path))
	if err != nil || log.Size() > 8<<20 {
		t.Errorf("after %d changes, the log has %d bytes (%v)", changes, log.Size(), err)
	}
}
