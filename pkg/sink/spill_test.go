//go:build linux

package sink

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"
)

// TestSpillRoundTrip: for all writes, the same bytes are read, and the file never has a name.
func TestSpillRoundTrip(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	rapid.Check(t, func(rt *rapid.T) {
		s, err := NewSpill()
		if err != nil {
			rt.Fatal(err)
		}
		var want []byte
		for i, size := range rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 100, bufferSize - 1, 3 * bufferSize}), 0, 6).Draw(rt, "sizes") {
			p := bytes.Repeat([]byte{byte('a' + i)}, size)
			want = append(want, p...)
			n, err := s.Write(p)
			if n != size || err != nil {
				rt.Fatal(n, err)
			}
			left := dirNames(t, dir)
			if len(left) > 0 {
				rt.Fatalf("the directory has %v", left)
			}
		}
		r, err := s.Reader()
		if err != nil {
			rt.Fatal(err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("%v, %d bytes of %d", err, len(got), len(want))
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		n, err := r.Read(make([]byte, 1))
		if n > 0 || err == nil || err == io.EOF {
			rt.Fatalf("after Close there are still %d bytes, %v", n, err)
		}
	})
	left := dirNames(t, dir)
	if len(left) > 0 {
		t.Errorf("files left: %v", left)
	}
}

// TestSpillCannotBeCreated: the error names the directory, and the variable that sets it.
func TestSpillCannotBeCreated(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for tmpdir, want := range map[string]error{filepath.Join(dir, "missing"): fs.ErrNotExist, file: syscall.ENOTDIR} {
		t.Setenv("TMPDIR", tmpdir)
		s, err := NewSpill()
		if s != nil || !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "temporary file in "+tmpdir+" (TMPDIR sets the directory): ") {
			t.Errorf("%s: %v", tmpdir, err)
		}
	}
}

// TestSpillWriteErrors: a full disk is reported by Write or by Reader, and by every later call.
func TestSpillWriteErrors(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	reported := func(err error) bool {
		return errors.Is(err, syscall.EFBIG) && strings.HasPrefix(err.Error(), spillName()+": ")
	}
	for _, size := range []int{5000, 2 * bufferSize} {
		s, err := NewSpill()
		if err != nil {
			t.Fatal(err)
		}
		if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: 4096, Max: old.Max}); err != nil {
			t.Fatal(err)
		}
		_, err = s.Write(make([]byte, size))
		_, err2 := s.Reader()
		err3 := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old)
		if err3 != nil {
			t.Fatal(err3)
		}
		if size > bufferSize && !reported(err) || size < bufferSize && err != nil {
			t.Errorf("writing %d bytes: %v", size, err)
		}
		_, err4 := s.Reader()
		if !reported(err2) || !reported(err4) {
			t.Errorf("reading %d bytes: %v, %v", size, err2, err4)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSpillWriteAllocatesNothing: per record.
func TestSpillWriteAllocatesNothing(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := NewSpill()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := []byte(fmt.Sprintf("%60s", "record"))
	n := testing.AllocsPerRun(10000, func() { _, _ = s.Write(p) })
	if n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}
