package cmd

import (
	"bytes"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cutRuns are runs of a command over logs that grow and are rotated, of which some fail.
type cutRuns struct {
	*cutStream
	t        *testing.T
	bin, dir string
	output   bool // results are appended to a file, not printed
	stops    bool // a run ends at the first bad line
	ordered  bool // the lines of all runs have one order, wherever each of them ends: there is one log
	saved    bool // a state is in place
	took     time.Duration
	logs     []*cutLog
	stream   []byte // what the runs of a stream read, in that order
	pieces   []cutPiece
	history  []string
	cutResult
}

// cutResult is what runs have printed and done.
type cutResult struct {
	out, rejects []byte
	stderr       []byte
	code         int  // the largest one
	unknown      bool // the exit code of a run is not known, which has used lines
	records      map[string]int64
	faults       []string // of single runs
}

// record adds to what is printed if the test fails.
func (r *cutRuns) record(format string, args ...any) {
	r.history = append(r.history, fmt.Sprintf(format, args...))
}

// makeLogs makes the logs, and decides what may happen to them.
func (r *cutRuns) makeLogs() {
	names := []string{"log"}
	r.ordered = r.stops || r.rng.IntN(3) == 0
	if !r.ordered {
		names = append(names, pick(r.rng, nil, []string{"b.log"}, []string{"b.log", "c"}, []string{"-"}, []string{"b.log", "-"})...)
	}
	serial := 0
	first := func() string {
		serial++
		return fmt.Sprintf(`{%q:%.2f,"m":"first","id":"%d"}`, r.time, r.now, serial)
	}
	for _, name := range names {
		l := newCutLog(name, r.dir, r.rng, first)
		r.logs = append(r.logs, l)
		l.appendTo(l.now(), nil)
	}
}

// happen lets things happen to the logs between two runs.
func (r *cutRuns) happen() {
	for _, l := range r.logs {
		for range r.rng.IntN(3) {
			l.write(r.text(60))
			if r.rng.IntN(4) == 0 {
				r.record("%s", l.rotate())
			}
			if !r.ordered {
				l.late(r.text(4))
			}
		}
		r.record("%s has %d bytes", l.name, len(l.now().text))
	}
}

// once does one run over the logs.
func (r *cutRuns) once(final bool) (code int) {
	args := []string{"--state", "s", "--report", "report"}
	if r.output {
		args = append(args, "-o", "out")
	}
	if final {
		args = append(args, "--final")
	}
	var stdin []byte
	logs := r.logs
	if len(logs) > 1 && !final && r.rng.IntN(3) == 0 { // not all of them, and in another order
		logs = slices.Clone(logs)
		r.rng.Shuffle(len(logs), func(i, j int) { logs[i], logs[j] = logs[j], logs[i] })
		logs = logs[:1+r.rng.IntN(len(logs))]
	}
	for _, l := range logs {
		if l.name == "-" {
			stdin = l.now().text
			if l.pack != nil {
				stdin = l.pack(stdin)
			}
		}
		args = append(args, l.name)
	}
	sig := syscall.Signal(0)
	if r.ordered && r.saved && !final {
		sig = pick(r.rng, 0, 0, 0, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGKILL)
	}
	if sig == syscall.SIGKILL && !r.output { // what it has printed would be printed again
		sig = 0
	}
	if r.output && r.saved && !final && !r.stops && sig == 0 && r.rng.IntN(6) == 0 {
		return r.fail(args, stdin)
	}
	before, state := r.read("rejects"), r.read("s")
	out, stderr, code := r.run(r.bin, r.dir, stdin, sig, args...)
	r.record("%q: exit %d", args, code)
	if code == -1 {
		if bytes.Equal(r.read("s"), state) {
			must(os.WriteFile(filepath.Join(r.dir, "rejects"), before, 0o666)) // they are there at least once
		} else { // killed after it had done its work
			r.unknown = true
		}
		for _, l := range r.logs {
			l.now().known = l.now().known && bytes.Contains(l.now().text, []byte{'\n'})
		}
		return code
	}
	stopped := code == 128+int(syscall.SIGTERM) && sig == syscall.SIGTERM
	if code != 0 && code != 1 && !stopped {
		r.faults = append(r.faults, fmt.Sprintf("exit %d: %s", code, stderr))
	}
	for _, words := range []string{"are lost", "was truncated (", "damaged"} {
		if bytes.Contains(stderr, []byte(words)) {
			r.faults = append(r.faults, fmt.Sprintf("unexpected message: %s", stderr))
		}
	}
	r.saved = true
	r.stderr = append(r.stderr, stderr...)
	if !stopped {
		r.code = max(r.code, code)
	}
	for name, n := range readReport(r.t, filepath.Join(r.dir, "report")).Records {
		r.records[name] += n
	}
	r.collect(out, final)
	for _, l := range logs {
		l.known = true
		if r.ordered {
			l.visited()
		} else {
			l.next(final, r.piece)
		}
	}
	return code
}

// fail does a run whose last input is damaged. It must change nothing.
func (r *cutRuns) fail(args []string, stdin []byte) int {
	must(os.WriteFile(filepath.Join(r.dir, "damaged.gz"), gzipped([]byte("{}\n"))[:15], 0o666))
	before := r.read("rejects")
	_, stderr, code := r.run(r.bin, r.dir, stdin, 0, append(args, "damaged.gz")...)
	r.record("damaged: exit %d", code)
	if code != 74 {
		r.faults = append(r.faults, fmt.Sprintf("a damaged input: exit %d: %s", code, stderr))
	}
	must(os.WriteFile(filepath.Join(r.dir, "rejects"), before, 0o666)) // they are there at least once
	return code
}

// read returns the contents of a file; nil if there is none.
func (r *cutRuns) read(name string) []byte {
	text, err := os.ReadFile(filepath.Join(r.dir, name))
	if !os.IsNotExist(err) {
		must(err)
	}
	return text
}

// collect adds what a run has printed. stats prints the figures of all runs.
func (r *cutRuns) collect(out []byte, final bool) {
	if r.output {
		text, err := os.ReadFile(filepath.Join(r.dir, "out"))
		must(err)
		out = text
	}
	switch {
	case r.args[0] == "stats" && !final:
	case r.output && r.args[0] != "stats":
		r.out = out
	default:
		r.out = append(r.out, out...)
	}
}

// piece adds to the stream what a run reads of a file.
func (r *cutRuns) piece(name string, offset int, line int64, text []byte) {
	r.pieces = append(r.pieces, cutPiece{len(r.stream), name, int64(offset), line})
	r.stream = append(r.stream, text...)
}

// finish does the last run of a stream.
func (r *cutRuns) finish() {
	for r.stops && r.once(false) != 0 { // or killed
	}
	r.once(true)
	if r.ordered {
		for _, l := range r.logs {
			l.next(true, r.piece)
		}
	}
}

// undisturbed returns what one run over the stream does.
func (r *cutRuns) undisturbed(dir string) (want cutResult) {
	must(os.WriteFile(filepath.Join(dir, "log"), r.stream, 0o666))
	args := []string{"--report", "report", "log"}
	if r.stops {
		args = append([]string{"--bad", "skip"}, args...)
	}
	want.out, want.stderr, want.code = r.run(filepath.Join(tempDir, "bin"), dir, nil, 0, args...)
	want.records = readReport(r.t, filepath.Join(dir, "report")).Records
	text, err := os.ReadFile(filepath.Join(dir, "rejects"))
	if !os.IsNotExist(err) {
		must(err)
	}
	for line := range bytes.Lines(text) {
		want.rejects = append(want.rejects, r.moved(line)...)
	}
	return want
}

// position is the part of a reject that says where the line is.
var position = regexp.MustCompile(`"file":"[^"]*","line":(\d+),"column":(\d+),"offset":(\d+)`)

// moved returns a reject of the stream as one of the file that the line is in.
func (r *cutRuns) moved(reject []byte) []byte {
	m := position.FindSubmatchIndex(reject)
	number := func(i int) int64 {
		n, err := strconv.ParseInt(string(reject[m[i]:m[i+1]]), 10, 64)
		must(err)
		return n
	}
	line, column, offset := number(2), number(4), number(6)
	var in cutPiece
	lines := int64(1)
	for _, p := range r.pieces {
		if int64(p.start) <= offset {
			in = p
		}
	}
	lines += int64(bytes.Count(r.stream[:in.start], []byte{'\n'}))
	text := fmt.Sprintf(`"file":%q,"line":%d,"column":%d,"offset":%d`, in.name, line-lines+in.line, column, offset-int64(in.start)+in.offset)
	if r.ordered {
		text = ""
	}
	return slices.Concat(reject[:m[0]], []byte(text), reject[m[1]:])
}

// run runs the command in a directory, and sends it a signal if that is not 0.
func (r *cutRuns) run(bin, dir string, stdin []byte, sig syscall.Signal, more ...string) (stdout, stderr []byte, code int) {
	r.t.Helper()
	cmd := exec.Command(filepath.Join(bin, r.args[0]), append(append([]string{}, r.args[1:]...), more...)...)
	var out, errs bytes.Buffer
	cmd.Dir, cmd.Stdin, cmd.Stdout, cmd.Stderr = dir, bytes.NewReader(stdin), &out, &errs
	began := time.Now()
	must(cmd.Start())
	if sig != 0 {
		timer := time.AfterFunc(time.Duration(r.rng.Int64N(int64(r.took)*5/4)), func() { _ = cmd.Process.Signal(sig) })
		defer timer.Stop()
	}
	_ = cmd.Wait() // the code says it
	r.took = time.Since(began)
	return out.Bytes(), errs.Bytes(), cmd.ProcessState.ExitCode()
}

// scenarios returns how many scenarios a test tries, or the only one.
func scenarios(t *testing.T) (from, to int) {
	text, one := strings.CutPrefix(os.Getenv("WEIR_CUTS"), "=")
	n, err := strconv.Atoi(text)
	switch {
	case err == nil && one:
		return n, n + 1
	case err == nil:
		return 0, n
	case testing.Short():
		return 0, 20
	}
	return 0, 60
}

// TestRunsOverCutsAreOneRun: runs over logs that grow and are rotated print, reject and count
// together what one run over all of it does, whatever the flags, wherever the logs ended in each
// run, and also if runs between were killed or have failed. Each seed is a scenario; WEIR_CUTS=N
// tries N of them, and WEIR_CUTS==N the one with seed N.
func TestRunsOverCutsAreOneRun(t *testing.T) {
	openSources()
	t.Parallel()
	tiny, err := tinyBuild()
	if err != nil {
		t.Fatal(err)
	}
	from, to := scenarios(t)
	for seed := from; seed < to; seed++ {
		s := &cutStream{rng: rand.New(rand.NewPCG(7, uint64(seed))), now: 1714982400}
		s.flags()
		s.series = someSeries(s.rng)
		dir := filepath.Join(t.TempDir(), strconv.Itoa(seed))
		must(os.MkdirAll(filepath.Join(dir, "parts"), 0o777))
		r := &cutRuns{cutStream: s, t: t, dir: filepath.Join(dir, "parts"), bin: pick(s.rng, filepath.Join(tempDir, "bin"), tiny)}
		differences := r.compare(dir)
		if differences != nil {
			t.Errorf("seed %d: %q in %s\n%s\n%s", seed, s.args, r.bin, strings.Join(differences, "\n"), strings.Join(r.history, "\n"))
		} else {
			must(os.RemoveAll(dir))
		}
		if t.Failed() && os.Getenv("WEIR_CUTS") == "" {
			return
		}
	}
}

// someSeries returns lines of a file, or nil.
func someSeries(rng *rand.Rand) [][]byte {
	name := pick(rng, "", "", "machine.jsonl", "taxi.jsonl")
	if name == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join("../testdata", name))
	must(err)
	dir := os.Getenv("WEIR_SERIES")
	if dir != "" {
		files, err = filepath.Glob(filepath.Join(dir, "*.jsonl"))
		must(err)
	}
	if files == nil {
		return nil
	}
	text, err := os.ReadFile(files[rng.IntN(len(files))])
	must(err)
	return bytes.Split(bytes.TrimSuffix(text, []byte{'\n'}), []byte{'\n'})
}

// compare does the runs of one stream, or of two, and says what is different from undisturbed
// runs.
func (r *cutRuns) compare(dir string) (differences []string) {
	r.stops = slices.Contains(r.args, "stop")
	r.output = r.rng.IntN(2) == 0
	r.records = map[string]int64{}
	r.makeLogs()
	var want cutResult
	want.records = map[string]int64{}
	streams := 1 + r.rng.IntN(5)/4
	for i := range streams {
		for _, l := range r.logs {
			if i > 0 {
				l.newStream()
			}
		}
		for range 1 + r.rng.IntN(6) {
			r.happen()
			r.once(false)
		}
		r.happen()
		for _, l := range r.logs {
			if i < streams-1 { // so that the next stream begins on a new line
				l.appendTo(l.now(), append(l.rest, '\n'))
				l.rest = nil
			}
		}
		r.finish()
		whole := filepath.Join(dir, fmt.Sprint("whole", i))
		must(os.Mkdir(whole, 0o777))
		one := r.undisturbed(whole)
		if i > 0 && r.output && slices.Contains(r.args, "--format") { // the file has a header
			_, one.out, _ = bytes.Cut(one.out, []byte{'\n'})
		}
		want.out, want.rejects, want.stderr = append(want.out, one.out...), append(want.rejects, one.rejects...), append(want.stderr, one.stderr...)
		want.code = max(want.code, one.code)
		for name, n := range one.records {
			want.records[name] += n
		}
		r.stream, r.pieces = nil, nil
	}
	for line := range bytes.Lines(r.read("rejects")) {
		if r.ordered {
			line = position.ReplaceAll(line, nil)
		}
		r.rejects = append(r.rejects, line...)
	}
	return r.differences(&want)
}

// differences returns what is not as in want.
func (r *cutRuns) differences(want *cutResult) (list []string) {
	list = r.faults
	if !bytes.Equal(r.out, want.out) {
		list = append(list, "output: "+firstDifference(r.out, want.out))
	}
	if !bytes.Equal(r.rejects, want.rejects) {
		list = append(list, "rejects: "+firstDifference(r.rejects, want.rejects))
	}
	if !r.stops && !r.unknown && r.code != want.code {
		list = append(list, fmt.Sprintf("exit %d, want %d\n%s\nwant\n%s", r.code, want.code, r.stderr, want.stderr))
	}
	if !r.ordered && !maps.Equal(r.records, want.records) {
		list = append(list, fmt.Sprintf("%v, want %v", r.records, want.records))
	}
	return list
}
