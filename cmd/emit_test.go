package cmd

import (
	"io"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// TestStatusdEmitsStatus: with --emit-status, a change is a line of the output: at once
// while the input is idle, and after a line that has begun. Repeating a status is no
// change. The filters pass such a line on, or count it without a reading, and none
// reports it.
func TestStatusdEmitsStatus(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t, "--emit-status", "--exit-on-eof")
	set := func(body string) {
		t.Helper()
		code, answer := d.request("/status", body, asJSON)
		if code != 200 {
			t.Fatalf("%d %s", code, answer)
		}
	}
	var output strings.Builder
	line := func(want string) {
		t.Helper()
		text := d.readLine()
		output.WriteString(text)
		if !regexp.MustCompile("^" + want + "\n$").MatchString(text) {
			t.Fatalf("%s, want %s", text, want)
		}
	}
	const first, begin, end = `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1","x":1}`, `{"timestamp":"2024-05-06T08:01:10Z",`, `"machine":"m1","x":3}`
	event := func(machine, word, previous string) string {
		return `{"timestamp":"20..-..-..T..:..:..\....Z","machine":` + machine + `,"status":"` + word + `","previous":` + previous + `,"event":"status"}`
	}
	d.send(first + "\n")
	line(first)
	set(`{"machine":"m1","status":"STARTED"}`)
	line(event(`"m1"`, "STARTED", "null"))
	set(`{"machine":"m1","status":"STARTED"}`)
	set(`{"status":"IDLE"}`)
	line(event("null", "IDLE", "null"))
	d.send(begin)
	d.expect(begin)
	set(`{"machine":"m1","status":"COMPLETED"}`)
	d.send(end + "\n")
	output.WriteString(begin)
	line(end)
	line(event(`"m1"`, "COMPLETED", `"STARTED"`))
	d.waitFor("/metrics", `statusd_emitted_changes_total{result="written"} 3`)
	d.in.Close()
	rest, err := io.ReadAll(d.out)
	if len(rest) > 0 || err != nil {
		t.Errorf("%q, %v", rest, err)
	}
	stderr := d.wait(0)
	if stderr != "" {
		t.Errorf("stderr: %s", stderr)
	}
	requireTools(t, "bash grep jq ")
	for command, want := range map[string]string{
		"mavg -n 2 | grep -c -e '\"x\":2}' -e 'status.*{}'":     "4\n",
		"winavg -w 1 -f x -g machine | tail -1":                 `{"date":"2024-05-06 08:02:00","machine":"m1","average_x":3}` + "\n",
		"stats -f x | jq -c '[.count, .mean]'":                  "[2,2]\n",
		"mavg --where event=status | jq -r .previous | tail -1": "STARTED\n",
	} {
		c := exec.Command("bash", "-c", command)
		c.Stdin = strings.NewReader(output.String())
		var stderr strings.Builder
		c.Stderr = &stderr
		got, err := c.Output()
		if string(got) != want || err != nil || strings.Contains(stderr.String(), "line") {
			t.Errorf("%s: %q, %v, stderr %q; want %q", command, got, err, &stderr, want)
		}
	}
}

// readLine reads a line of standard output.
func (d *daemon) readLine() string {
	d.t.Helper()
	var line []byte
	for b := make([]byte, 1); len(line) == 0 || line[len(line)-1] != '\n'; {
		_, err := io.ReadFull(d.out, b)
		if err != nil {
			d.t.Fatalf("after %q: %v", line, err)
		}
		line = append(line, b[0])
	}
	return string(line)
}

// TestStatusdEmitsOnSignal: a change that waits for the end of a line is written when
// a signal ends the stream, on a line of its own.
func TestStatusdEmitsOnSignal(t *testing.T) {
	openSources()
	t.Parallel()
	d := newDaemon(t, "--emit-status")
	d.send(`{"unfinished":`)
	d.expect(`{"unfinished":`)
	code, answer := d.request("/status", `{"status":"IDLE"}`, asJSON)
	if code != 200 {
		t.Fatalf("%d %s", code, answer)
	}
	d.signal(syscall.SIGTERM)
	rest, err := io.ReadAll(d.out)
	if err != nil || !regexp.MustCompile(`^\n{"timestamp":.*"status":"IDLE".*}\n$`).Match(rest) {
		t.Errorf("%q, %v", rest, err)
	}
	d.wait(143)
}
