package cmd

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"weir/pkg/disktest"
)

// failingDevice is a disk whose device will fail: write(2) succeeds then, and fsync(2) does not.
type failingDevice struct {
	name    string
	message string // That of the error of fsync.
	forgets bool   // When the device works again, nothing is there of what was written after fail.

	// make makes the disk. fail makes its device fail, and heal ends that.
	make func(t *testing.T) (d *disktest.Disk, fail, heal func())
}

var failingDevices = []failingDevice{
	{name: "full", message: "no space left on device", make: onFullTmpfs},
	{name: "full until a restart", message: "no space left on device", make: onFullTmpfsUntilRestart},
	{name: "dead until a restart", message: "input/output error", make: onDeadDisk, forgets: true},
}

// onFullTmpfs makes an ext4 in a sparse file on a tmpfs that will be full.
func onFullTmpfs(t *testing.T) (d *disktest.Disk, fail, heal func()) {
	d, pool := disktest.NewThin(t)
	empty := func() {}
	fail = func() { empty = pool.Fill() }
	return d, fail, func() { empty() }
}

func onFullTmpfsUntilRestart(t *testing.T) (d *disktest.Disk, fail, heal func()) {
	d, fail, empty := onFullTmpfs(t)
	return d, fail, func() {
		empty()
		d.Remount()
	}
}

// onDeadDisk makes an ext4 in a file on another ext4, which will stop: from then on, the device of
// the first one answers EIO.
func onDeadDisk(t *testing.T) (d *disktest.Disk, fail, heal func()) {
	below := disktest.NewExt4(t, filepath.Join(t.TempDir(), "image"), 128<<20)
	d = disktest.NewExt4(t, filepath.Join(below.Dir, "image"), 64<<20)
	return d, below.Cut, func() {
		d.Unmount()
		below.Remount()
		d.Mount()
	}
}

// failingSync is runs of which some have a state and an output on a disk whose fsync fails.
type failingSync struct {
	powerCuts
	file   string // Whose fsync fails, as many blocks of it are new.
	left   string // What a killed run has left at the end of the output.
	device failingDevice
}

// TestFailedSyncLeavesTheOldState: when fsync(2) of the output, or of the state, fails, the exit
// code is 74, with one message, and the state is the old one, also after a restart of the machine.
// Runs that follow append what one run over the whole log prints.
func TestFailedSyncLeavesTheOldState(t *testing.T) {
	disktest.Need(t)
	openSources()
	for _, device := range failingDevices {
		for name, f := range map[string]*failingSync{
			"output":                 {powerCuts: powerCuts{command: "mavg -n 3 -g m"}, file: "out"},
			"output of a killed run": {powerCuts: powerCuts{command: "mavg -n 3 -g m"}, file: "out", left: "{\"m\":\"m1\"}\n{\"m"},
			"state":                  {powerCuts: powerCuts{command: "winavg -w 1d --every 1d -f x -a p90,count"}, file: "s.tmp"}, // no row is due
			"rejects":                {powerCuts: powerCuts{command: "mavg -n 3 -g m"}, file: "rejects"},
		} {
			t.Run(device.name+"/"+name, func(t *testing.T) {
				f.device = device
				f.run(t)
			})
		}
	}
}

func (f *failingSync) run(t *testing.T) {
	var fail, heal func()
	f.d, fail, heal = f.device.make(t)
	f.l = &growingLog{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(8, 1))}
	f.args = append(commandIn(filepath.Join(tempDir, "bin"), f.command), "-q", "--bad", "skip", "--state", filepath.Join(f.d.Dir, "s"), "-o", f.output())
	rejects := filepath.Join(f.d.Dir, "rejects")
	if f.file == "rejects" {
		f.args = append(f.args, "--rejects", rejects)
	}
	for range 2 { // so that there is a FILE.prev
		f.many(100)
		f.mustRun()
	}
	state, output := f.read("s"), f.read("out")
	f.leave()
	f.many(20_000)
	const bad = 500
	if f.file == "rejects" {
		f.l.write(strings.Repeat("oops\n", bad))
	}
	fail()
	f.mustFail(state, output)
	heal()
	then := f.read("out")
	t.Logf("%s and %d bytes of output; the state says %d", f.device.message, len(then), len(output))
	if f.device.forgets && len(then) != len(output)+len(f.left) {
		t.Errorf("the output has %d bytes, so the next run has nothing to cut back", len(then))
	}
	if !bytes.Equal(f.read("s"), state) || !bytes.HasPrefix(then, output) {
		t.Error("when the device works again, the state is another one, or the output is shorter")
	}
	f.mustRun()
	f.many(100)
	f.args = append(f.args, "--final")
	f.mustRun()
	f.d.Remount() // what was acknowledged is on the disk, not only in the kernel's memory
	got, want := f.read("out"), f.l.undisturbed(f.command)
	if !bytes.Equal(got, want) {
		t.Errorf("not each line is there once: %s", firstDifference(got, want))
	}
	if f.file == "rejects" {
		lines := map[string]bool{}
		for _, line := range regexp.MustCompile(`"line":\d+`).FindAllString(string(f.read("rejects")), -1) {
			lines[line] = true
		}
		if len(lines) != bad {
			t.Errorf("%d lines were rejected, %d are in the file", bad, len(lines))
		}
	}
	t.Logf("%d lines in, %d lines out, each once", f.l.line, bytes.Count(got, []byte{'\n'}))
}

// mustFail does runs on the failing device. state and output are what they must leave.
func (f *failingSync) mustFail(state, output []byte) {
	t := f.l.t
	t.Helper()
	for i := range 2 {
		code, stderr := f.start()
		t.Logf("exit %d: %s", code, stderr)
		if i == 1 && code == 2 { // after some time ext4 becomes read-only
			return
		}
		if code != 74 || bytes.Count(stderr, []byte{'\n'}) != 1 || !strings.HasSuffix(string(stderr), "/"+f.file+": "+f.device.message+"\n") {
			t.Errorf("want exit code 74 and one message, of %s: %s", f.file, f.device.message)
		}
		if !bytes.Equal(f.read("s"), state) || !bytes.Equal(f.read("out"), output) {
			t.Error("state or output are other ones")
		}
	}
}

// leave appends to the output what a killed run has left, and makes it durable.
func (f *failingSync) leave() {
	out, err := os.OpenFile(f.output(), os.O_APPEND|os.O_WRONLY, 0)
	f.l.check(err)
	_, err = out.WriteString(f.left)
	f.l.check(err)
	f.l.check(out.Sync())
	f.l.check(out.Close())
}

// read returns the contents of a file on the disk.
func (f *failingSync) read(name string) []byte {
	f.l.t.Helper()
	text, err := os.ReadFile(filepath.Join(f.d.Dir, name))
	f.l.check(err)
	return text
}

// mustRun does a run that is successful.
func (f *failingSync) mustRun() {
	f.l.t.Helper()
	ok := f.once()
	if !ok {
		f.l.t.Fatal("the run was refused")
	}
}

// many appends n lines to the log.
func (f *failingSync) many(n int) {
	var text strings.Builder
	for range n {
		f.l.line++
		fmt.Fprintf(&text, `{"timestamp":%d,"m":"m%d","x":%d.%d}`+"\n", 1714982400+f.l.line, f.l.rng.IntN(3), f.l.rng.IntN(1e6), f.l.rng.IntN(1e6))
	}
	f.l.write(text.String())
}
