package cmd

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// truncateWhileRead runs a command and truncates a file of it to 3 bytes when the command has
// read a part: it blocks then, as nothing is read of its output, which must be longer than a
// pipe holds. blocked is 1 or 2, for its standard output or its messages.
func truncateWhileRead(t *testing.T, cmd *exec.Cmd, file string, blocked int) (stdout, stderr string, code int) {
	t.Helper()
	var text [3]bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text[1], &text[2]
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if blocked == 1 {
		cmd.Stdout = w
	} else {
		cmd.Stderr = w
	}
	err = cmd.Start()
	w.Close()
	limit := time.AfterFunc(timeout, func() { _ = cmd.Process.Kill() })
	defer limit.Stop()
	if err == nil {
		_, err = io.CopyN(&text[blocked], r, 1)
	}
	if err == nil {
		err = os.Truncate(file, 3)
	}
	if err == nil {
		_, err = io.Copy(&text[blocked], r)
	}
	if err != nil {
		t.Fatal(err, text[2].String())
	}
	_ = cmd.Wait()
	return text[1].String(), text[2].String(), cmd.ProcessState.ExitCode()
}

// manyReadings returns lines of which each is an event of its own second, and which are far
// longer together than what commands read ahead.
func manyReadings() []byte {
	var text bytes.Buffer
	pad := strings.Repeat("x", 400)
	for i := range 40_000 {
		fmt.Fprintf(&text, `{"timestamp":%d,"duration":%d,"pad":"%s"}`+"\n", 1714982400+i, i%7, pad)
	}
	return text.Bytes()
}

// TestFileTruncatedWhileRead: a file that is truncated while it is read is not taken for one that
// is complete. Each command uses the lines before, says what has happened, and ends with 74; no
// file of -o is made of it. It does not matter how many workers there are, whether the file comes
// through standard input, and in which pass it happens.
func TestFileTruncatedWhileRead(t *testing.T) {
	openSources()
	t.Parallel()
	good := manyReadings()
	bad := bytes.ReplaceAll(good, []byte(`"pad":`), []byte(`pad:`))
	for _, c := range []struct {
		command string // FILE is the file
		text    []byte
		blocked int
	}{
		{"mavg -j 1 FILE", good, 1},
		{"mavg -j 4 FILE", good, 1},
		{"mavg -j 4 < FILE", good, 1},
		{"mavg -v -o out FILE", bad, 2},
		{"winavg -w 1s --every 1s -j 1 FILE", good, 1},
		{"winavg -w 1s --every 1s -j 4 FILE", good, 1},
		{"winavg -w 1 -v -o out FILE", bad, 2},
		{"stats -v -j 1 FILE", bad, 2},
		{"stats -v -j 4 -o out FILE", bad, 2},
		{"stats -f duration --list --deviation 0.001% FILE", good, 1},
		{"statusd --exit-on-eof --listen 127.0.0.1:0 -q < FILE", good, 1},
		{"machsim --rate max --from FILE", good, 1},
	} {
		t.Run(c.command, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "in")
			err := os.WriteFile(file, c.text, 0o600)
			if err != nil {
				t.Fatal(err)
			}
			cmd := exec.Command("sh", "-c", "exec "+strings.ReplaceAll(c.command, "FILE", "in"))
			cmd.Dir = dir
			stdout, stderr, code := truncateWhileRead(t, cmd, file, c.blocked)
			name := "in"
			if strings.Contains(c.command, "<") {
				name = "-"
			}
			want := regexp.MustCompile(`(?m)^\w+: ` + name + `: was truncated while it was read: \d+ bytes had been read, and now it has 3; read it again, and rotate it by renaming$`)
			if code != 74 || len(want.FindAllString(stderr, -1)) != 1 {
				t.Errorf("exit code %d, stderr ends with %s", code, stderr[max(0, len(stderr)-500):])
			}
			if stdout != "" && !strings.HasSuffix(stdout, "}\n") && !strings.HasPrefix(c.command, "statusd") { // which copies bytes
				t.Errorf("stdout ends with %s", stdout[max(0, len(stdout)-500):])
			}
			_, err = os.Stat(filepath.Join(dir, "out"))
			if err == nil {
				t.Error("the file of -o is there, and it is not complete")
			}
		})
	}
}

// TestLogCopiedAndTruncatedWhileRead: with --state, a run whose log is copied and truncated while
// it reads it fails and changes nothing. The next run finds the copy, so each line is there
// once.
func TestLogCopiedAndTruncatedWhileRead(t *testing.T) {
	openSources()
	t.Parallel()
	text := manyReadings()
	bad := append(bytes.Repeat([]byte("oops oops oops oops oops\n"), 10_000), text...)
	for _, command := range []string{"mavg -n 2", "winavg -w 1s --every 1s"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			file := filepath.Join(dir, "log")
			err := os.WriteFile(file, bad, 0o600)
			if err == nil {
				err = os.WriteFile(file+".1", bad, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
			run := func(args string) *exec.Cmd {
				cmd := exec.Command("sh", "-c", "exec "+command+" "+args)
				cmd.Dir = dir
				return cmd
			}
			_, stderr, code := truncateWhileRead(t, run("-v --state s -o out log"), file, 2)
			got, err := os.ReadFile(filepath.Join(dir, "out"))
			if code != 74 || err != nil || len(got) > 0 {
				t.Errorf("exit code %d, %d bytes of output, %v, stderr ends with %s", code, len(got), err, stderr[max(0, len(stderr)-500):])
			}
			next := "{\"timestamp\":1715022400,\"duration\":5}\n"
			err = os.WriteFile(file, []byte(next), 0o600)
			if err != nil {
				t.Fatal(err)
			}
			words, err := run("-q --bad skip --state s --final -o out log").CombinedOutput()
			if err != nil || len(words) > 0 {
				t.Errorf("the next run: %v, %s", err, words)
			}
			got, err = os.ReadFile(filepath.Join(dir, "out"))
			if err != nil {
				t.Fatal(err)
			}
			whole := run("-q --bad skip")
			whole.Stdin = io.MultiReader(bytes.NewReader(bad), strings.NewReader(next))
			want, err := whole.Output()
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("not each line is there once: %s", firstDifference(got, want))
			}
		})
	}
}
