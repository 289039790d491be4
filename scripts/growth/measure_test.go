package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestTable: every cell is in its row and column, and nil cells do not count.
func TestTable(t *testing.T) {
	of := func(ns int, in input) *cell { return &cell{command: "x", in: in, cpu: time.Duration(ns)} }
	ten := input{lines: 10, bytes: 100}
	c := &table{title: "T", head: []string{"", "1", "2"}, rows: []row{
		{"a", []*cell{of(500, ten), of(1000, ten)}},
		{"b", []*cell{nil, of(70, ten)}},
	}}
	const want = "\n### T\n\n|  | 1 | 2 | most / least |\n|---|--:|--:|--:|\n| a | 50 | 100 | 2.00 |\n| b | – | 7 | 1.00 |\n"
	got := c.text(nanoseconds, "most / least", spread)
	if got != want {
		t.Errorf("%s", got)
	}
	n := len(c.cells())
	if n != 3 {
		t.Errorf("%d cells", n)
	}
	for n, s := range map[int]string{0: "none", 7: "7", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		got := count(n, "none")
		if got != s {
			t.Errorf("%d: %s", n, got)
		}
	}
}

// TestMeasure: the minimum CPU of the rounds counts, and a command that fails or
// prints a message is an error.
func TestMeasure(t *testing.T) {
	b := &bench{dir: t.TempDir(), rounds: 3, jobs: 1}
	if err := os.Mkdir(filepath.Join(b.dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, script := range map[string]string{
		"busy":  `i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done`,
		"quick": `[ "$*" = "-j 1 -n 5 file" ]`, // its own flags between -j and the file
		"fails": `exit 3`,
		"warns": `echo oops >&2`,
	} {
		if err := os.WriteFile(b.tool(name), []byte("#!/bin/sh\n"+script+"\n"), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	in := input{file: "file", lines: 1, bytes: 1e9}
	busy, quick := &cell{command: "busy", in: in}, &cell{command: "quick -n 5", in: in}
	if err := b.measure("test", []*cell{busy, quick}); err != nil {
		t.Fatal(err)
	}
	if busy.cpu <= quick.cpu || quick.cpu <= 0 || quick.peak < 1<<18 || quick.peak > 1<<30 {
		t.Errorf("busy %v, quick %v with %d bytes", busy.cpu, quick.cpu, quick.peak)
	}
	for name, fault := range map[string]string{"fails": "exit status 3", "warns": "stderr: oops"} {
		if err := b.measure("test", []*cell{{command: name, in: in}}); err == nil || !strings.Contains(err.Error(), fault) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, _, err := once(exec.Command(b.tool("missing")))
	if err == nil {
		t.Error("a missing command is not an error")
	}
}
