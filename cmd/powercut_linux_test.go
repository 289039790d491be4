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

	"weir/pkg/disktest"
)

// TestPowerCutsAppendEachResultOnce: runs whose state and output are on a disk that loses its
// power at any moment, also after the run, append what one run over the whole log prints.
// Without fsync they must not. scripts/crash runs it: it needs root, and takes a second for two
// cuts.
func TestPowerCutsAppendEachResultOnce(t *testing.T) {
	rounds, err := strconv.Atoi(os.Getenv("WEIR_POWER_CUTS"))
	if err != nil {
		t.Skip("WEIR_POWER_CUTS is not set: see scripts/crash")
	}
	disktest.Need(t)
	openSources()
	unsynced, err := buildUnsynced()
	if err != nil {
		t.Fatal(err)
	}
	var table tallies
	for i, command := range []string{"mavg -n 3 -g m", "winavg -w 3 -f x -g m -a mean,sd,p90,first"} {
		p := &powerCuts{bin: filepath.Join(tempDir, "bin"), command: command, seed: uint64(i)}
		t.Run(command, func(t *testing.T) { p.run(t, rounds) })
		table.add(fmt.Sprintf("%s (%d cuts during a run)", command, p.during), p.tally)
		if p.differs || p.refused > 0 || p.lost+p.doubled > 0 {
			t.Errorf("%s: not each line is there once", command)
		}
		control := &powerCuts{bin: unsynced, command: command, seed: uint64(i)}
		for control.runs < rounds {
			control.seed += 10
			ok := t.Run("control", func(t *testing.T) { control.run(t, rounds-control.runs) })
			if !ok {
				return
			}
		}
		table.add("control: "+command+", without fsync", control.tally)
		if control.lost+control.doubled == 0 {
			t.Errorf("%s: the control has lost nothing, so these power cuts show nothing", command)
		}
	}
	table.print(t, "runs, two in three with a power cut of the disk that holds state and output")
}

// powerCuts are runs of which two in three lose the power of their disk.
type powerCuts struct {
	tally
	seed         uint64
	bin, command string
	differs      bool // The output is not, byte for byte, what one undisturbed run prints.

	l    *growingLog
	d    *disktest.Disk
	args []string
	done int // How many lines were in the output when the last run ended that was successful.

	during int // Power cuts that a run did not survive; the others came after it.
}

// run does at most n runs on a new disk. It stops at one that is refused: the state or the output
// is of no use. The lines that runs had appended successfully before count then.
func (p *powerCuts) run(t *testing.T, n int) {
	p.l = &growingLog{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(6, p.seed))}
	p.d = disktest.NewExt4(t, p.l.path("image"), 64<<20)
	p.args = append(commandIn(p.bin, p.command), "-q", "--bad", "skip", "--state", filepath.Join(p.d.Dir, "s"), "-o", p.output())
	p.done = 0
	p.l.grow()
	refused := !p.once() // nothing is known of logs that were rotated before the first run
	rotated := 0
	for i := 0; i < n && !refused; i++ {
		p.runs++
		p.l.grow()
		if p.l.rng.IntN(5) == 0 && rotated < 10 {
			p.l.rotate()
			rotated++
		}
		if p.l.rng.IntN(3) > 0 {
			refused = !p.cut()
			continue
		}
		rotated = 0
		refused = !p.once()
	}
	if !refused {
		p.l.write(p.l.rest)
		p.args = append(p.args, "--final")
		refused = !p.once()
	}
	got, err := os.ReadFile(p.output())
	p.l.check(err)
	want := p.l.undisturbed(p.command)
	safe := want
	if refused {
		p.refused++
		safe = firstLines(want, p.done)
	}
	p.differs = !bytes.Equal(got, want)
	p.in += p.l.line
	p.compare(got, want, safe)
}

func (p *powerCuts) output() string { return filepath.Join(p.d.Dir, "out") }

// cut does a run, with a power cut during it or after it. It reports false if the run was
// refused before the power cut.
func (p *powerCuts) cut() bool {
	p.stopped++
	if p.l.rng.IntN(2) == 0 {
		if !p.once() {
			return false
		}
		if p.l.rng.IntN(2) == 0 {
			p.neighbour()
		}
		p.d.Cut()
	} else {
		first, second := p.moment(), p.moment()
		done := make(chan struct{})
		go func() {
			defer close(done)
			<-first
			p.neighbour()
			<-second
			p.d.Cut()
		}()
		code, _ := p.start() // any exit code will do
		if code != 0 {
			p.during++
		}
		<-done
	}
	p.d.Remount()
	return true
}

// moment returns a channel that is ready within some milliseconds.
func (p *powerCuts) moment() <-chan time.Time {
	return time.After(time.Duration(p.l.rng.IntN(12_000)) * time.Microsecond)
}

// neighbour does what another program on the same disk may do at any time: it makes a file of its
// own durable. On ext4 that makes all changes of names durable, but not the contents of
// other files.
func (p *powerCuts) neighbour() {
	f, err := os.Create(filepath.Join(p.d.Dir, "neighbour"))
	if err == nil {
		_, err = f.WriteString("x")
	}
	if err == nil {
		err = f.Sync()
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		p.l.t.Error(err)
	}
}

// start does a run.
func (p *powerCuts) start() (code int, stderr []byte) {
	cmd := exec.Command(p.args[0], append(p.args[1:len(p.args):len(p.args)], "log")...)
	var errs bytes.Buffer
	cmd.Dir, cmd.Stderr = p.l.dir, &errs
	_ = cmd.Run() // the exit code says it
	return cmd.ProcessState.ExitCode(), errs.Bytes()
}

// once does a run that nothing disturbs. It reports false if the run was refused.
func (p *powerCuts) once() bool {
	code, stderr := p.start()
	switch code {
	case 0:
		text, err := os.ReadFile(p.output())
		p.l.check(err)
		p.done = bytes.Count(text, []byte{'\n'})
	case 2:
		p.l.t.Logf("exit 2: %s", stderr)
	default:
		p.l.t.Fatalf("exit %d: %s", code, stderr)
	}
	return code == 0
}

// firstLines returns the first n lines of text.
func firstLines(text []byte, n int) []byte {
	end := 0
	for range n {
		end += bytes.IndexByte(text[end:], '\n') + 1
	}
	return text[:end]
}
