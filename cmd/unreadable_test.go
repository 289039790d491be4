//go:build unix

package cmd

import (
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// filters are commands that read FILEs, one of each.
var filters = []string{"mavg -n 2", "winavg -w 1", "stats --deviation none"}

// nobody is the number of the user and the group with that name, or of ones without a name.
const nobody = 65534

// unprivileged makes a command run as a user who may not read everything, and makes dir, and
// the commands, accessible to that user.
func unprivileged(t *testing.T, cmd *exec.Cmd, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	for _, d := range []string{tempDir, filepath.Dir(dir), dir} {
		err := os.Chmod(d, 0o755)
		if err != nil {
			t.Fatal(err)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
}

// TestUnreadableInputs: an input that is missing, a directory, a socket or not readable is
// reported by one message before anything is printed, read or made, with and without --state,
// and wherever it is among the inputs. The exit code is 2.
func TestUnreadableInputs(t *testing.T) {
	openSources()
	t.Parallel()
	dir := t.TempDir()
	line := []byte(`{"timestamp":1714982400,"duration":1}` + "\n")
	err := os.WriteFile(filepath.Join(dir, "good"), line, 0o644)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "secret"), line, 0)
	}
	if err == nil {
		err = os.Mkdir(filepath.Join(dir, "logs"), 0o755)
	}
	if err == nil {
		err = os.Symlink("rotated away", filepath.Join(dir, "link"))
	}
	if err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(dir, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer socket.Close()
	for _, c := range []struct{ args, want string }{
		{"missing", "missing: no such file or directory"},
		{"good missing", "missing: no such file or directory"},
		{"goof", "goof: no such file or directory (did you mean good?)"},
		{"good/x", "good/x: not a directory"},
		{"link", "link: no such file or directory"},
		{"logs", "logs: is a directory; name the files in it"},
		{"good logs/", "logs/: is a directory; name the files in it"},
		{"- < logs", "-: standard input is a directory"},
		{"secret", "secret: permission denied"},
		{"good secret good", "secret: permission denied"},
		{"socket", "socket: no such device or address"},
		{"good '' good", "a FILE name is empty"},
	} {
		for _, command := range append([]string{"machsim --from"}, filters...) {
			for _, flags := range []string{"", " --state s -o out"} {
				tool, _, _ := strings.Cut(command, " ")
				want := tool + ": " + c.want + "\n"
				if tool == "machsim" {
					if flags != "" || strings.ContainsAny(c.args, " ") {
						continue
					}
					want = strings.Replace(tool+": --from "+c.want+"\n", "name the files in it", "name one file", 1)
				}
				var stdout, stderr strings.Builder
				cmd := exec.Command("sh", "-c", "exec "+command+flags+" "+c.args)
				unprivileged(t, cmd, dir)
				cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &stdout, &stderr
				err := cmd.Run()
				if cmd.ProcessState == nil {
					t.Fatal(err)
				}
				if cmd.ProcessState.ExitCode() != 2 || stdout.Len() > 0 || stderr.String() != want {
					t.Errorf("%s%s %s: %v, stdout %q, stderr %q, want %q", command, flags, c.args, err, &stdout, &stderr, want)
				}
			}
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 5 {
		t.Errorf("something was made: %v", entries)
	}
}

// TestInputBecomesUnreadable: an input that was readable at the start and is not when its turn
// comes is a failed read: what was read before is used, and the exit code is 74. With --state the
// run changes nothing, and the next one reads all.
func TestInputBecomesUnreadable(t *testing.T) {
	openSources()
	t.Parallel()
	for _, command := range filters {
		for _, c := range []struct{ name, change, want string }{
			{"removed", "mv second aside", "second: no such file or directory"},
			{"a directory", "mv second aside; mkdir second", "second: is a directory; name the files in it"},
			{"forbidden", "chmod 0 second", "second: permission denied"},
		} {
			t.Run(command+", "+c.name, func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				first, second := `{"timestamp":1714982400,"duration":1}`+"\n", `{"timestamp":1714982401,"duration":3}`+"\n"
				err := os.WriteFile(filepath.Join(dir, "second"), []byte(second), 0o644)
				if err == nil {
					err = os.WriteFile(filepath.Join(dir, "many"), []byte(strings.Repeat(first, 3<<20/len(first))), 0o644)
				}
				if err == nil {
					err = syscall.Mkfifo(filepath.Join(dir, "first"), 0o644)
				}
				if err != nil {
					t.Fatal(err)
				}
				for _, flags := range []string{"", " --state s -o out"} {
					// What is written to the FIFO is more than it holds, so that the command has begun to
					// read it, and has checked both inputs before.
					script := command + flags + ` -v first second > stdout 2> stderr & exec 3> first; cat many >&3; ` + c.change + `; exec 3>&-; wait $!`
					cmd := exec.Command("sh", "-c", script)
					if c.name == "forbidden" {
						unprivileged(t, cmd, dir)
						err = makeWritable(dir, "first", "second")
						if err != nil {
							t.Fatal(err)
						}
					}
					cmd.Dir = dir
					words, _ := cmd.CombinedOutput()
					stdout, err := os.ReadFile(filepath.Join(dir, "stdout"))
					stderr, err2 := os.ReadFile(filepath.Join(dir, "stderr"))
					if err != nil || err2 != nil || len(words) > 0 {
						t.Fatal(err, err2, string(words))
					}
					if cmd.ProcessState.ExitCode() != 74 || !strings.HasSuffix("\n"+string(stderr), "\n"+strings.Fields(command)[0]+": "+c.want+"\n") {
						t.Errorf("%s: %v, stderr %s", flags, cmd.ProcessState, stderr)
					}
					if flags == "" && !strings.Contains(string(stdout), "1") {
						t.Errorf("the first input was not used: %s", stdout)
					}
					again := exec.Command("sh", "-c", "rm -rf second; if test -e aside; then mv aside second; fi")
					if c.name == "forbidden" {
						again = exec.Command("chmod", "644", "second")
					}
					again.Dir = dir
					words, err = again.CombinedOutput()
					if err != nil {
						t.Fatal(err, string(words))
					}
				}
				cmd := exec.Command("sh", "-c", command+" --final --state s -o out second && cat out")
				cmd.Dir = dir
				words, err := cmd.CombinedOutput()
				want := map[string]string{"mavg": `"moving_averages":{"duration":3}}`, "winavg": `"average_delivery_time":3}`, "stats": `"field":"duration","count":1,"mean":3,`}
				if err != nil || !strings.Contains(string(words), want[strings.Fields(command)[0]]) {
					t.Errorf("the next run: %v, %s", err, words)
				}
			})
		}
	}
}

// makeWritable makes a directory writable for all, and the user of unprivileged the owner of files
// in it, who may then change them.
func makeWritable(dir string, names ...string) error {
	err := os.Chmod(dir, 0o777)
	for _, name := range names {
		if err == nil && os.Getuid() == 0 {
			err = os.Chown(filepath.Join(dir, name), nobody, nobody)
		}
	}
	return err
}
