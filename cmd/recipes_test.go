//go:build unix

package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// cronJob is the line of a crontab in README, run in a directory of its own. mail writes to a
// file there.
type cronJob struct {
	t            *testing.T
	dir, command string
}

func newCronJob(t *testing.T) *cronJob {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, line, ok := strings.Cut(string(text), "\n*/5 * * * * ")
	line, _, _ = strings.Cut(line, "\n")
	j := &cronJob{t: t, dir: t.TempDir()}
	j.command = strings.Replace(line, "/var/log/app", "'"+j.dir+"'", 1)
	if !ok || j.command == line {
		t.Fatalf("README has no such line of a crontab: %q", line)
	}
	err = os.Mkdir(j.path("bin"), 0o755)
	if err != nil {
		t.Fatal(err)
	}
	j.write("bin/mail", "#!/bin/sh\n{ echo \"$@\"; cat; } > '"+j.dir+"/mail'\n", 0o755)
	return j
}

func (j *cronJob) path(name string) string { return filepath.Join(j.dir, name) }

func (j *cronJob) write(name, text string, mode os.FileMode) {
	j.t.Helper()
	err := os.WriteFile(j.path(name), []byte(text), mode)
	if err != nil {
		j.t.Fatal(err)
	}
}

// run runs the job, as cron does, and returns the mail that it has sent.
func (j *cronJob) run() string {
	j.t.Helper()
	_ = os.Remove(j.path("mail")) // if there is one
	cmd := exec.Command("/bin/sh", "-c", j.command)
	cmd.Env = append(os.Environ(), "PATH="+j.path("bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	if err != nil || len(out) > 0 {
		j.t.Fatalf("%v: %s", err, out)
	}
	mail, err := os.ReadFile(j.path("mail"))
	if err != nil && !os.IsNotExist(err) {
		j.t.Fatal(err)
	}
	return string(mail)
}

// TestCronRecipe: the cron job of README sends mail for a bad line and for a failed run, but
// not while another run is in progress. The metrics that README names are there.
func TestCronRecipe(t *testing.T) {
	openSources()
	t.Parallel()
	good := strings.Repeat(`{"timestamp":"2024-05-06T08:00:30Z","latency_ms":12}`+"\n", 2)
	j := newCronJob(t)
	j.write("access.log", good, 0o644)
	mail := j.run()
	if mail != "" {
		t.Errorf("after a good run, mail says %q", mail)
	}
	j.write("access.log", good+"oops\n", 0o644)
	lock, err := os.Open(j.path("latency.state.lock"))
	if err != nil {
		t.Fatal(err)
	}
	err = syscall.Flock(int(lock.Fd()), syscall.LOCK_EX)
	if err != nil {
		t.Fatal(err)
	}
	mail = j.run()
	if mail != "" {
		t.Errorf("while another run is in progress, mail says %q", mail)
	}
	lock.Close()
	mail = j.run()
	if !strings.HasPrefix(mail, "-s latency ops\nwinavg: access.log:3:1: ") {
		t.Errorf("after a bad line, mail says %q", mail)
	}
	text, err := os.ReadFile(j.path("latency.prom"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	names := regexp.MustCompile(`weir_last_run_\w+`).FindAllString(string(readme), -1)
	for _, name := range names {
		if !strings.Contains(string(text), "\n"+name+"{") {
			t.Errorf("there is no %s in\n%s", name, text)
		}
	}
	if len(names) < 3 {
		t.Errorf("README names only %v", names)
	}
	err = os.Remove(j.path("access.log"))
	if err != nil {
		t.Fatal(err)
	}
	mail = j.run()
	if !strings.HasPrefix(mail, "-s latency ops\nwinavg: access.log: no such file") {
		t.Errorf("after a failed run, mail says %q", mail)
	}
}
