package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// cutStream is a log that is read in pieces, by a command with random flags.
type cutStream struct {
	t    *testing.T
	rng  *rand.Rand
	dir  string
	args []string // the command and its flags
	text []byte
}

// pick returns one of a list.
func pick[T any](rng *rand.Rand, list ...T) T { return list[rng.IntN(len(list))] }

// flags returns some flags of a command; "" in a list is none.
func (s *cutStream) flags() {
	p := func(list ...string) { s.args = append(s.args, strings.Fields(pick(s.rng, list...))...) }
	command := pick(s.rng, "mavg", "winavg", "winavg", "winavg", "stats")
	s.args = []string{command}
	p("", "", "-g m", "-g m,k")
	p("", "", "-a mean", "-a count,mean,min,max,sum", "-a p90,median,first,last,sd", "-a range,var")
	p("", "", "--digits 2")
	p("", "", "--where x>=10", "--where k!=b", "--where y<90")
	p("", "", "", "--max-groups 3", "--max-groups 2")
	p("", "-j 1", "-j 2", "-j 7")
	p("--bad skip", "--bad report", "--rejects rejects")
	switch command {
	case "mavg":
		p("", "-f x", "-f y,x", "-f n.z,x")
		p("-n 1", "-n 2", "-n 3", "-n 50", "-n 1500")
		p("", "--as avg")
	case "winavg":
		p("-f x", "-f x,y", "-f n.z")
		p("-w 1", "-w 3", "-w 90s --every 30s", "-w 1h --every 10m")
		p("", "", "--lateness 10s", "--lateness 1m", "--lateness all")
		p("", "", "--empty zero", "--empty null", "--empty skip")
		p("", "", "--drain")
		p("", "", "--closed right", "--closed both", "--closed neither")
		p("", "", "--max-gap 1h", "--max-gap none", "--max-gap 10m")
		p("", "", "--live")
	case "stats":
		p("", "-f x", "-f y,x")
		p("--deviation none")
	}
}

// line returns a random line, and the time after it.
func (s *cutStream) line(now float64) (string, float64) {
	r := s.rng
	now += float64(r.IntN(40)) / 4
	at := now
	switch r.IntN(40) {
	case 0:
		return pick(r, "oops", `{"x":}`, "", `{"x":1`, "{\"x\":\"\xff\"}", `{"timestamp":"?","x":1}`, `{"x":5}`, `[1]`, `{"timestamp":1714982400,"x":"a"}`, "\x00", `{"timestamp":1714982400,"x":1e999}`), now
	case 1:
		at -= float64(r.IntN(600))
	case 2:
		at += pick(r, 1.0, -1) * float64(r.IntN(1e8))
	case 3:
		if r.IntN(3) == 0 {
			now += float64(r.IntN(1e6))
		}
	}
	time := strconv.FormatFloat(at, 'f', 2, 64)
	m := pick(r, `"a"`, `"b"`, `"a\u0062,\"c"`, "1", "1.0", "null", "true", "\"\u00e9\"", `"\u0000"`)
	x := pick(r, fmt.Sprint(r.IntN(100)), fmt.Sprintf("%d.%d", r.IntN(100), r.IntN(100)), "null", "-0.5", "1e3", "123456789012345678901234567890.5")
	more := pick(r, "", "", `,"n":{"z":3.25}`, `,"n":{"z":null}`, `,"new":7`, fmt.Sprintf(`,"v%d":1`, r.IntN(5)))
	return fmt.Sprintf(`{"timestamp":%s,"m":%s,"k":%q,"x":%s,"y":%d%s}`, time, m, pick(r, "a", "b"), x, r.IntN(100), more) + pick(r, "", "", "", "\r"), now
}

// fill sets the text.
func (s *cutStream) fill() {
	now := 1714982400.0
	for range 1 + s.rng.IntN(400) {
		var line string
		line, now = s.line(now)
		s.text = append(append(s.text, line...), '\n')
	}
	if s.rng.IntN(3) == 0 {
		s.text = s.text[:len(s.text)-1-s.rng.IntN(3)]
	}
}

// run runs the command in a directory, which is made. It returns what it printed, and its code.
func (s *cutStream) run(dir string, more ...string) (stdout, stderr []byte, code int) {
	s.t.Helper()
	cmd := exec.Command(s.args[0], append(append([]string{}, s.args[1:]...), more...)...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errs
	_ = cmd.Run() // the code says it
	code = cmd.ProcessState.ExitCode()
	if code != 0 && code != 1 {
		s.t.Fatalf("%v %v: exit %d: %s", s.args, more, code, errs.Bytes())
	}
	return out.Bytes(), errs.Bytes(), code
}

// cuts returns where the runs end, in ascending order.
func (s *cutStream) cuts() []int {
	var cuts []int
	for range 1 + s.rng.IntN(6) {
		cuts = append(cuts, s.rng.IntN(len(s.text)+1))
	}
	slices.Sort(cuts)
	return append(cuts, len(s.text))
}

// dirOf returns a new directory of that name.
func (s *cutStream) dirOf(name string) string {
	dir := filepath.Join(s.dir, name)
	err := os.Mkdir(dir, 0o777)
	if err != nil {
		s.t.Fatal(err)
	}
	return dir
}

func (s *cutStream) write(dir, name string, text []byte) {
	err := os.WriteFile(filepath.Join(dir, name), text, 0o666)
	if err != nil {
		s.t.Fatal(err)
	}
}

// TestRunsOverCutsAreOneRun: runs over a log that grows print and reject together what one run
// over all of it does, whatever the flags, wherever the log ended in each run.
func TestRunsOverCutsAreOneRun(t *testing.T) {
	openSources()
	t.Parallel()
	n := 60
	if testing.Short() {
		n = 20
	}
	more, err := strconv.Atoi(os.Getenv("WEIR_CUTS"))
	if err == nil {
		n = more
	}
	for seed := range n {
		s := &cutStream{t: t, rng: rand.New(rand.NewPCG(7, uint64(seed))), dir: t.TempDir()}
		s.flags()
		s.fill()
		whole, parts := s.dirOf("whole"), s.dirOf("parts")
		s.write(whole, "log", s.text)
		want, wantErr, wantCode := s.run(whole, "log")
		var got, gotErr []byte
		gotCode := 0
		cuts := s.cuts()
		output := s.rng.IntN(2) == 0 && s.args[0] != "stats"
		for i, to := range cuts {
			s.write(parts, "log", s.text[:to])
			more := []string{"--state", "s", "log"}
			if output {
				more = append(more, "-o", "out")
			}
			if i == len(cuts)-1 {
				more = append(more, "--final")
			}
			out, errs, code := s.run(parts, more...)
			got, gotErr = append(got, out...), append(gotErr, errs...)
			if s.args[0] == "stats" {
				got = out
			}
			gotCode = max(gotCode, code)
		}
		if output {
			got, _ = os.ReadFile(filepath.Join(parts, "out"))
		}
		wantRejects, _ := os.ReadFile(filepath.Join(whole, "rejects"))
		gotRejects, _ := os.ReadFile(filepath.Join(parts, "rejects"))
		switch {
		case !bytes.Equal(got, want):
			t.Errorf("seed %d: %q, cuts %d: %s", seed, s.args, cuts, firstDifference(got, want))
		case !bytes.Equal(gotRejects, wantRejects):
			t.Errorf("seed %d: %q, cuts %d: rejects: %s", seed, s.args, cuts, firstDifference(gotRejects, wantRejects))
		case gotCode != wantCode:
			t.Errorf("seed %d: %q, cuts %d: exit %d, want %d\n%s\nwant\n%s", seed, s.args, cuts, gotCode, wantCode, gotErr, wantErr)
		}
	}
}

// firstDifference says where two texts differ.
func firstDifference(got, want []byte) string {
	at := 0
	for at < min(len(got), len(want)) && got[at] == want[at] {
		at++
	}
	from := bytes.LastIndexByte(got[:at], '\n') + 1
	return fmt.Sprintf("%d bytes, want %d; at byte %d:\n%.300s\nwant\n%.300s", len(got), len(want), at, got[from:], want[from:])
}
