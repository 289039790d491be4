package cmd

import (
	"bytes"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// Commands whose --state is unsafe on purpose (see pkg/checkpoint/sync.go): controls that show
// that a test finds what it is there to find.
var (
	buildUnsynced = sync.OnceValues(func() (string, error) { return buildControl("unsafesync") })
	buildUncut    = sync.OnceValues(func() (string, error) { return buildControl("unsafeappend") })
)

// buildControl builds the commands that append to an output, with a build tag.
func buildControl(tag string) (string, error) {
	return buildPackages(tag, []string{"./mavg", "./winavg"}, "-tags", tag)
}

// tally is what became of the results of runs that were stopped.
type tally struct {
	runs, stopped int
	refused       int // Runs that could not use the state or the output.
	in, out       int // Lines.
	lost, doubled int // Lines of the output, compared with those of one undisturbed run.
}

// compare counts the lines of the output, got. want is what one undisturbed run prints. Of it,
// the lines safe must be there.
func (s *tally) compare(got, want, safe []byte) {
	there := lineCounts(got)
	for line, n := range lineCounts(safe) {
		s.lost += max(n-there[line], 0)
	}
	wanted := lineCounts(want)
	for line, n := range there {
		s.out += n
		s.doubled += max(n-wanted[line], 0)
	}
}

// lineCounts returns how often a text has each line.
func lineCounts(text []byte) map[string]int {
	counts := map[string]int{}
	for line := range bytes.Lines(text) {
		counts[string(line)]++
	}
	return counts
}

const tallyHead = "   runs  stopped  lines in  lines out  refused  lost  doubled"

func (s tally) String() string {
	return fmt.Sprintf("%7d %8d %9d %10d %8d %5d %8d", s.runs, s.stopped, s.in, s.out, s.refused, s.lost, s.doubled)
}

// tallies is a table of tallies, to which tests that run in parallel add rows.
type tallies struct {
	mu   sync.Mutex
	rows []string
}

func (all *tallies) add(name string, s tally) {
	all.mu.Lock()
	defer all.mu.Unlock()
	all.rows = append(all.rows, s.String()+"  "+name)
}

// print prints the table. The rows are in the order in which they were added.
func (all *tallies) print(t *testing.T, title string) {
	t.Logf("%s\n%s\n%s", title, tallyHead, strings.Join(all.rows, "\n"))
}

// undisturbed returns what one run over all that was ever written to the log prints.
func (l *growingLog) undisturbed(command string) []byte {
	l.t.Helper()
	args := strings.Fields(command)
	one := exec.Command(args[0], append(args[1:], "-q", "--bad", "skip")...)
	one.Stdin = bytes.NewReader(l.whole.Bytes())
	want, err := one.Output()
	l.check(err)
	return want
}

// commandIn returns a command of a directory with its flags, as a list for exec.Command.
func commandIn(bin, command string) []string {
	args := strings.Fields(command)
	args[0] = filepath.Join(bin, args[0])
	return args
}
