package source

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// TestSkipTo: reading begins at an offset of the plain bytes, also of a compressed file and
// after Rewind. The bytes there do not change how the file is read.
func TestSkipTo(t *testing.T) {
	t.Parallel()
	plain := []byte("a,b\n\x1f\x8b\x08 is no magic number here\nrest\n")
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write(plain)
	w.Close()
	for name, content := range map[string][]byte{"plain": plain, "packed": packed.Bytes()} {
		path := filepath.Join(t.TempDir(), name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		for offset := range len(plain) + 1 {
			files, err := Open([]string{path}, nil)
			if err != nil {
				t.Fatal(err)
			}
			in, err := files.OpenOne(path)
			if err != nil {
				t.Fatal(err)
			}
			err = in.SkipTo(int64(offset))
			for range 2 {
				var got []byte
				if err == nil {
					got, err = io.ReadAll(in)
				}
				if err != nil || !bytes.Equal(got, plain[offset:]) {
					t.Errorf("%s from %d: %q, %v", name, offset, got, err)
				}
				err = in.Rewind()
			}
			if offset > 0 && in.Foreign() != (Foreign{}) {
				t.Errorf("%s from %d: recognised as %v", name, offset, in.Foreign())
			}
			in.Close()
			files.Close()
		}
		head := make([]byte, 3)
		n, err := Head(path, head)
		if err != nil || string(head[:n]) != "a,b" {
			t.Errorf("%s: the head is %q, %v", name, head[:n], err)
		}
		head = make([]byte, 1000)
		n, err = Head(path, head)
		if err != nil || n != len(plain) {
			t.Errorf("%s: a long head has %d bytes, %v", name, n, err)
		}
	}
}

func TestSkipToBeyondTheEnd(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x")
	if err := os.WriteFile(path, []byte("{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	in, err := files.Next()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	err = in.SkipTo(4)
	if err == nil || err.Error() != path+": has shrunk to 3 bytes" {
		t.Error(err)
	}
	_, err = files.OpenOne("/dev/null")
	if err == nil {
		t.Error("a device was opened as a regular file")
	}
}
