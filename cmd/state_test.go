package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
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

	took time.Duration // by the last run that was not killed
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
// killed at any moment, append what one run over all of it prints. A command that appends to its
// output without cutting it back first must not. (fsync does not matter here: what a killed
// process has written is not lost.)
func TestKilledRunsAppendEachResultOnce(t *testing.T) {
	openSources()
	t.Parallel()
	var table tallies
	t.Run("runs", func(t *testing.T) { // ends when those that run in parallel have
		for i, command := range []string{"mavg -n 3 -g m", "winavg -w 3 -f x", "winavg -w 3 -f x -g m -a mean,sd,p90,first"} {
			t.Run(command, func(t *testing.T) {
				t.Parallel()
				k := &kills{seed: uint64(i), bin: filepath.Join(tempDir, "bin"), command: command}
				got, want := k.run(t)
				table.add(command, k.tally)
				if !bytes.Equal(got, want) {
					t.Errorf("not each line is there once: %s", firstDifference(got, want))
				}
			})
		}
		t.Run("control", func(t *testing.T) {
			t.Parallel()
			bin, err := buildUncut()
			if err != nil {
				t.Fatal(err)
			}
			k := &kills{bin: bin, command: "mavg -n 3 -g m"}
			for k.doubled == 0 && k.seed < 10 { // a few kills may all come too early, or too late
				k.seed++
				k.run(t)
			}
			table.add("control: "+k.command+", output not cut back", k.tally)
			if k.doubled == 0 {
				t.Error("the control has doubled nothing, so these kills show nothing")
			}
		})
	})
	table.print(t, "runs, half of them killed")
}

// kills are runs of which half are killed.
type kills struct {
	tally
	seed         uint64
	bin, command string
}

// run does the runs. It returns what they have appended, and what one undisturbed run prints.
func (k *kills) run(t *testing.T) (got, want []byte) {
	l := &growingLog{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(5, k.seed))}
	args := commandIn(k.bin, k.command)
	rotated := 0
	l.grow()
	runOrKill(l, args, false) // nothing is known of logs that were rotated before the first run
	for range crashes(t) {
		k.runs++
		l.grow()
		if l.rng.IntN(5) == 0 && rotated < 10 {
			l.rotate()
			rotated++
		}
		if runOrKill(l, args, l.rng.IntN(2) == 0) {
			k.stopped++
		} else {
			rotated = 0
		}
	}
	l.write(l.rest)
	runOrKill(l, append(args, "--final"), false)
	got, err := os.ReadFile(l.path("out"))
	l.check(err)
	want = l.undisturbed(k.command)
	k.in += l.line
	k.compare(got, want, want)
	return got, want
}

// runOrKill does a run, which it perhaps kills: at any moment of the time that the last one
// took, and of a quarter more. It reports whether the run was killed before its end.
func runOrKill(l *growingLog, args []string, kill bool) (killed bool) {
	cmd := exec.Command(args[0], append(append([]string{}, args[1:]...), "-q", "--bad", "skip", "--state", "s", "-o", "out", "log")...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = l.dir, &stderr
	l.check(cmd.Start())
	began := time.Now()
	if kill {
		timer := time.AfterFunc(time.Duration(l.rng.Int64N(int64(l.took)*5/4)), func() { _ = cmd.Process.Kill() })
		defer timer.Stop()
	}
	err := cmd.Wait()
	if err == nil {
		l.took = time.Since(began)
		return false
	}
	if !kill || cmd.ProcessState.ExitCode() != -1 {
		l.t.Fatalf("%v: %v: %s", cmd.Args, err, stderr.Bytes())
	}
	return true
}
