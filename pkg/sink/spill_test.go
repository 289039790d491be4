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

// TestSpillHoldsWhatWasWritten, all of it and in order; nobody else sees it, at
// any time.
func TestSpillHoldsWhatWasWritten(t *testing.T) {
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	rapid.Check(t, func(rt *rapid.T) {
		s, err := NewSpill()
		if err != nil {
			rt.Fatal(err)
		}
		var want []byte
		for i, size := range rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 100, bufferSize - 1, 3 * bufferSize}), 0, 6).Draw(rt, "sizes") {
			p := bytes.Repeat([]byte{byte('a' + i)}, size)
			want = append(want, p...)
			if n, err := s.Write(p); n != size || err != nil {
				rt.Fatal(n, err)
			}
			if left := names(t, folder); len(left) > 0 {
				rt.Fatalf("there is %v to be seen", left)
			}
		}
		r, err := s.Reader()
		if err != nil {
			rt.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, want) {
			rt.Fatalf("%v, %d bytes of %d", err, len(got), len(want))
		}
		if err := s.Close(); err != nil {
			rt.Fatal(err)
		}
		if n, err := r.Read(make([]byte, 1)); n > 0 || err == nil || err == io.EOF {
			rt.Fatalf("after Close there are still %d bytes, %v", n, err)
		}
	})
	if left := names(t, folder); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

// TestSpillWithoutAPlace: the error says where the place comes from.
func TestSpillWithoutAPlace(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for place, want := range map[string]error{filepath.Join(folder, "missing"): fs.ErrNotExist, file: syscall.ENOTDIR} {
		t.Setenv("TMPDIR", place)
		if s, err := NewSpill(); s != nil || !errors.Is(err, want) || !strings.HasPrefix(err.Error(), "temporary file (TMPDIR says where): ") {
			t.Errorf("%s: %v", place, err)
		}
	}
}

// TestSpillIsNotCutInSilence: what the disk does not take is told, by the write
// or by the end of writing, and from then on for ever.
func TestSpillIsNotCutInSilence(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	var old syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	told := func(err error) bool {
		return errors.Is(err, syscall.EFBIG) && strings.HasPrefix(err.Error(), "temporary file (TMPDIR says where): ")
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
		if err3 := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &old); err3 != nil {
			t.Fatal(err3)
		}
		if size > bufferSize && !told(err) || size < bufferSize && err != nil {
			t.Errorf("writing %d bytes: %v", size, err)
		}
		_, err4 := s.Reader()
		if !told(err2) || !told(err4) {
			t.Errorf("reading %d bytes: %v, %v", size, err2, err4)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestSpillWritesInBlocks: a record costs no call of the kernel, and no memory.
func TestSpillWritesInBlocks(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	s, err := NewSpill()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := []byte(fmt.Sprintf("%60s", "record"))
	if n := testing.AllocsPerRun(10000, func() { _, _ = s.Write(p) }); n != 0 {
		t.Errorf("%v allocations a record", n)
	}
}
