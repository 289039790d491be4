package pipe_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"weir/pkg/pipe"
)

// TestFullDisk: where the temporary file cannot take what is needed for the
// second look, the summary without it is printed, and the run has failed: be it
// in the middle of the input or when the last bytes of the file are written.
func TestFullDisk(t *testing.T) {
	bin(t)
	line := `{"on":1,"do":"` + strings.Repeat("x", 1000) + `"}` + "\n"
	for _, lines := range []int{10, 1000} {
		f := &pair{}
		c := cinema(t, f)
		var p *pipe.Pipe
		err := limited(t, 4096, func() (err error) {
			p, err = show(t, c, "fp", &film{name: "a", takes: []string{line}, step: 1 << 20}, &film{name: "b", takes: []string{strings.Repeat(line, lines)}, step: 1 << 20})
			return err
		})
		var failed *pipe.WriteError
		if !errors.As(err, &failed) || !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), "TMPDIR") {
			t.Errorf("%d lines: error %v, want one that names TMPDIR", lines, err)
		}
		if f.ended != "once" || c.ears.unseen != 1 || !strings.HasSuffix(c.out.shown.String(), `{"ended":"once"}`+"\n") {
			t.Errorf("%d lines: ended %q, told %d times", lines, f.ended, c.ears.unseen)
		}
		if l := p.Ledger(); l.Used != int64(len(f.seen[0])) || l.Used < 2 || l.Used > 500 {
			t.Errorf("%d lines: %d went into the summary: %+v", lines, len(f.seen[0]), l)
		}
	}
}

// limited runs f in a process that may write no file beyond that many bytes.
func limited(t *testing.T, bytes uint64, f func() error) error {
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: bytes, Max: old.Max}); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
			t.Error(err)
		}
	}()
	return f()
}

// TestNothingStaysOpen: every way out gives back the temporary files.
func TestNothingStaysOpen(t *testing.T) {
	bin(t)
	text := strings.Repeat(`{"on":1,"v":1}`+"\n", 3)
	for name, way := range map[string]func(c *rig, f *pair, b *film){
		"in order":              func(*rig, *pair, *film) {},
		"stopped":               func(c *rig, _ *pair, b *film) { b.onRead = func(int, int) error { c.c.Stop.Stop(); return nil } },
		"read error":            func(_ *rig, _ *pair, b *film) { b.onRead = func(int, int) error { return errBroken } },
		"write error":           func(c *rig, _ *pair, _ *film) { c.out.fails, c.out.err = 1, errBroken },
		"filter error":          func(_ *rig, _ *pair, b *film) { b.takes = []string{`{"on":1,"do":"break"}`} },
		"second look fails":     func(_ *rig, f *pair, _ *film) { f.onAgain = func(int) error { return errBroken } },
		"second look is longer": func(_ *rig, _ *pair, b *film) { b.takes = []string{good + " \n", good + good} },
	} {
		f := &pair{}
		c := cinema(t, f)
		a, b := &film{name: "a", takes: []string{text}}, &film{name: "b", takes: []string{text}}
		way(c, f, b)
		before := open(t)
		_, _ = show(t, c, "pf", a, b, &film{name: "c", takes: []string{text}})
		if after := open(t); after != before {
			t.Errorf("%s: %d descriptors were open, now %d", name, before, after)
		}
	}
}

// open is the number of open descriptors, but those of a Stop.
func open(t *testing.T) (n int) {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		if to, err := os.Readlink("/proc/self/fd/" + e.Name()); err == nil && strings.HasPrefix(to, os.TempDir()) {
			n++
		}
	}
	return n
}
