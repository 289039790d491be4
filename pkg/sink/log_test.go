//go:build linux

package sink

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// TestLogsShareAFile: the lines of two logs, each used by two goroutines, are all complete, and
// those of each goroutine are in order.
func TestLogsShareAFile(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "rejects")
	os.WriteFile(name, []byte("from an earlier run\n"), 0o600)
	const lines = 400
	var wg sync.WaitGroup
	var logs []*Log
	for range 2 {
		log, err := Append(name)
		if err != nil {
			t.Fatal(err)
		}
		logs = append(logs, log)
	}
	line := func(writer, i int) string {
		return fmt.Sprintf("%d %d %s", writer, i, strings.Repeat(string(rune('a'+writer)), i*37%20_000))
	}
	for writer := range 4 {
		wg.Go(func() {
			for i := range lines {
				end := []string{"", "\n"}[i%2]
				if err := logs[writer%2].Line([]byte(line(writer, i) + end)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	for _, log := range logs {
		if err := log.Close(); err != nil {
			t.Error(err)
		}
	}
	got := strings.Split(read(t, name), "\n")
	if len(got) != 4*lines+2 || got[0] != "from an earlier run" || got[4*lines+1] != "" {
		t.Fatalf("%d lines", len(got))
	}
	next := [4]int{}
	for _, text := range got[1 : 4*lines+1] {
		writer := int(text[0] - '0')
		if text != line(writer, next[writer]) {
			t.Fatalf("writer %d: %.40s… where line %d should be", writer, text, next[writer])
		}
		next[writer]++
	}
}

func TestLogCreatesItsFile(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	name := filepath.Join(t.TempDir(), "rejects")
	log, err := Append(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := log.Line(nil); err != nil {
		t.Error(err)
	}
	got := read(t, name)
	if got != "\n" || mode(t, name) != 0o644 {
		t.Errorf("%q, %v", got, mode(t, name))
	}
	if err := log.Close(); err != nil {
		t.Error(err)
	}
	if err := log.Line([]byte("x")); err == nil || !strings.HasPrefix(err.Error(), name+": ") {
		t.Errorf("a line after Close: %v", err)
	}
}

func TestLogErrors(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, want := range map[string]error{dir: syscall.EISDIR, dir + "/none/x": syscall.ENOENT} {
		_, err := Append(name)
		if !errors.Is(err, want) || !strings.HasPrefix(err.Error(), name+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	log, err := Append("/dev/full")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if err := log.Line([]byte("x")); !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), "/dev/full: ") {
		t.Errorf("%v", err)
	}
}

// TestLogLineToAFullFifo: is written completely. In non-blocking mode, in which package os
// opens a FIFO, it would be truncated; in blocking mode a signal can end a write early,
// which once failed the line (one run in a few hundred).
func TestLogLineToAFullFifo(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	arrived := make(chan string)
	go func() {
		b, _ := os.ReadFile(name)
		arrived <- string(b)
	}()
	log, err := Append(name)
	if err != nil {
		t.Fatal(err)
	}
	line := strings.Repeat("x", 1<<20)
	for range 3 {
		if err := log.Line([]byte(line)); err != nil {
			t.Fatal(err)
		}
	}
	log.Close()
	got, want := <-arrived, strings.Repeat(line+"\n", 3)
	if got != want {
		t.Errorf("%d bytes of %d", len(got), len(want))
	}
}

// TestLogAfterATornLine: the first line of a log does not continue one that a full disk or a
// kill has cut off, so that both can be told apart.
func TestLogAfterATornLine(t *testing.T) {
	t.Parallel()
	for old, want := range map[string]string{
		"":            "new\nmore\n",
		"whole\n":     "whole\nnew\nmore\n",
		`{"kind":"ba`: `{"kind":"ba` + "\nnew\nmore\n",
		"a\nb":        "a\nb\nnew\nmore\n",
	} {
		for _, end := range []string{"", "\n"} {
			name := filepath.Join(t.TempDir(), "rejects")
			os.WriteFile(name, []byte(old), 0o600)
			log, err := Append(name)
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, name)
			if got != old {
				t.Errorf("%q: Append has written: %q", old, got)
			}
			for _, line := range []string{"new", "more"} {
				if err := log.Line([]byte(line + end)); err != nil {
					t.Error(err)
				}
			}
			log.Close()
			got = read(t, name)
			if got != want {
				t.Errorf("%q: %q, want %q", old, got, want)
			}
		}
	}
}
