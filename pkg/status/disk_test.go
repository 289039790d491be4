package status

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// file returns the name of a store in a new directory.
func file(t *testing.T) string { return filepath.Join(t.TempDir(), "store.db") }

// execute runs SQL on the file at path, as the program sqlite3 would.
func execute(t *testing.T, path, text string) {
	t.Helper()
	db, err := sql.Open("sqlite", dsn(path, "rwc"))
	if err == nil {
		_, err = db.Exec(text)
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
}

// set sets a status and returns it.
func set(t failer, s Store, machine, word string, now time.Time) Status {
	t.Helper()
	status, err := s.Set(Request{Machine: machine, Word: word, Time: now})
	if err != nil {
		t.Fatal(err)
	}
	return status
}

// checkAll checks the statuses of a Store.
func checkAll(t *testing.T, s Store, want Snapshot) {
	t.Helper()
	got := all(t, s)
	if !equal(got, want) {
		t.Errorf("the statuses are %v, want %v", got, want)
	}
}

// checkHistory checks the Changes that q selects.
func checkHistory(t *testing.T, s Store, q Query, want []Change) {
	t.Helper()
	got := history(t, s, q)
	if !slices.Equal(got, want) {
		t.Errorf("the history is %v, want %v", got, want)
	}
}

// checkLength checks the number of Changes in the history.
func checkLength(t *testing.T, s Store, want int) {
	t.Helper()
	got := len(history(t, s, Query{}))
	if got != want {
		t.Fatalf("the history has %d changes, want %d", got, want)
	}
}

// checkSeq checks the number of the Change that set a status.
func checkSeq(t *testing.T, s Status, want uint64) {
	t.Helper()
	if s.Seq != want {
		t.Errorf("change %d, want %d", s.Seq, want)
	}
}

// day returns noon of a day in 2024.
func day(n int) time.Time { return time.Date(2024, 1, n, 12, 0, 0, 0, time.UTC) }

// TestReopen: a store that is opened again has what it had: statuses, history, and the
// number of the newest change, from which the next one counts. Words that are not allowed
// any more stay, and can be replaced.
func TestReopen(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: []string{"IDLE", "BROKEN"}})
	odd := "a'b\"c ;?%#&\x00 ä\xff"
	set(t, d, "", "BROKEN", day(1))
	set(t, d, odd, "IDLE", day(2).Add(123*time.Millisecond))
	set(t, d, odd, "BROKEN", day(1)) // the clock was set back
	snapshot, changes := all(t, d), history(t, d, Query{})
	closeStore(t, d)

	moves := map[string][]string{"IDLE": {"STARTED"}}
	d = openStore(t, path, Options{Words: idleStarted, Moves: moves})
	checkAll(t, d, snapshot)
	checkHistory(t, d, Query{}, changes)
	checkHistory(t, d, Query{Machine: &odd}, changes[1:])
	checkSeq(t, set(t, d, odd, "STARTED", day(3)), 4)
	if !d.Durable() || NewMemory(Options{Words: idleStarted}).Durable() {
		t.Error("Durable")
	}
}

// TestClosed: after Close, what needs the file fails; a second Close does nothing.
func TestClosed(t *testing.T) {
	t.Parallel()
	d := openStore(t, file(t), Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	closeStore(t, d)
	_, err := d.Set(Request{Word: "IDLE"})
	_, err2 := d.History(Query{})
	if err == nil || err2 == nil || len(all(t, d).Machines) != 1 {
		t.Error(err, err2, all(t, d))
	}
}

// TestNames: the name of the file may have any bytes, and may be a symbolic link; two
// names of one file are one store.
func TestNames(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "a b?c#d%20e&f;g'ä\xff.db")
	d := openStore(t, path, Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	link := filepath.Join(dir, "link")
	err := os.Symlink(path, link)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(link, Options{Words: idleStarted})
	if err == nil || !strings.Contains(err.Error(), "in use") {
		t.Error(err)
	}
	closeStore(t, d)
	_, err = os.Stat(path)
	if err != nil {
		t.Error(err)
	}
	if len(all(t, openStore(t, link, Options{Words: idleStarted})).Machines) != 1 {
		t.Error("the link leads to another store")
	}
}

// TestRefused: what is not a store that can be used is refused, with what to do, and is not
// changed.
func TestRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prepare func(path string)
		want    string
	}{
		"directory": {func(path string) { os.Mkdir(path, 0o777) }, "it is a directory; give the name of a file"},
		"text":      {func(path string) { os.WriteFile(path, []byte(strings.Repeat("not a database\n", 100)), 0o666) }, "it is not a store of statusd"},
		"foreign":   {func(path string) { execute(t, path, "CREATE TABLE people (name TEXT)") }, "it is a database of another program"},
		"marked":    {func(path string) { execute(t, path, "PRAGMA application_id = 12; PRAGMA user_version = 1") }, "it is a database of another program"},
		"newer": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			execute(t, path, "PRAGMA user_version = 99")
		}, "it is from a newer version of statusd (format 99, this one knows 1)"},
		"damaged": {func(path string) {
			d := openStore(t, path, Options{Words: idleStarted})
			for n := range 200 {
				set(t, d, fmt.Sprint("machine ", n), "IDLE", day(1))
			}
			closeStore(t, d)
			content, _ := os.ReadFile(path)
			clear(content[len(content)/2 : len(content)/2+8000])
			os.WriteFile(path, content, 0o666)
		}, "it is damaged; move the file"},
		"cut": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			os.Truncate(path, 5000)
		}, "it is damaged; move the file"},
		"other times": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			execute(t, path, "INSERT INTO statuses VALUES ('m1', 'IDLE', 'yesterday', 7)")
		}, `the time or the number of change 7 is wrong: it is damaged; move the file`},
		"a flipped bit in the history": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			execute(t, path, "INSERT INTO changes VALUES (8, 'm1', '', 'IDLE', '2024-05-06T08:00:00n000Z')")
		}, `the time or the number of change 8 is wrong: it is damaged; move the file`},
		"a number that is no number of a change": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			execute(t, path, "INSERT INTO statuses VALUES ('m1', 'IDLE', '2024-05-06T08:00:00.000Z', -5)")
		}, `the time or the number of change -5 is wrong: it is damaged; move the file`},
		"no history": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			execute(t, path, "DROP TABLE changes")
		}, `it is damaged; move the file`},
		"index": {func(path string) {
			closeStore(t, openStore(t, path, Options{Words: idleStarted}))
			execute(t, path, "INSERT INTO changes VALUES (1, 'machine 1', '', 'IDLE', '2024-05-06T08:00:00.000Z')")
			content, _ := os.ReadFile(path)
			os.WriteFile(path, bytes.Replace(content, []byte("machine 1"), []byte("machine 2"), 1), 0o666)
		}, `it is damaged; move the file`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			c.prepare(path)
			before, _ := os.ReadFile(path)
			_, err := Open(path, Options{Words: idleStarted})
			if err == nil || !strings.Contains(err.Error(), path+": "+c.want) {
				t.Fatalf("%v, want %s", err, c.want)
			}
			after, _ := os.ReadFile(path)
			if !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	_, err := Open(filepath.Join(t.TempDir(), "missing", "store.db"), Options{Words: idleStarted})
	if err == nil || !strings.Contains(err.Error(), "its directory does not exist; create it") {
		t.Error(err)
	}
	_, err = Open(os.DevNull, Options{Words: idleStarted})
	if err == nil || !strings.Contains(err.Error(), "it is not a regular file") {
		t.Error(err)
	}
}

// TestEditedByHand: a store whose statuses were deleted with another program can be set
// further: the next change has a new number.
func TestEditedByHand(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	set(t, d, "m2", "IDLE", day(1))
	closeStore(t, d)
	execute(t, path, "DELETE FROM statuses")
	d = openStore(t, path, Options{Words: idleStarted})
	checkSeq(t, set(t, d, "m1", "STARTED", day(1)), 3)
	checkLength(t, d, 3)
}

// TestLockedByProcess: a store that is open in another process is refused, and the error
// says in which. After that process was killed, it can be opened.
//
// It is not parallel: until the new process begins its program, it would hold the locks of
// the stores of all other tests.
func TestLockedByProcess(t *testing.T) {
	other := os.Getenv("STATUS_STORE")
	if other != "" {
		openStore(t, other, Options{Words: idleStarted})
		fmt.Println("open")
		select {}
	}
	path := file(t)
	cmd := exec.Command(os.Args[0], "-test.run=^TestLockedByProcess$")
	cmd.Env = append(os.Environ(), "STATUS_STORE="+path)
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	defer cmd.Process.Kill()
	_, err = out.Read(make([]byte, 1))
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(path, Options{Words: idleStarted})
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("it is in use by process %d on ", cmd.Process.Pid)) {
		t.Error(err)
	}
	cmd.Process.Kill()
	cmd.Wait()
	openStore(t, path, Options{Words: idleStarted})
}

// TestOldFormat: a file of each released format is opened, has all it had, and is used on.
func TestOldFormat(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/format-*.sql")
	if err != nil || len(files) != len(migrations) {
		t.Fatalf("%q, want one for each of %d formats (%v)", files, len(migrations), err)
	}
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		path := file(t)
		execute(t, path, string(text))
		d := openStore(t, path, Options{Words: idleStarted})
		at := func(s string) time.Time {
			t, _ := time.Parse(time.RFC3339, s)
			return t
		}
		want := Snapshot{Seq: 4, Whole: Status{"IDLE", at("2024-05-06T08:00:00Z"), 1}, Machines: map[string]Status{
			"m1": {"STARTED", at("2024-05-06T09:00:00.5Z"), 3}, "m2": {"BROKEN", at("2024-05-06T10:00:00Z"), 4},
		}}
		checkAll(t, d, want)
		changes := []Change{
			{1, "", "", "IDLE", at("2024-05-06T08:00:00Z")},
			{2, "m1", "", "IDLE", at("2024-05-06T08:30:00Z")},
			{3, "m1", "IDLE", "STARTED", at("2024-05-06T09:00:00.5Z")},
			{4, "m2", "", "BROKEN", at("2024-05-06T10:00:00Z")},
		}
		checkHistory(t, d, Query{}, changes)
		set(t, d, "m2", "IDLE", day(1))
	}
}

// TestMigrate: the steps that a file has not had are made, in one transaction: if one
// fails, the file keeps its format.
func TestMigrate(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	closeStore(t, d)
	for _, c := range []struct {
		steps []string
		want  string
	}{
		{append(slices.Clone(migrations), "ALTER TABLE changes ADD COLUMN by TEXT", "SELECT nothing"), "it cannot be converted from format 1 to 3; nothing was changed"},
		{append(slices.Clone(migrations), "ALTER TABLE changes ADD COLUMN by TEXT"), ""},
		{migrations, "it is from a newer version of statusd (format 2, this one knows 1)"},
		{append(slices.Clone(migrations), "ALTER TABLE changes ADD COLUMN by TEXT", "UPDATE changes SET by = 'x'"), ""},
	} {
		d, err := openDisk(path, Options{Words: idleStarted}, c.steps)
		if err == nil {
			if len(history(t, d, Query{})) != 1 {
				t.Error("the history is lost")
			}
			closeStore(t, d)
		}
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%d steps: %v, want %s", len(c.steps), err, c.want)
		}
	}
}

// kept returns the Seq of all changes that a store keeps, after it has pruned.
func kept(t *testing.T, d *Disk) (kept []uint64) {
	t.Helper()
	_, err := d.Set(Request{Machine: "old", Word: "IDLE", Time: day(1)}) // changes nothing, but waits for the pruning
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range history(t, d, Query{}) {
		kept = append(kept, c.Seq)
	}
	return kept
}

// TestKeepHistory: changes that are older than KeepHistory before the newest one are
// deleted when the store is opened, and after an hour of changes; statuses stay.
func TestKeepHistory(t *testing.T) {
	t.Parallel()
	path := file(t)
	o := Options{Words: idleStarted, KeepHistory: 48 * time.Hour}
	check := func(d *Disk, want ...uint64) {
		t.Helper()
		got := kept(t, d)
		if !slices.Equal(got, want) {
			t.Errorf("changes %v are kept, want %v", got, want)
		}
	}
	d := openStore(t, path, o)
	set(t, d, "old", "IDLE", day(1))                       // 1
	set(t, d, "m1", "IDLE", day(2))                        // 2
	set(t, d, "m2", "IDLE", day(3))                        // 3
	set(t, d, "m1", "STARTED", day(4).Add(-2*time.Minute)) // 4; this deletes 1
	check(d, 2, 3, 4)
	set(t, d, "m1", "IDLE", day(4).Add(50*time.Minute)) // 5; less than an hour since that
	check(d, 2, 3, 4, 5)
	closeStore(t, d)
	d = openStore(t, path, o)
	check(d, 3, 4, 5)
	set(t, d, "m1", "STARTED", day(4).Add(-20*time.Hour)) // 6; the clock was set back a little: nothing is deleted
	check(d, 3, 4, 5, 6)
	s := all(t, d)
	if s.Machines["old"].Seq != 1 || len(s.Machines) != 3 {
		t.Errorf("a status was deleted: %v", s)
	}
	closeStore(t, d)

	o.KeepHistory = 0
	d = openStore(t, path, o)
	for n := range 10 {
		set(t, d, "m1", idleStarted[n%2], day(5+n))
	}
	check(d, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16)
}

// TestWrongClock: while the clock of a machine is years ahead or back, and after it was set
// right, no history is lost, also over restarts. A clock that stays where it is is believed.
func TestWrongClock(t *testing.T) {
	t.Parallel()
	ahead, back := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(1970, 1, 1, 0, 0, 0, 0, time.UTC)
	path := file(t)
	o := Options{Words: idleStarted, KeepHistory: 90 * 24 * time.Hour}
	d := openStore(t, path, o)
	word, number := 0, 0
	change := func(at time.Time) {
		t.Helper()
		word++
		number++
		set(t, d, "m1", idleStarted[word%2], at)
	}
	check := func(where string) {
		t.Helper()
		got := kept(t, d)
		if len(got) != number {
			t.Fatalf("%s: %d of %d changes are kept", where, len(got), number)
		}
	}
	set(t, d, "old", "IDLE", day(1))
	number++
	for n := range 30 {
		change(day(1 + n))
	}
	check("before")
	for n, wrong := range []time.Time{ahead, back, ahead.AddDate(5, 0, 0)} {
		for hour := range 5 {
			change(wrong.Add(time.Duration(hour) * time.Hour))
			check("while it is wrong")
		}
		closeStore(t, d)
		d = openStore(t, path, o)
		check("opened while it is wrong")
		change(wrong.Add(6 * time.Hour))
		check("opened, and changed")
		change(day(31 + n))
		check("set right")
	}
	closeStore(t, d)
	d = openStore(t, path, o)
	check("opened after it was set right")
	for n := range 30 {
		change(ahead.AddDate(2, 0, n))
	}
	got := kept(t, d)
	if len(got) != 30 {
		t.Errorf("%d changes are kept after the clock has stayed there, want its 30", len(got))
	}
}

// TestPruneManyAtOpen: a history of many changes a minute is pruned when it is opened, too: it
// is not only the newest changes that show how long the clock has been right.
func TestPruneManyAtOpen(t *testing.T) {
	t.Parallel()
	path := file(t)
	closeStore(t, openStore(t, path, Options{Words: idleStarted}))
	const days, many = 10, 8 * clockChanges
	execute(t, path, fmt.Sprintf(`WITH RECURSIVE n(seq) AS (SELECT 1 UNION ALL SELECT seq+1 FROM n WHERE seq < %d)
		INSERT INTO changes SELECT seq, 'm1', 'STARTED', 'IDLE', strftime('%%Y-%%m-%%dT%%H:%%M:%%fZ', 1714982400 + seq * %d.0 / %[1]d * 86400, 'unixepoch') FROM n;
		INSERT INTO statuses SELECT machine, status, max(time), max(seq) FROM changes`, many, days))
	d := openStore(t, path, Options{Words: idleStarted, KeepHistory: 5 * 24 * time.Hour})
	set(t, d, "m2", "IDLE", time.Unix(1714982400+days*86400, 0))
	for range many/2/pruneBatch + 1 { // each waits for a batch at most
		set(t, d, "m2", "IDLE", time.Time{})
	}
	got := history(t, d, Query{})
	if len(got) < many/2 || len(got) > many/2+100 {
		t.Errorf("%d changes of %d are kept, want half of them", len(got), many)
	}
}

// TestPruneMany: more changes than one transaction deletes are all deleted, and clients are
// served between two transactions.
func TestPruneMany(t *testing.T) {
	t.Parallel()
	path := file(t)
	d := openStore(t, path, Options{Words: idleStarted})
	set(t, d, "m1", "IDLE", day(1))
	closeStore(t, d)
	const many = 3*pruneBatch + 7
	execute(t, path, fmt.Sprintf(`WITH RECURSIVE n(seq) AS (SELECT 2 UNION ALL SELECT seq+1 FROM n WHERE seq < %d)
		INSERT INTO changes SELECT seq, 'm1', 'STARTED', 'IDLE', '2024-01-01T12:00:00.000Z' FROM n;
		UPDATE statuses SET seq = %[1]d`, many))
	d = openStore(t, path, Options{Words: idleStarted, KeepHistory: time.Hour})
	checkLength(t, d, many)
	set(t, d, "m1", "STARTED", day(2))
	for n := range 3 {
		set(t, d, "m2", idleStarted[n%2], day(2)) // after a batch each
	}
	closeStore(t, d)
	d = openStore(t, path, Options{Words: idleStarted, KeepHistory: time.Hour})
	checkLength(t, d, 4)
}

// TestNewEnough: versions of SQLite compare by number.
func TestNewEnough(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.0": true, "3.54": true, "4.0.0": true,
		"3.51.2": false, "3.51": false, "3.9.9": false, "2.99.9": false, "": false, "x": false,
	} {
		if newEnough(version) != want {
			t.Errorf("%q: %v", version, !want)
		}
	}
}
