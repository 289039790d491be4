package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// growingLog is a log that a program writes and that is rotated now and then. whole is all that
// was ever written to it.
type growingLog struct {
	t     *testing.T
	dir   string
	rng   *rand.Rand
	whole bytes.Buffer
	line  int
	rest  string // what the program has not written yet of its last line
}

func (l *growingLog) path(name string) string { return filepath.Join(l.dir, name) }

func (l *growingLog) check(err error) {
	l.t.Helper()
	if err != nil {
		l.t.Fatal(err)
	}
}

// write appends to the log.
func (l *growingLog) write(text string) {
	l.whole.WriteString(text)
	f, err := os.OpenFile(l.path("log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
	l.check(err)
	_, err = f.WriteString(text)
	l.check(err)
	l.check(f.Close())
}

// grow appends some lines. The last one may be incomplete.
func (l *growingLog) grow() {
	text := l.rest
	l.rest = ""
	for range 1 + l.rng.IntN(200) {
		l.line++
		if l.line%50 == 0 {
			text += "oops\n"
		}
		text += fmt.Sprintf(`{"timestamp":%d,"m":"m%d","x":%d.%d}`+"\n", 1714982400+7*l.line-l.rng.IntN(100), l.rng.IntN(3), l.rng.IntN(100), l.rng.IntN(100))
	}
	if l.rng.IntN(3) == 0 {
		n := len(text) - 1 - l.rng.IntN(20)
		text, l.rest = text[:n], text[n:]
	}
	l.write(text)
}

// rotate does what logrotate does: it renames the log, or copies and truncates it, and the
// program continues with an empty one.
func (l *growingLog) rotate() {
	l.write(l.rest)
	l.rest = ""
	for n := 9; n > 0; n-- {
		err := os.Rename(l.path(fmt.Sprint("log.", n)), l.path(fmt.Sprint("log.", n+1)))
		if err != nil && !os.IsNotExist(err) {
			l.t.Fatal(err)
		}
	}
	if l.rng.IntN(2) == 0 {
		l.check(os.Rename(l.path("log"), l.path("log.1")))
	} else {
		text, err := os.ReadFile(l.path("log"))
		l.check(err)
		l.check(os.WriteFile(l.path("log.1"), text, 0o666))
		l.check(os.Truncate(l.path("log"), 0))
	}
	l.grow()
}

// crashes returns how many runs are tried. scripts/crash asks for more.
func crashes(t *testing.T) int {
	n, err := strconv.Atoi(os.Getenv("WEIR_CRASHES"))
	switch {
	case err == nil:
		return n
	case testing.Short():
		return 20
	}
	return 60
}

// TestKilledRunsAppendEachResultOnce: runs over a growing and rotated log, of which half are
// killed at any moment, append what one run over all of it prints.
func TestKilledRunsAppendEachResultOnce(t *testing.T) {
	openSources()
	t.Parallel()
	for i, command := range []string{"mavg -n 3 -g m", "winavg -w 3 -f x", "winavg -w 3 -f x -g m -a mean,sd,p90,first"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			l := &growingLog{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(5, uint64(i)))}
			args := strings.Fields(command)
			killed, rotated := 0, 0
			l.grow()
			runOrKill(l, args, false) // nothing is known of logs that were rotated before the first run
			for range crashes(t) {
				l.grow()
				if l.rng.IntN(5) == 0 && rotated < 10 {
					l.rotate()
					rotated++
				}
				if runOrKill(l, args, l.rng.IntN(2) == 0) {
					killed++
				} else {
					rotated = 0
				}
			}
			l.write(l.rest)
			runOrKill(l, append(args, "--final"), false)
			l.check(os.WriteFile(l.path("whole"), l.whole.Bytes(), 0o666))
			one := exec.Command(args[0], append(args[1:], "-q", "--bad", "skip", l.path("whole"))...)
			want, err := one.Output()
			l.check(err)
			got, err := os.ReadFile(l.path("out"))
			l.check(err)
			t.Logf("%d of %d runs were killed; %d lines in, %d lines out", killed, crashes(t), l.line, bytes.Count(got, []byte{'\n'}))
			if !bytes.Equal(got, want) {
				at := 0
				for at < min(len(got), len(want)) && got[at] == want[at] {
					at++
				}
				t.Errorf("%d bytes were appended, want %d; the first difference is at byte %d: %.200q, want %.200q", len(got), len(want), at, got[at:], want[at:])
			}
		})
	}
}

// runOrKill does a run, which it perhaps kills. It reports whether the run was killed before
// its end.
func runOrKill(l *growingLog, args []string, kill bool) (killed bool) {
	cmd := exec.Command(args[0], append(append([]string{}, args[1:]...), "-q", "--bad", "skip", "--state", "s", "-o", "out", "log")...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = l.dir, &stderr
	l.check(cmd.Start())
	if kill {
		timer := time.AfterFunc(time.Duration(l.rng.IntN(12_000))*time.Microsecond, func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	if err == nil {
		return false
	}
	if !kill || cmd.ProcessState.ExitCode() != -1 {
		l.t.Fatalf("%v: %v: %s", cmd.Args, err, stderr.Bytes())
	}
	return true
}
