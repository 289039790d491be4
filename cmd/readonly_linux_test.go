package cmd

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"weir/pkg/disktest"
)

// refused is a run that cannot save its state, or write its output.
type refused struct{ args, want string } // The arguments without the command; the message without its name.

// wantRefused runs each command, as another user if asUser: it must end with exit code 2 and the
// one message before it prints a byte, and make nothing but lock files.
func wantRefused(t *testing.T, dir string, asUser bool, list []refused) {
	t.Helper()
	before := filesBelow(t, dir)
	for _, c := range list {
		var stdout, stderr strings.Builder
		cmd := exec.Command("sh", "-c", "exec "+c.args)
		if asUser {
			unprivileged(t, cmd, dir)
		}
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
		_ = cmd.Run() // the code says it
		tool, _, _ := strings.Cut(c.args, " ")
		if cmd.ProcessState.ExitCode() != 2 || stdout.Len() > 0 || stderr.String() != tool+": "+c.want+"\n" {
			t.Errorf("%s: %v, stdout %q, stderr %q, want %q", c.args, cmd.ProcessState, &stdout, &stderr, c.want)
		}
	}
	after := filesBelow(t, dir)
	if !slices.Equal(before, after) {
		t.Errorf("there was %q, and is %q", before, after)
	}
}

// filesBelow returns the paths of the files below a directory, with their sizes, without those of
// locks.
func filesBelow(t *testing.T, dir string) (list []string) {
	t.Helper()
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && info.Mode().IsRegular() && filepath.Ext(path) != ".lock" {
			list = append(list, fmt.Sprint(path, " ", info.Size()))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// TestStateThatCannotBeSaved: a state whose directory cannot be written is refused before the
// first byte of output, although its lock can be taken: the results would be printed again by the
// next run.
func TestStateThatCannotBeSaved(t *testing.T) {
	openSources()
	t.Parallel()
	dir := t.TempDir()
	script := `printf '%s\n' '{"timestamp":1714982400,"duration":1}' > log
	mkdir locked open; mavg --state locked/s log > first; touch locked/first.lock
	chmod 666 locked/*; chmod 777 open; chmod 555 locked; echo '{"timestamp":1714982401,"duration":3}' >> log`
	cmd := exec.Command("sh", "-ec", script)
	cmd.Dir = dir
	words, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(words))
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Join(dir, "locked"), 0o755) }) // so that it can be removed
	const cannot = ": cannot create the temporary file "
	list := []refused{
		{"mavg --state locked/s log", "--state locked/s" + cannot + "locked/s.tmp: permission denied"},
		{"mavg --state ./locked/s < log", "--state ./locked/s" + cannot + "./locked/s.tmp: permission denied"},
		{"mavg --state locked/other log", "--state locked/other.lock: permission denied"},
		{"mavg --state locked/missing/s log", "--state locked/missing/s: the directory locked/missing does not exist"},
		{"mavg --state open/t -o locked/out log", "-o locked/out: permission denied"},
		{"stats --state open/t -o locked/out log", "-o locked/out: cannot create a temporary file in directory locked/: permission denied"},
	}
	for _, command := range filters {
		for _, flags := range []string{"", " --final", " -o open/out"} {
			list = append(list, refused{command + " --state locked/first" + flags + " log", "--state locked/first" + cannot + "locked/first.tmp: permission denied"})
		}
	}
	wantRefused(t, dir, true, list)
}

// TestReadOnlyFileSystem: a state or an output on a file system that is read-only, also one that
// was written before, is refused before the first byte of output. Inputs may be there.
func TestReadOnlyFileSystem(t *testing.T) {
	disktest.Need(t)
	openSources()
	t.Parallel()
	d := disktest.NewTmpfs(t, "1m")
	dir := t.TempDir()
	cmd := exec.Command("sh", "-ec", `ln -s "$0" ro; printf '%s\n' '{"timestamp":1714982400,"duration":1}' > ro/log
	mavg --state ro/s ro/log > first; mavg --state t -o ro/out ro/log; touch ro/first.lock; echo '{"timestamp":1714982401,"duration":3}' >> ro/log`, d.Dir)
	cmd.Dir = dir
	words, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatal(err, string(words))
	}
	d.SetReadOnly()
	const cannot = ": cannot create the temporary file "
	wantRefused(t, dir, false, []refused{
		{"mavg --state ro/s ro/log", "--state ro/s" + cannot + "ro/s.tmp: read-only file system"},
		{"winavg -w 1 --state ro/first -o out ro/log", "--state ro/first" + cannot + "ro/first.tmp: read-only file system"},
		{"stats --state ro/other ro/log", "--state ro/other.lock: read-only file system"},
		{"mavg --state t -o ro/out ro/log", "-o ro/out: read-only file system"},
		{"winavg -w 1 --state u -o ro/new ro/log", "-o ro/new: read-only file system"},
		{"stats --state u -o ro/new ro/log", "-o ro/new: cannot create a temporary file in directory ro/: read-only file system"},
		{"mavg --state u --rejects ro/r ro/log", "--rejects ro/r: read-only file system"},
	})
	for _, command := range filters {
		cmd := exec.Command("sh", "-c", command+" --final --state v -o out.v ro/log && grep -c . out.v; rm -f v v.prev out.v")
		cmd.Dir = dir
		out, err := cmd.CombinedOutput()
		if err != nil || string(out) == "0\n" {
			t.Errorf("%s, from a log that is read-only: %v, %s", command, err, out)
		}
	}
}

// TestStateAndOutputOnOtherFileSystems: log, state and output may each be on a file system of its
// own, the state also by a symbolic link. Each line is there once.
func TestStateAndOutputOnOtherFileSystems(t *testing.T) {
	disktest.Need(t)
	openSources()
	t.Parallel()
	states, outputs := disktest.NewTmpfs(t, "1m"), disktest.NewTmpfs(t, "1m")
	for _, command := range []string{"mavg -n 2", "winavg -w 1"} {
		dir := t.TempDir()
		name := strings.Fields(command)[0]
		args := " --state state -o " + filepath.Join(outputs.Dir, name)
		cmd := exec.Command("sh", "-ec", `ln -s "$0" state; : > all
		for i in 0 1 2 3 4; do
			echo "{\"timestamp\":$((1714982400+40*i)),\"duration\":$i}" | tee -a all >> log
			if [ $i = 2 ]; then mv log log.1; : > log; fi
			`+command+args+` log
			echo torn >> `+filepath.Join(outputs.Dir, name)+` # as a killed run leaves it
		done
		`+command+args+` --final log; test -L state; `+command+` all > want`, filepath.Join(states.Dir, name))
		cmd.Dir = dir
		words, err := cmd.CombinedOutput()
		if err != nil || len(words) > 0 {
			t.Fatal(command, err, string(words))
		}
		got, err := os.ReadFile(filepath.Join(outputs.Dir, name))
		want, err2 := os.ReadFile(filepath.Join(dir, "want"))
		if err != nil || err2 != nil || len(want) == 0 || !bytes.Equal(got, want) {
			t.Errorf("%s: %v, %v, appended\n%swant\n%s", command, err, err2, got, want)
		}
	}
}
