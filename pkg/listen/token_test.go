//go:build unix

package listen

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestReadToken: the token is the first line of a file or a pipe. Of anything else, at most
// 4 KiB are read, and the error says what is wrong.
func TestReadToken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	huge := file("huge", strings.Repeat("x", 5000))
	if err := os.Truncate(huge, 1<<40); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	const token = "correct-horse-battery"
	go func() {
		fmt.Fprint(w, token[:5])
		fmt.Fprint(w, token[5:], "\nnot part of it")
		w.Close()
	}()
	for _, c := range []struct{ name, want string }{
		{file("lf", token+"\nsecond\n"), token},
		{file("crlf", " "+token+"\t\r\nsecond"), token},
		{file("end", token), token},
		{file("long", token+"\n"+strings.Repeat("x", 1<<20)), token},
		{fmt.Sprintf("/dev/fd/%d", r.Fd()), token},
		{file("longest", strings.Repeat("x", 4096)+"\n"), strings.Repeat("x", 4096)},
		{huge, "error: its first line has more than 4096 bytes; it must be the token"},
		{"/dev/zero", "error: its first line has more than 4096 bytes; it must be the token"},
		{"/dev/null", "error: the token has 0 characters: use at least 16 characters"},
		{dir, "error: is a directory; name the file with the token"},
		{filepath.Join(dir, "none"), "error: no such file or directory"},
		{fifo, "error: no line was written to it within 10ms; the first line must be the token"},
	} {
		wait := time.Minute
		if c.name == fifo {
			wait = 10 * time.Millisecond
		}
		got, err := readToken(c.name, wait)
		if err != nil {
			got = "error: " + strings.TrimPrefix(err.Error(), "open "+c.name+": ")
		}
		if got != c.want {
			t.Errorf("%s: %.200q, want %.200q", c.name, got, c.want)
		}
	}
	_, err = ReadToken(filepath.Join(dir, "none"))
	if err == nil || err.Error() != "--token-file "+filepath.Join(dir, "none")+": no such file or directory" {
		t.Errorf("%v", err)
	}
}

// TestCheckToken: a token is long enough and can be sent in a header.
func TestCheckToken(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "short", "with a space in it", "0123456789abcde\u00e4"} {
		if checkToken(bad) == nil {
			t.Errorf("checkToken accepts %q", bad)
		}
	}
	if err := checkToken("0123456789abcdef"); err != nil {
		t.Error(err)
	}
}
