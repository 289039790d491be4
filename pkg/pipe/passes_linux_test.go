package pipe_test

import (
	"errors"
	"math"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"weir/pkg/pipe"
)

// TestSpillWriteError: if the temporary file cannot be written, in the middle of the input or
// at its end, that costs the second pass only: all records are read, the filter finishes
// without it, and the run fails.
//
// A limit on the size of files acts as a full disk. It holds for the whole process, in which go
// test logs what the test opens, so that the test is run by a process of its own.
func TestSpillWriteError(t *testing.T) {
	const alone = "WEIR_TEST_ALONE"
	if os.Getenv(alone) == "" {
		c := exec.Command(os.Args[0], "-test.run=^TestSpillWriteError$", "-test.v")
		c.Env = append(os.Environ(), alone+"=1")
		out, err := c.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestSpillWriteError") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	emptyTempDir(t)
	line := `{"on":1,"do":"` + strings.Repeat("x", 1000) + `"}` + "\n"
	for _, lines := range []int{10, 1000} {
		f := &twoPass{}
		c := newFixture(t, f)
		a := &fakeFile{name: "a", contents: []string{line}, step: 1 << 20}
		b := &fakeFile{name: "b", contents: []string{strings.Repeat(line, lines)}, step: 1 << 20}
		b.onRead = func(int, int) error {
			limitFileSize(t, 4096)
			return nil
		}
		p, err := runFiles(t, c, "fpfp", a, b, &fakeFile{name: "c", contents: []string{line}, step: 1 << 20}, &fakeFile{name: "d", contents: []string{line}, step: 1 << 20})
		limitFileSize(t, unlimited)
		var failed *pipe.WriteError
		if !errors.As(err, &failed) || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "TMPDIR") {
			t.Errorf("%d lines: error %v, want one that names TMPDIR", lines, err)
		}
		if f.ended != "Finish" || c.reporter.incomplete != 1 || !strings.HasSuffix(c.out.shown.String(), `{"ended":"Finish"}`+"\n") {
			t.Errorf("%d lines: ended %q, reported %d times", lines, f.ended, c.reporter.incomplete)
		}
		l := p.Ledger()
		if l.Used != int64(len(f.seen[0])) || l.Used != int64(lines)+3 {
			t.Errorf("%d lines: %d were used: %+v", lines, len(f.seen[0]), l)
		}
	}
}

// limitFileSize makes every write to a file fail that would make it longer than that.
// Requires that nothing else of the process writes to files.
func limitFileSize(t *testing.T, bytes uint64) {
	t.Helper()
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit)
	if err == nil {
		limit.Cur = min(bytes, limit.Max)
		err = syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit)
	}
	if err != nil {
		t.Error(err) // not Fatal: it may be another goroutine
	}
}

const unlimited = math.MaxUint64

// TestTemporaryFilesAreClosed: however the run ends.
func TestTemporaryFilesAreClosed(t *testing.T) {
	emptyTempDir(t)
	text := strings.Repeat(`{"on":1,"v":1}`+"\n", 3)
	for name, prepare := range map[string]func(c *fixture, f *twoPass, b *fakeFile){
		"complete": func(*fixture, *twoPass, *fakeFile) {},
		"stopped": func(c *fixture, _ *twoPass, b *fakeFile) {
			b.onRead = func(int, int) error { c.c.Stop.Stop(); return nil }
		},
		"read error":            func(_ *fixture, _ *twoPass, b *fakeFile) { b.onRead = func(int, int) error { return errBroken } },
		"write error":           func(c *fixture, _ *twoPass, _ *fakeFile) { c.out.fails, c.out.err = 1, errBroken },
		"filter error":          func(_ *fixture, _ *twoPass, b *fakeFile) { b.contents = []string{`{"on":1,"do":"break"}`} },
		"second pass fails":     func(_ *fixture, f *twoPass, _ *fakeFile) { f.onSecond = func(int) error { return errBroken } },
		"second pass is longer": func(_ *fixture, _ *twoPass, b *fakeFile) { b.contents = []string{good + " \n", good + good} },
	} {
		f := &twoPass{}
		c := newFixture(t, f)
		a, b := &fakeFile{name: "a", contents: []string{text}}, &fakeFile{name: "b", contents: []string{text}}
		prepare(c, f, b)
		before := openTempFiles(t)
		_, _ = runFiles(t, c, "pf", a, b, &fakeFile{name: "c", contents: []string{text}})
		after := openTempFiles(t)
		if after != before {
			t.Errorf("%s: %d descriptors were open, now %d", name, before, after)
		}
	}
}

// openTempFiles returns the number of open descriptors of files in the temporary directory.
func openTempFiles(t *testing.T) (n int) {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		to, err := os.Readlink("/proc/self/fd/" + e.Name())
		if err == nil && strings.HasPrefix(to, os.TempDir()) {
			n++
		}
	}
	return n
}
