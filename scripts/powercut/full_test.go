//go:build linux

package powercut

import (
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"weir/pkg/disktest"
)

// succeeds sets the statuses of n machines, whose names begin with prefix, and returns the changes.
func succeeds(t *testing.T, d *daemon, prefix string, n int) (acknowledged []change) {
	t.Helper()
	for i := range n {
		machine := fmt.Sprint(prefix, i)
		code, since, detail := d.set(machine, "STARTED")
		if code != 200 {
			t.Fatal(code, detail)
		}
		acknowledged = append(acknowledged, change{machine, "STARTED", since})
	}
	return acknowledged
}

// fails sets statuses until one is refused with 503 for a reason, and returns what was
// acknowledged before, what was refused, and the words of the refusal.
func fails(t *testing.T, d *daemon, reason string) (acknowledged []change, refused, detail string) {
	t.Helper()
	for n := range 2000 {
		machine := fmt.Sprint("m", n)
		code, since, detail := d.set(machine, "STARTED")
		switch {
		case code == 200:
			acknowledged = append(acknowledged, change{machine, "STARTED", since})
		case code == 503 && strings.Contains(detail, reason):
			return acknowledged, machine, detail
		default:
			t.Fatalf("%d %s, want 503 %s", code, detail, reason)
		}
	}
	t.Fatal("2000 changes have found room on a full disk")
	return nil, "", ""
}

// TestFullDisk: on a full disk, a change is refused with 503 and a reason; reading
// continues; when there is room again, changes are accepted, without a restart.
func TestFullDisk(t *testing.T) {
	needDisks(t)
	for name, disk := range map[string]*disktest.Disk{"tmpfs": disktest.NewTmpfs(t, "2m"), "ext4": newExt4(t, t.TempDir(), 8<<20)} {
		d := start(t, durable, disk.Dir)
		code, since, detail := d.set("first", "STARTED")
		if code != 200 {
			t.Fatalf("%s: %d %s", name, code, detail)
		}
		empty := disk.Fill()
		acknowledged, refused, _ := fails(t, d, "its disk is full")
		acknowledged = append(acknowledged, change{"first", "STARTED", since})
		if !d.reads(len(acknowledged)) {
			t.Errorf("%s: the statuses cannot be read on a full disk", name)
		}
		empty()
		code, since, detail = d.set(refused, "IDLE")
		if code != 200 {
			t.Errorf("%s: with room again: %d %s", name, code, detail)
		}
		acknowledged = append(acknowledged, change{refused, "IDLE", since})
		d.kill()
		lost := missing(t, disk.Dir, acknowledged)
		if lost != 0 {
			t.Errorf("%s: %d changes lost", name, lost)
		}
		t.Logf("%s: %d changes acknowledged, then refused, then accepted again; %d lost", name, len(acknowledged), lost)
	}
}

// read starts a program that reads the store in dir, in a transaction that lasts until leave.
func read(t *testing.T, dir string) (leave func()) {
	t.Helper()
	cmd := exec.Command("sqlite3", "file:"+filepath.Join(dir, "store.db")+"?mode=ro")
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err == nil {
		_, err = io.WriteString(in, "BEGIN; SELECT count(*) FROM changes;\n")
	}
	if err == nil {
		_, err = out.Read(make([]byte, 1))
	}
	if err != nil {
		t.Fatal(err)
	}
	return func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// TestFailedSync: when fsync(2) fails, the change is refused with 503, and is not there after a
// restart; reading continues; when the disk works again, changes are accepted. What was
// acknowledged is there after a restart of statusd, and then of the machine. While another program
// reads the file, statusd cannot empty the log.
//
// Once, statuses were lost here: a checkpoint within a COMMIT had failed, unnoticed; the next one
// wrote to pages that the kernel had given up, and the log was emptied (see fd.Forget).
func TestFailedSync(t *testing.T) {
	needDisks(t)
	for _, f := range []failedSync{
		{before: 1, heals: true},
		{before: 1},
		{before: 1, reboot: true},
		{before: 1, read: true},
		{before: 300, heals: true}, // the log has begun again, so there is room in it
		{before: 300},
		{before: 300, reboot: true},
		{before: 300, read: true},
	} {
		t.Run(fmt.Sprintf("%+v", f), f.run)
	}
}

// failedSync is a case of TestFailedSync.
type failedSync struct {
	before int  // Changes before the disk fails.
	heals  bool // The disk works again while statusd is running.
	reboot bool // After statusd was killed, the machine is restarted at once.
	read   bool // Another program reads the store.
}

func (f failedSync) run(t *testing.T) {
	disk, pool := disktest.NewThin(t)
	d := start(t, durable, disk.Dir)
	acknowledged := succeeds(t, d, "b", f.before)
	leave := func() {}
	if f.read {
		leave = read(t, disk.Dir)
	}
	empty := pool.Fill()
	more, refused, _ := fails(t, d, "its disk has an input/output error")
	acknowledged = append(acknowledged, more...)
	code, since, detail := d.set(refused, "STARTED")
	if code == 200 { // the emptied log begins again, where the device has room
		acknowledged = append(acknowledged, change{refused, "STARTED", since})
	}
	t.Logf("%d acknowledged while the disk fails, then refused; again: %d %s", len(more), code, detail)
	if !d.reads(len(acknowledged)) {
		t.Error("the statuses cannot be read on a failed disk")
	}
	if f.heals {
		empty()
		code, since, detail = d.set("after", "STARTED")
		if code != 200 {
			t.Errorf("when the disk works again: %d %s", code, detail)
		}
		acknowledged = append(acknowledged, change{"after", "STARTED", since})
	}
	d.kill()
	leave()
	if !f.heals {
		empty()
	}
	for restart := range 2 {
		if f.reboot || restart > 0 {
			disk.Remount()
		}
		lost := missing(t, disk.Dir, acknowledged)
		again := start(t, durable, disk.Dir)
		if lost != 0 || !again.reads(len(acknowledged)) {
			t.Errorf("restart %d: %d changes lost, or the refused one is there", restart, lost)
		}
		again.kill()
	}
}

// TestFailedCheckpoint: when the fsync(2) of a checkpoint fails, the change before it is
// acknowledged, and the next one is not begun. When the disk works again, statusd is killed,
// stopped or used further, and then the machine is restarted, no change is lost.
func TestFailedCheckpoint(t *testing.T) {
	needDisks(t)
	for name, then := range map[string]func(d *daemon, further func()){
		"killed":       func(d *daemon, _ func()) { d.kill() },
		"stopped":      func(d *daemon, _ func()) { d.stop() },
		"used further": func(d *daemon, further func()) { further(); d.kill() },
	} {
		t.Run(name, func(t *testing.T) {
			disk, pool := disktest.NewThin(t)
			d := start(t, durable, disk.Dir)
			var acknowledged []change
			set := func(prefix string, changes int) {
				t.Helper()
				acknowledged = append(acknowledged, succeeds(t, d, prefix, changes)...)
			}
			set("a", 1)
			leave := read(t, disk.Dir)
			set("b", cycle) // the log becomes longer because of the reader
			leave()
			set("c", cycle)
			empty := pool.Fill() // the log has begun again and has room; the file has to grow
			const reason = "its disk has an input/output error"
			more, _, detail := fails(t, d, reason)
			acknowledged = append(acknowledged, more...)
			if len(more) > cycle || !strings.HasSuffix(detail, reason) {
				t.Errorf("refused after %d changes: %q, want no doubt whether the change is there", len(more), detail)
			}
			empty()
			then(d, func() { set("d", cycle) })
			disk.Remount()
			lost := missing(t, disk.Dir, acknowledged)
			if lost != 0 {
				t.Errorf("%d of %d changes lost", lost, len(acknowledged))
			}
		})
	}
}

// cycle is a number of changes after which statusd has copied its log into the file.
const cycle = 300

// TestKilledBeforeSync: statusd is killed between the write(2) and the fsync(2) of a change (the
// control calls no fsync). The next one finds the change, and a client sets it again, which writes
// nothing and is acknowledged: so it must be there after a power cut.
func TestKilledBeforeSync(t *testing.T) {
	needDisks(t)
	disk := newExt4(t, t.TempDir(), 64<<20)
	var since time.Time
	for _, program := range []string{durable, control, durable} {
		d := start(t, program, disk.Dir)
		machine := "m1"
		if since.IsZero() {
			machine = "first"
		}
		var code int
		code, since, _ = d.set(machine, "STARTED")
		if code != 200 {
			t.Fatal(code)
		}
		d.kill()
	}
	disk.Cut()
	disk.Remount()
	lost := missing(t, disk.Dir, []change{{"m1", "STARTED", since}})
	if lost != 0 {
		t.Error("the change is lost")
	}
}
