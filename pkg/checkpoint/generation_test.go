package checkpoint

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"syscall"
	"testing"

	"weir/pkg/state"
)

// save saves a state, and returns its number.
func (d *dir) save() int64 {
	d.t.Helper()
	c, err := Open(Options{Path: d.name("state")})
	if err == nil {
		err = c.Save(nil)
	}
	if err != nil {
		d.t.Fatal(err)
	}
	return c.Generation()
}

// TestGeneration: each state that is put in place has the next number, also after a damaged
// one, of which the state before it is used.
func TestGeneration(t *testing.T) {
	t.Parallel()
	d := &dir{t: t, path: t.TempDir()}
	for want := range int64(3) {
		got := d.save()
		if got != want+1 {
			t.Fatalf("generation %d, want %d", got, want+1)
		}
	}
	err := os.Truncate(d.name("state"), 20) // number 3
	if err != nil {
		t.Fatal(err)
	}
	got := d.save()
	if got != 3 {
		t.Errorf("after a damaged state: generation %d, want 3", got)
	}
}

// TestPreviousOfAnotherStreamIsNotUsed: when FILE alone was removed to begin anew, FILE.prev is
// that of the old stream. If the new FILE is damaged, it is refused, and the old stream is not
// continued.
func TestPreviousOfAnotherStreamIsNotUsed(t *testing.T) {
	t.Parallel()
	d := &dir{t: t, path: t.TempDir()}
	d.save()
	d.save()
	err := os.Remove(d.name("state"))
	if err != nil {
		t.Fatal(err)
	}
	d.save()
	err = os.Truncate(d.name("state"), 20)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Path: d.name("state")})
	if !errors.Is(err, state.ErrDamaged) {
		t.Errorf("want a damaged state: %v", err)
	}
}

// TestUnwritableDirectory: a state that could not be replaced is refused when it is opened, before
// there is any output, and nothing is made.
func TestUnwritableDirectory(t *testing.T) {
	t.Parallel()
	d := &dir{t: t, path: t.TempDir()}
	system := readOnly{}
	_, err := Open(Options{Path: d.name("state"), Output: d.name("out"), FS: system})
	want := d.name("state") + ": cannot create the temporary file " + d.name("state.tmp") + ": read-only file system"
	if !errors.Is(err, syscall.EROFS) || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	entries, err := os.ReadDir(d.path)
	if err != nil || len(entries) > 0 {
		t.Errorf("%v, there is %v", err, entries)
	}
}

// readOnly is a file system in which nothing can be made.
type readOnly struct{ OS }

func (readOnly) OpenFile(name string, flag int, perm fs.FileMode) (File, error) {
	if flag&os.O_CREATE != 0 {
		return nil, &fs.PathError{Op: "open", Path: name, Err: syscall.EROFS}
	}
	return OS{}.OpenFile(name, flag, perm)
}

// TestOtherVersion: a state of another version of the format is refused, although a state before
// it can be read, and the message says what to do.
func TestOtherVersion(t *testing.T) {
	t.Parallel()
	d := &dir{t: t, path: t.TempDir()}
	d.save()
	d.save()
	text, err := os.ReadFile(d.name("state"))
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.SplitAfter(bytes.Replace(text, []byte(`"version":1`), []byte(`"version":2`), 1), []byte{'\n'})
	body := bytes.Join(lines[:len(lines)-2], nil)
	sum := crc32.Checksum(body, crc32.MakeTable(crc32.Castagnoli))
	err = os.WriteFile(d.name("state"), fmt.Appendf(body, `{"kind":"end","lines":%d,"crc32c":"%08x"}`+"\n", len(lines)-2, sum), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Open(Options{Path: d.name("state")})
	want := d.name("state") + ": the state has version 2, and this program reads version 1 (use another --state FILE, or remove this one to begin anew)"
	if err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}
