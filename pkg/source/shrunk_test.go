package source

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
)

// TestFileIsTruncated: a file that is truncated while it is read is an error that says so, after
// what was read before. So is one that had been read to its end, or had grown. It does not
// matter how it is compressed, and whether it is read through standard input.
func TestFileIsTruncated(t *testing.T) {
	t.Parallel()
	var text []byte // which is long when it is compressed, too
	for rng := rand.New(rand.NewPCG(1, 2)); len(text) < 1<<20; {
		text = fmt.Appendf(text, "{\"x\":%d}\n", rng.Uint64())
	}
	for name := range packers() {
		whole := pack(t, name, text)
		for _, stdin := range []bool{false, true} {
			for _, c := range []struct{ left, grow int }{{0, 0}, {3, 0}, {len(whole) / 2, 0}, {len(whole) - 1, 0}, {len(whole) + 5, 10}} {
				file := writeFile(t, whole)
				var in *Input
				if stdin {
					f, err := os.Open(file)
					if err != nil {
						t.Fatal(err)
					}
					defer f.Close()
					in = input(t, f, Options{}, "-")
				} else {
					in = input(t, nil, Options{}, file)
				}
				buf := make([]byte, 1000)
				n, err := in.Read(buf)
				got := bytes.Clone(buf[:n])
				for len(got) < len(text) && c.grow > 0 && err == nil {
					n, err = in.Read(buf)
					got = append(got, buf[:n]...)
				}
				if c.grow > 0 {
					if name != "plain" {
						continue // what follows the compressed data would be an error anyhow
					}
					err = os.WriteFile(file, append(whole[:len(whole):len(whole)], strings.Repeat(" ", c.grow)...), 0o600)
					if err == nil {
						_, err = io.ReadFull(in, buf[:c.grow])
						got = append(got, buf[:c.grow]...)
					}
				}
				if err == nil {
					err = os.Truncate(file, int64(c.left))
				}
				if err != nil {
					t.Fatal(err)
				}
				read := in.Offset()
				rest, err := readAll(t, in, 1<<16)
				got = append(got, rest...)
				want := fmt.Sprintf("%s: was truncated while it was read: %d bytes had been read, and now it has %d; ", in.Name(), max(read, int64(c.left)), c.left)
				if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.HasPrefix(err.Error(), want) {
					t.Errorf("%s, stdin %v, %d bytes are left: %v, want %s", name, stdin, c.left, err, want)
				}
				if !bytes.HasPrefix(append(text[:len(text):len(text)], strings.Repeat(" ", c.grow)...), got) {
					t.Errorf("%s, stdin %v, %d bytes are left: what was returned is not what the file had", name, stdin, c.left)
				}
			}
		}
	}
}

// TestFileIsReplaced: a file that is renamed, removed or replaced by a shorter one, or that
// grows, while it is read, is read to its end.
func TestFileIsReplaced(t *testing.T) {
	t.Parallel()
	text := bytes.Repeat([]byte("{\"x\":1}\n"), 1<<17) // several reads
	for name, change := range map[string]func(file string) error{
		"replaced": func(file string) error { return os.Rename(writeFile(t, []byte("{}\n")), file) },
		"renamed":  func(file string) error { return os.Rename(file, file+".1") },
		"removed":  os.Remove,
		"grown": func(file string) error {
			return os.WriteFile(file, append(text[:len(text):len(text)], "{}\n"...), 0o600)
		},
	} {
		file := writeFile(t, text)
		in := input(t, nil, Options{}, file)
		buf := make([]byte, 1000)
		n, err := in.Read(buf)
		if err == nil {
			err = change(file)
		}
		if err != nil {
			t.Fatal(err)
		}
		rest, err := readAll(t, in, 1<<16)
		got := append(buf[:n:n], rest...)
		if err != io.EOF || !bytes.HasPrefix(got, text) {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(text), err)
		}
	}
}

// TestSizeOfKernelFiles: files of /proc and /sys that have more or fewer bytes than
// their size says have not been truncated.
func TestSizeOfKernelFiles(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"/proc/self/status", "/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/uevent_seqnum"} {
		_, err := os.Stat(file)
		if errors.Is(err, os.ErrNotExist) {
			t.Log(file, " is not there")
			continue
		}
		in := input(t, nil, Options{}, file)
		got, err := readAll(t, in, 10)
		if err != io.EOF || len(got) == 0 {
			t.Errorf("%s: %q, %v", file, got, err)
		}
	}
}

// TestSkippedBytesAreMissing: a compressed file that ends before the bytes to be skipped do is
// an error, not an input without records.
func TestSkippedBytesAreMissing(t *testing.T) {
	t.Parallel()
	for name := range packers() {
		if name == "plain" {
			continue
		}
		in := input(t, nil, Options{}, writeFile(t, pack(t, name, []byte("{}\n{}\n"))))
		err := in.SkipTo(7)
		if err != nil {
			t.Fatal(err)
		}
		_, err = readAll(t, in, 10)
		if err == nil || err.Error() != in.Name()+": has less data than an earlier run has read" {
			t.Errorf("%s: %v", name, err)
		}
	}
}
