package checkpoint_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/checkpoint"
	"weir/pkg/mavg"
	"weir/pkg/pipe"
	"weir/pkg/state"
	"weir/pkg/winavg"
)

// Each of some thousand runs allocates buffers of about a megabyte, and keeps nothing: with a
// target of 100 %, half of the time goes to the collector.
func init() { debug.SetGCPercent(400) }

// job is what a cron job runs again and again: a filter over one growing input, whose output
// is appended to.
type job struct {
	fs     *memFS
	filter func() pipe.Filter
	begun  bool // the run has come to the point after which package cli ends an error with 74
}

const (
	statePath  = "s"
	outputPath = "out"
)

// memInput is what there is of the input now.
type memInput struct {
	*bytes.Reader
	ck    *checkpoint.Checkpoint
	part  checkpoint.Part
	text  []byte
	final bool
}

func (in *memInput) Name() string                { return "in" }
func (in *memInput) Start() (offset, line int64) { return in.part.Offset, in.part.Line }
func (in *memInput) Growing() bool               { return !in.final }
func (in *memInput) info() inodeInfo             { return inodeInfo{memInfo{"in", int64(len(in.text))}} }

func (in *memInput) Consumed(off, ln int64, ended bool) error {
	return in.ck.Consumed(in.part, bytes.NewReader(in.text), in.info(), checkpoint.Position{Offset: off, Line: ln, Ended: ended})
}

// inodeInfo describes the input, which has a number on Unix.
type inodeInfo struct{ memInfo }

// run does what package cli does for one run.
func (j *job) run(text []byte, final bool) (err error) {
	ck, err := checkpoint.Open(checkpoint.Options{Path: statePath, Header: state.Header{Tool: "job"}, Output: outputPath, FS: j.fs})
	if err != nil {
		return err
	}
	c := pipe.Config{Tool: "job", Filter: j.filter(), Out: ck.Output(), Reporter: quiet{}, Digits: -1, Paused: !final, Lines: true}
	var p *pipe.Pipe
	r := ck.Reader()
	if r != nil {
		p, err = pipe.Resume(c, r)
	} else {
		p = pipe.New(c)
	}
	if err == nil {
		j.begun = true
		err = ck.Begin()
	}
	if err == nil {
		in := &memInput{ck: ck, text: text, final: final}
		parts, _ := ck.Locate("in", bytes.NewReader(text), in.info(), nil)
		in.part = parts[len(parts)-1]
		in.Reader = bytes.NewReader(text[in.part.Offset:])
		inputs := []pipe.Input{in}
		err = p.Run(func() (pipe.Input, error) {
			if len(inputs) == 0 {
				return nil, io.EOF
			}
			inputs = nil
			return in, nil
		})
	}
	switch {
	case err != nil:
	case final:
		err = ck.Save(nil)
	default:
		err = ck.Save(p.Save)
	}
	ck.Abort()
	_ = ck.Close()
	return err
}

// output returns the file that is appended to.
func (j *job) output() []byte { return j.fs.text(outputPath) }

// state returns the state in place.
func (j *job) state() string { return string(j.fs.text(statePath)) }

// runStopped does a run during which the machine stops before operation n. It reports false
// if the run has ended before.
func (j *job) runStopped(text []byte, final bool, n int) (stopped bool) {
	defer func() {
		r := recover()
		if r == errStopped {
			stopped = true
		} else if r != nil {
			panic(r)
		}
	}()
	j.fs.ops, j.fs.stopAt, j.fs.log = 0, n, nil
	_ = j.run(text, final)
	j.fs.stopAt = 0
	return false
}

// quiet is a Reporter that reports nothing.
type quiet struct{ pipe.Reporter }

func (quiet) Bad(*batch.LineError)          {}
func (quiet) Late(*batch.LineError)         {}
func (quiet) Notice(*batch.LineError)       {}
func (quiet) Skipped(*batch.LineError)      {}
func (quiet) LimitReached()                 {}
func (quiet) Replaced(_, _ string, _ int64) {}
func (quiet) Incomplete()                   {}
func (quiet) FoundTime(batch.Path, bool)    {}
func (quiet) Missing(batch.Missing, int64)  {}
func (quiet) NoNumber(batch.Unread)         {}

func averages() pipe.Filter {
	var stats []agg.Stat
	for _, name := range []string{"mean", "max", "median"} {
		s, _ := agg.ParseStat(name)
		stats = append(stats, s)
	}
	return mavg.New(mavg.Options{N: 3, By: []batch.Path{{"m"}}, Stats: stats, As: "avg", MaxGroups: 1000, Time: batch.Path{"timestamp"}})
}

// rowsOf returns a winavg of a few minutes.
func rowsOf(change func(*winavg.Options)) func() pipe.Filter {
	return func() pipe.Filter {
		o := winavg.Options{
			Window: 3 * time.Minute, Step: time.Minute, Empty: winavg.Null, MaxGap: time.Hour, MaxGroups: 1000,
			Time: batch.Path{"timestamp"}, Fields: []batch.Path{{"x"}, {"y"}},
		}
		for i, name := range []string{"mean", "count", "sd", "p90", "first", "last"} {
			s, _ := agg.ParseStat(name)
			o.Columns = append(o.Columns, winavg.Column{Field: i % 2, Stat: s, Name: name})
		}
		if change != nil {
			change(&o)
		}
		return winavg.New(o)
	}
}

// byMachine is with -g.
func byMachine(o *winavg.Options) { o.By, o.Drain, o.Empty = []batch.Path{{"m"}}, true, winavg.Skip }

// jobs are the filters that are tried.
var jobs = map[string]func() pipe.Filter{"mavg": averages, "winavg": rowsOf(nil), "winavg by machine": rowsOf(byMachine)}

// readings returns lines of two machines, of which a few are bad.
func readings(lines int) []byte {
	rng := rand.New(rand.NewPCG(1, 2))
	var b bytes.Buffer
	for i := range lines {
		switch {
		case i%13 == 5:
			b.WriteString("oops\n")
		default:
			fmt.Fprintf(&b, `{"timestamp":%d,"m":"m%d","x":%d.%d}`+"\n", 1714982400+20*i+rng.IntN(50), rng.IntN(2), rng.IntN(100), rng.IntN(100))
		}
	}
	return b.Bytes()
}

// cuts are how much of the input each run finds: also in the middle of a line, and nothing
// new.
func cuts(text []byte) (list [][]byte) {
	for _, n := range []int{len(text) / 3, len(text) / 3, len(text)*2/3 + 7, len(text)} {
		list = append(list, text[:n])
	}
	return list
}

// undisturbed returns what the runs append if nothing happens.
func undisturbed(t *testing.T, filter func() pipe.Filter, runs [][]byte) []byte {
	t.Helper()
	j := &job{fs: newMemFS(), filter: filter}
	for i, text := range runs {
		err := j.run(text, i == len(runs)-1)
		if err != nil {
			t.Fatal(err)
		}
	}
	one := &job{fs: newMemFS(), filter: filter}
	err := one.run(runs[len(runs)-1], true)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(j.output(), one.output()) || len(one.output()) == 0 {
		t.Fatalf("several runs append\n%s\nand one run\n%s", j.output(), one.output())
	}
	return one.output()
}

// prepare returns the file system as it is before each run.
func prepare(t *testing.T, filter func() pipe.Filter, runs [][]byte, noSync bool) (list []*memFS) {
	t.Helper()
	j := &job{fs: newMemFS(), filter: filter}
	j.fs.noSync = noSync
	for _, text := range runs {
		list = append(list, j.fs.clone())
		err := j.run(text, false)
		if err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// tries is how often each operation is tried: with nothing lost that was not synced, with all of
// it lost, and with random parts. A short test tries a third of n.
func tries(n int) int {
	if testing.Short() {
		return n / 3
	}
	return n
}

// crash stops the machine as a try does, and starts it again. n makes the random parts other ones.
func (j *job) crash(n, try int) {
	rng := rand.New(rand.NewPCG(uint64(n), uint64(try)))
	keep := func() bool { return rng.IntN(2) == 0 }
	switch try {
	case 0:
		keep = func() bool { return true }
	case 1:
		keep = func() bool { return false }
	}
	j.fs.stopAt, j.fs.failAt = 0, 0
	if try > 0 { // else the process was killed, and the machine has not stopped
		j.fs.crash(keep, rng)
	}
}

// disturbed is runs of a filter of which one is disturbed, at each of its operations.
type disturbed struct {
	*testing.T
	filter func() pipe.Filter
	runs   [][]byte
	want   []byte // What is appended if nothing happens.
	table  table
}

func newDisturbed(t *testing.T, filter func() pipe.Filter) *disturbed {
	t.Helper()
	runs := cuts(readings(60))
	return &disturbed{T: t, filter: filter, runs: runs, want: undisturbed(t, filter, runs), table: table{}}
}

// each calls f for each operation of each run, of the last one also as one that ends the stream,
// as often as tries says. Before some runs, another one was killed. f reports false if the run has
// fewer operations than n.
func (d *disturbed) each(noSync bool, tries int, f func(j *job, run int, final bool, n, try int) bool) {
	for run, before := range prepare(d.T, d.filter, d.runs, noSync) {
		for _, final := range []bool{false, true} {
			if final && run < len(d.runs)-1 {
				continue
			}
			if final || run == 1 {
				before.leave(outputPath, "left by a killed run")
				before.leave(statePath+".tmp", "{")
			}
			for n, more := 1, true; more; n++ {
				for try := range tries {
					more = f(&job{fs: before.clone(), filter: d.filter}, run, final, n, try)
				}
			}
		}
	}
}

// rest does a run and those after it. It returns what became of the results.
func (d *disturbed) rest(j *job, from int) (outcome, error) {
	for i := from; i < len(d.runs); i++ {
		err := j.run(d.runs[i], i == len(d.runs)-1)
		if err != nil {
			return outcome{refused: 1}, fmt.Errorf("then run %d: %w", i, err)
		}
	}
	return compare(j.output(), d.want), nil
}

// TestMachineStopsAtEachOperation: whatever of the unsynced data is there afterwards, the runs
// that follow append what undisturbed ones do. Without fsync that is found not to be so.
func TestMachineStopsAtEachOperation(t *testing.T) {
	t.Parallel()
	for name, filter := range jobs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDisturbed(t, filter)
			for _, noSync := range []bool{false, true} {
				mark, wrong := "", 0
				if noSync {
					mark = "*"
				}
				d.each(noSync, tries(9), func(j *job, run int, final bool, n, try int) bool {
					if !j.runStopped(d.runs[run], final, n) {
						return false
					}
					at := j.fs.log[len(j.fs.log)-1]
					j.crash(n, try)
					o, err := d.rest(j, run)
					d.table.add(at, "stopped"+mark, 1)
					d.table.addOutcome(at, mark, o)
					wrong += 1 - o.equal
					if o.equal == 0 && !noSync {
						t.Errorf("run %d (final: %v) stopped before operation %d, %s, try %d: %v; appended\n%s\nwant\n%s", run, final, n, at, try, err, j.output(), d.want)
					}
					return true
				})
				if noSync && wrong == 0 {
					t.Error("without fsync nothing was lost: the test does not see what is lost")
				}
			}
			t.Logf("how often the machine has stopped before an operation, and what became of the results (*: without fsync)\n%s", d.table.text(
				"stopped", "equal", "lost", "doubled", "refused", "stopped*", "equal*", "lost*", "doubled*", "refused*"))
		})
	}
}

// TestEachOperationFails: the run ends with an error, no line of the output is incomplete, the
// state is the old one, and the next runs append what undisturbed ones do, also if the machine
// stops after the failure.
func TestEachOperationFails(t *testing.T) {
	t.Parallel()
	for name, filter := range jobs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDisturbed(t, filter)
			d.each(false, tries(3), d.fail)
			t.Logf("how often an operation has failed, what the run did, and what became of the results\n%s", d.table.text("failed", "exit 2", "exit 74", "exit 0", "old state", "equal", "lost", "doubled", "refused"))
		})
	}
}

// fail does a run of which operation n fails, and the runs after it.
func (d *disturbed) fail(j *job, run int, final bool, n, try int) bool {
	state := j.state()
	j.fs.ops, j.fs.failAt, j.fs.failed, j.fs.log = 0, n, syscall.ENOSPC, nil
	err := j.run(d.runs[run], final)
	if j.fs.ops < n {
		return false
	}
	at := j.fs.log[n-1]
	d.table.add(at, "failed", 1)
	what := fmt.Sprintf("run %d (final: %v), operation %d, %s, failed, try %d", run, final, n, at, try)
	// Closing a file that was synced or only read, or looking at one that need not be cut back,
	// loses nothing.
	harmless := err == nil && (strings.HasPrefix(at, "close ") || at == "stat out")
	switch {
	case harmless:
		d.table.add(at, "exit 0", 1)
	case !errors.Is(err, syscall.ENOSPC):
		d.Errorf("%s: the run returned %v", what, err)
	case j.begun:
		d.table.add(at, "exit 74", 1)
	default:
		d.table.add(at, "exit 2", 1)
	}
	text := j.output()
	if j.begun && len(text) > 0 && text[len(text)-1] != '\n' {
		d.Errorf("%s: the output ends with a torn line", what)
	}
	switch {
	case err == nil:
	case run == 0 || j.state() == state: // the first run saves one before it begins
		d.table.add(at, "old state", 1)
	default:
		d.Errorf("%s: the state is another one", what)
	}
	j.crash(n, try)
	if err == nil {
		run++
	}
	if run == len(d.runs) && !final { // it has not ended the stream
		run--
	}
	o, err := d.rest(j, run)
	d.table.addOutcome(at, "", o)
	if o.equal == 0 {
		d.Errorf("%s: %v; appended\n%s\nwant\n%s", what, err, j.output(), d.want)
	}
	return true
}

// TestDamagedStateIsNotUsed: after any run, a byte of the state is changed. The runs that
// follow continue from the state before it, and append what undisturbed ones do.
func TestDamagedStateIsNotUsed(t *testing.T) {
	t.Parallel()
	for name, filter := range jobs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			runs := cuts(readings(60))
			want := undisturbed(t, filter, runs)
			for damaged, before := range prepare(t, filter, runs, false)[1:] {
				length := len(before.names[statePath].data)
				for _, at := range []int{0, length / 2, length - 2} {
					j := &job{fs: before.clone(), filter: filter}
					j.fs.names[statePath].data[at] ^= 4
					for i := damaged + 1; i < len(runs); i++ {
						err := j.run(runs[i], i == len(runs)-1)
						if err != nil {
							t.Fatalf("byte %d of the state of run %d: run %d: %v", at, damaged, i, err)
						}
					}
					if !bytes.Equal(j.output(), want) {
						t.Errorf("byte %d of the state of run %d: appended\n%s\nwant\n%s", at, damaged, j.output(), want)
					}
				}
			}
		})
	}
}
