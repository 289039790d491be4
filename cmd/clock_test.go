package cmd

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// jumpingClock builds winavg with a wall clock that is an hour ahead, an hour behind and right
// in turn, for about a millisecond each. The monotonic clock is that of the machine.
func jumpingClock(t *testing.T) (dir string) {
	t.Helper()
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(strings.TrimSpace(string(root)), "src", "time", "time.go")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	read := regexp.MustCompile(`sec, nsec, mono := \w+\(\)\n`)
	if !read.Match(text) {
		t.Fatal("package time does not read the clocks as it did")
	}
	changed := filepath.Join(tempDir, "jumping.go")
	err = os.WriteFile(changed, read.ReplaceAll(text, []byte("$0\tsec += (mono>>20%3 - 1) * 3600\n")), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {name: changed}})
	if err == nil {
		err = os.WriteFile(filepath.Join(tempDir, "jumping.json"), overlay, 0o600)
	}
	if err == nil {
		// Without inlining, to save compiling time: what winavg imports of the standard library
		// is compiled once more.
		dir, err = buildPackages("jumping", []string{"./winavg"}, "-gcflags=all=-l", "-overlay", filepath.Join(tempDir, "jumping.json"))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// started returns when a run of winavg began, by its wall clock.
func started(t *testing.T, bin string) time.Time {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report")
	err := exec.Command(filepath.Join(bin, "winavg"), "--report", report).Run()
	text, err2 := os.ReadFile(report)
	var r struct{ Started time.Time }
	if err == nil && err2 == nil {
		err = json.Unmarshal(text, &r)
	}
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	return r.Started
}

// TestClockIsSetWhileLive: with --live, a wall clock that is set forward and back makes no row
// due too early or too late: the time that has passed since the newest event counts, by the
// monotonic clock.
func TestClockIsSetWhileLive(t *testing.T) {
	openSources()
	if raceDetector {
		t.Skip("it would build the standard library once more; the clock is the same")
	}
	t.Parallel()
	bin := jumpingClock(t)
	for ahead, tries := false, 0; !ahead; tries++ {
		ahead = time.Until(started(t, bin)) > time.Hour/2
		if tries == 100 {
			t.Fatal("the clock is not set, so that this test shows nothing")
		}
	}
	p := start(t, "exec "+filepath.Join(bin, "winavg")+" -w 1s --every 1s -f x --as x --live")
	began := time.Now()
	p.write(`{"timestamp":"2024-01-01T00:00:00.9Z","x":1}` + "\n")
	p.wantPrefix(`{"date":"2024-01-01 00:00:00","x":null}`)
	for i, want := range []string{`{"date":"2024-01-01 00:00:01","x":1}`, `{"date":"2024-01-01 00:00:02","x":null}`, `{"date":"2024-01-01 00:00:03","x":null}`} {
		p.wantPrefix(want)
		passed := time.Since(began)
		if passed < time.Duration(i)*time.Second+100*time.Millisecond || passed > time.Hour/2 {
			t.Errorf("%s came %v after the event", want, passed)
		}
	}
	p.write(`{"timestamp":"2024-01-01T01:00:03.5Z","x":3}` + "\n") // an hour later, by its own clock
	for at := time.Date(2024, 1, 1, 0, 0, 4, 0, time.UTC); at.Hour() == 0 || at.Second() < 4; at = at.Add(time.Second) {
		p.wantPrefix(`{"date":"` + at.Format(time.DateTime) + `","x":null}`)
	}
	p.in.Close()
	p.wantPrefix(`{"date":"2024-01-01 01:00:04","x":3}`)
	p.wantCode(0)
	if p.stderr.Len() > 0 {
		t.Errorf("stderr: %s", &p.stderr)
	}
}
