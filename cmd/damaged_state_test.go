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
)

// damagedState is a state, the one before it and an output, as two runs have left them.
type damagedState struct {
	t          *testing.T
	dir        string
	args       []string
	rng        *rand.Rand
	state      []byte
	prev       []byte
	out        []byte
	want       []byte // the output after one more run
	refused    int    // runs with exit code 2
	fromBefore int    // runs that used the state before
}

// damage returns another text: bits flipped, a part cut out, put in or repeated, or the beginning
// of one state with the end of another one.
func (d *damagedState) damage(text, other []byte) []byte {
	at := func(text []byte) int { return d.rng.IntN(len(text) + 1) }
	for {
		i, j := at(text), at(text)
		i, j = min(i, j), max(i, j)
		var got []byte
		switch d.rng.IntN(7) {
		case 0:
			got = bytes.Clone(text)
			for range 1 + d.rng.IntN(3) {
				got[d.rng.IntN(len(got))] ^= 1 << d.rng.IntN(8)
			}
		case 1:
			got = text[:i]
		case 2:
			got = bytes.Join([][]byte{text[:i], text[j:]}, nil)
		case 3:
			got = bytes.Join([][]byte{text[:j], text[i:]}, nil)
		case 4:
			got = bytes.Join([][]byte{text[:i], other[at(other):]}, nil)
		case 5:
			lines := bytes.SplitAfter(text, []byte{'\n'})
			d.rng.Shuffle(len(lines), func(i, j int) { lines[i], lines[j] = lines[j], lines[i] })
			got = bytes.Join(lines, nil)
		case 6:
			got = bytes.Clone(text)
			clear(got[i:j])
		}
		if !bytes.Equal(got, text) && !bytes.Equal(got, other) {
			return got
		}
	}
}

// run does a run. It returns the exit code, and stderr.
func (d *damagedState) run() (code int, stderr string) {
	cmd := exec.Command(d.args[0], append(append([]string{}, d.args[1:]...), "--state", "s", "-o", "out", "log")...)
	var words strings.Builder
	cmd.Dir, cmd.Stderr = d.dir, &words
	_ = cmd.Run() // the code says it
	return cmd.ProcessState.ExitCode(), words.String()
}

func (d *damagedState) file(name string) string { return filepath.Join(d.dir, name) }

func (d *damagedState) read(name string) []byte {
	text, err := os.ReadFile(d.file(name))
	must(err)
	return text
}

func (d *damagedState) write(name string, text []byte) { must(os.WriteFile(d.file(name), text, 0o600)) }

// prepare does three runs, and keeps what was there after the second.
func (d *damagedState) prepare() {
	var text []byte
	for i := range 3 {
		for k := range 40 {
			text = fmt.Appendf(text, `{"timestamp":%d,"m":"m%d","x":%d.%d}`+"\n", 1714982400+11*(40*i+k), d.rng.IntN(3), d.rng.IntN(100), d.rng.IntN(100))
		}
		d.write("log", text)
		code, stderr := d.run()
		if code != 0 {
			d.t.Fatalf("exit %d: %s", code, stderr)
		}
		if i == 1 {
			d.state, d.prev, d.out = d.read("s"), d.read("s.prev"), d.read("out")
		}
	}
	d.want = d.read("out")
	if bytes.Equal(d.want, d.out) {
		d.t.Fatal("the last run has printed nothing")
	}
}

// once does a run with a damaged state.
func (d *damagedState) once() {
	damaged := d.damage(d.state, d.prev)
	d.write("s", damaged)
	d.write("out", d.out)
	good := d.rng.IntN(2) == 0
	if good {
		d.write("s.prev", d.prev)
	} else if d.rng.IntN(2) == 0 {
		d.write("s.prev", d.damage(d.prev, d.state))
	} else {
		_ = os.Remove(d.file("s.prev"))
	}
	code, stderr := d.run()
	out := d.read("out")
	switch {
	case good && code == 0 && bytes.Equal(out, d.want):
		d.fromBefore++
	case !good && code == 2 && bytes.Equal(out, d.out):
		d.refused++
	default:
		d.t.Errorf("%q: a good state before: %v, exit %d, %s\nthe state:\n%q\noutput: %s", d.args, good, code, stderr, damaged, firstDifference(out, d.want))
	}
}

// TestDamagedStatesGiveNoWrongNumbers: a state that is not what was written is refused, and
// changes nothing; or the state before it is used, and the output is what it would have been.
// WEIR_DAMAGES=N tries N of them for each command.
func TestDamagedStatesGiveNoWrongNumbers(t *testing.T) {
	openSources()
	t.Parallel()
	n := 40
	more, err := strconv.Atoi(os.Getenv("WEIR_DAMAGES"))
	if err == nil {
		n = more
	}
	for i, command := range []string{"mavg -n 3 -g m", "winavg -w 3 -f x -g m -a mean,sd,p90,first", "stats --deviation none -g m"} {
		t.Run(command, func(t *testing.T) {
			t.Parallel()
			d := &damagedState{t: t, dir: t.TempDir(), args: strings.Fields(command), rng: rand.New(rand.NewPCG(11, uint64(i)))}
			d.prepare()
			for range n {
				d.once()
			}
			t.Logf("%d damaged states: %d refused, %d times the state before was used, %d wrong numbers", n, d.refused, d.fromBefore, n-d.refused-d.fromBefore)
		})
	}
}
