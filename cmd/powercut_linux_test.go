package cmd

import (
	"bytes"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"
)

// disk is an ext4 file system in a file.
type disk struct {
	t          *testing.T
	image, dir string
}

func (d *disk) run(program string, args ...string) {
	d.t.Helper()
	out, err := exec.Command(program, args...).CombinedOutput()
	if err != nil {
		d.t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
}

func (d *disk) mount()   { d.run("mount", "-o", "loop", d.image, d.dir) }
func (d *disk) unmount() { d.run("umount", d.dir) }

// cut stops the file system as a power cut does: what was not synced is lost.
func (d *disk) cut() {
	const shutdown = 0x8004587d // EXT4_IOC_SHUTDOWN, linux/fs/ext4/ext4.h
	noLogFlush := uint32(2)     // EXT4_GOING_FLAGS_NOLOGFLUSH
	f, err := os.Open(d.dir)
	if err != nil {
		d.t.Fatal(err)
	}
	defer f.Close()
	_, _, failed := syscall.Syscall(syscall.SYS_IOCTL, f.Fd(), shutdown, uintptr(unsafe.Pointer(&noLogFlush)))
	if failed != 0 {
		d.t.Fatalf("the file system cannot be stopped: %v", failed)
	}
}

// TestPowerCutsAppendEachResultOnce: runs whose state and output are on a disk that loses its
// power at any moment, also after the run, append what one run over the whole log prints.
// scripts/crash runs it: it needs root, and takes a second for two cuts.
func TestPowerCutsAppendEachResultOnce(t *testing.T) {
	rounds, err := strconv.Atoi(os.Getenv("WEIR_POWER_CUTS"))
	if err != nil {
		t.Skip("WEIR_POWER_CUTS is not set: see scripts/crash")
	}
	openSources()
	for i, command := range []string{"mavg -n 3 -g m", "winavg -w 3 -f x -g m -a mean,sd,p90,first"} {
		t.Run(command, func(t *testing.T) {
			l := &growingLog{t: t, dir: t.TempDir(), rng: rand.New(rand.NewPCG(6, uint64(i)))}
			d := &disk{t, l.path("image"), t.TempDir()}
			l.check(os.WriteFile(d.image, nil, 0o600))
			l.check(os.Truncate(d.image, 64<<20))
			d.run("mkfs.ext4", "-q", "-F", d.image)
			d.mount()
			defer d.unmount()
			args := append(strings.Fields(command), "-q", "--bad", "skip", "--state", filepath.Join(d.dir, "s"), "-o", filepath.Join(d.dir, "out"))
			cuts, rotated := 0, 0
			l.grow()
			runOnDisk(l, args, 0) // nothing is known of logs that were rotated before the first run
			for range rounds {
				l.grow()
				if l.rng.IntN(5) == 0 && rotated < 10 {
					l.rotate()
					rotated++
				}
				if l.rng.IntN(3) == 0 {
					runOnDisk(l, args, 0)
					rotated = 0
					continue
				}
				if l.rng.IntN(2) == 0 {
					runOnDisk(l, args, 0)
					d.cut()
				} else {
					done := make(chan struct{})
					time.AfterFunc(time.Duration(l.rng.IntN(30_000))*time.Microsecond, func() {
						d.cut()
						close(done)
					})
					runOnDisk(l, args, 74)
					<-done
				}
				cuts++
				d.unmount()
				d.mount()
			}
			l.write(l.rest)
			runOnDisk(l, append(args, "--final"), 0)
			got, err := os.ReadFile(filepath.Join(d.dir, "out"))
			l.check(err)
			l.check(os.WriteFile(l.path("whole"), l.whole.Bytes(), 0o666))
			one := exec.Command(args[0], append(strings.Fields(command)[1:], "-q", "--bad", "skip", l.path("whole"))...)
			want, err := one.Output()
			l.check(err)
			t.Logf("%d runs, %d power cuts; %d lines in, %d lines out", rounds, cuts, l.line, bytes.Count(got, []byte{'\n'}))
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes were appended, want %d", len(got), len(want))
			}
		})
	}
}

// runOnDisk does a run. Its exit code must be 0; if the disk may stop meanwhile, that of a
// failed write, or of a state or output that cannot be opened, will do.
func runOnDisk(l *growingLog, args []string, also int) {
	cmd := exec.Command(args[0], append(append([]string{}, args[1:]...), "log")...)
	var stderr bytes.Buffer
	cmd.Dir, cmd.Stderr = l.dir, &stderr
	_ = cmd.Run() // the exit code says it
	code := cmd.ProcessState.ExitCode()
	if code != 0 && (also == 0 || code != also && code != 2) {
		l.t.Fatalf("exit %d: %s", code, stderr.Bytes())
	}
}
