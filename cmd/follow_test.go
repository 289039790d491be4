package cmd

import (
	"bufio"
	"io"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// TestFollowComposes: a filter reads what curl follows: each record comes out as soon as
// it has arrived. When statusd ends, so does the answer, as a complete one (curl's exit
// code is 0), and the filter with it.
func TestFollowComposes(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t)
	d.send("{\"machine\":\"m1\",\"n\":1}\n{\"machine\":\"m2\",\"n\":100}\n")
	d.waitFor("/data", `"n":100`)
	follow := exec.Command("sh", "-c", `{ curl -sN --compressed "$0/data?follow=1&machine=m1"; echo "curl: $?" >&2; } | mavg -n 2`, d.url)
	var stderr strings.Builder
	follow.Stderr = &stderr
	out, err := follow.StdoutPipe()
	if err == nil {
		err = follow.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = follow.Process.Kill() })
	lines := bufio.NewReader(out)
	expect := func(want string) {
		t.Helper()
		got, err := lines.ReadString('\n')
		if err != nil || got != want+"\n" {
			t.Fatalf("%q, %v, want %s; stderr: %s", got, err, want, stderr.String())
		}
	}
	expect(`{"machine":"m1","n":1,"moving_averages":{"n":1}}`)
	d.send("{\"machine\":\"m1\",\"n\":2}\n{\"machine\":\"m2\",\"n\":200}\n")
	expect(`{"machine":"m1","n":2,"moving_averages":{"n":1.5}}`)
	d.send("{\"machine\":\"m1\",\"n\":3}\n")
	expect(`{"machine":"m1","n":3,"moving_averages":{"n":2.5}}`)
	go func() { _, _ = io.Copy(io.Discard, d.out) }()
	d.signal(syscall.SIGTERM)
	rest, err := io.ReadAll(lines)
	if err == nil {
		err = follow.Wait()
	}
	if len(rest) > 0 || err != nil || stderr.String() != "curl: 0\n" {
		t.Errorf("at the end: %q, %v, stderr: %s", rest, err, stderr.String())
	}
	d.wait(143)
}
