//go:build linux

package fd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func pipe(t testing.TB) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

func flags(t *testing.T, f *os.File) (n int) {
	t.Helper()
	if err := control(f, func(fd uintptr) { n, _ = unix.FcntlInt(fd, unix.F_GETFL, 0) }); err != nil {
		t.Fatal(err)
	}
	return n
}

func TestWaitReportsWhatIsReady(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	wake, waker := pipe(t)
	check := func(what string, wake *os.File, timeout time.Duration, wantReady, wantWoken bool) {
		t.Helper()
		ready, woken, err := Wait(r, wake, timeout)
		if ready != wantReady || woken != wantWoken || err != nil {
			t.Errorf("%s: ready %v, woken %v, %v; want %v, %v", what, ready, woken, err, wantReady, wantWoken)
		}
	}
	check("no bytes", nil, 0, false, false)
	check("no bytes, not woken", wake, 0, false, false)
	w.Write([]byte("x"))
	check("a byte", wake, -1, true, false)
	waker.Close()
	check("a byte and woken", wake, -1, true, true)
	r.Read(make([]byte, 1))
	check("still woken", wake, time.Hour, false, true)
	w.Close()
	check("hang-up", nil, -1, true, false)

	r.Close()
	for _, closed := range [][2]*os.File{{r, nil}, {wake, r}, {nil, nil}} {
		ready, woken, err := Wait(closed[0], closed[1], -1)
		if ready || woken || err == nil {
			t.Errorf("a closed file: ready %v, woken %v, %v", ready, woken, err)
		}
	}
}

// TestWaitOutlastsSignals: a thread that receives signals all the time waits for the whole
// timeout. The kernel never restarts poll(2).
func TestWaitOutlastsSignals(t *testing.T) {
	received := make(chan os.Signal, 1)
	signal.Notify(received, syscall.SIGUSR1)
	defer signal.Stop(received)
	r, _ := pipe(t)
	for _, timeout := range []time.Duration{time.Microsecond, 20 * time.Millisecond} {
		t.Run(timeout.String(), func(t *testing.T) {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			tid, done := unix.Gettid(), make(chan struct{})
			var over atomic.Bool
			go func() {
				defer close(done)
				for !over.Load() {
					unix.Tgkill(os.Getpid(), tid, syscall.SIGUSR1)
				}
			}()
			start := time.Now()
			ready, woken, err := Wait(r, nil, timeout)
			took := time.Since(start)
			over.Store(true)
			<-done
			if ready || woken || err != nil {
				t.Errorf("ready %v, woken %v, %v", ready, woken, err)
			}
			if took < timeout {
				t.Errorf("waited %v of %v", took, timeout)
			}
		})
	}
}

func TestMillisRoundsUp(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]int{
		-1: -1, -time.Hour: -1, 0: 0, 1: 1, time.Millisecond: 1, time.Millisecond + 1: 2, 1<<63 - 1: 1<<31 - 1,
	} {
		got := millis(d)
		if got != want {
			t.Errorf("millis(%d) = %d, want %d", d, got, want)
		}
	}
}

func TestReadWorksInEitherMode(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	buf := make([]byte, 8)
	n, err := Read(r, buf)
	if n != 0 || err != syscall.EAGAIN {
		t.Errorf("non-blocking and empty: %d, %v", n, err)
	}
	if err := SetBlocking(r); err != nil {
		t.Fatal(err)
	}
	w.Write([]byte("abc"))
	n, err = Read(r, buf)
	if string(buf[:n]) != "abc" || err != nil {
		t.Errorf("%q, %v", buf[:n], err)
	}
	n, err = Read(r, nil)
	if n != 0 || err != nil {
		t.Errorf("an empty buffer: %d, %v", n, err)
	}
	w.Close()
	for range 2 {
		n, err := Read(r, buf)
		if n != 0 || err != io.EOF {
			t.Errorf("at the end: %d, %v", n, err)
		}
	}
	n, err = Read(w, buf)
	if n != 0 || err == nil || err == io.EOF {
		t.Errorf("closed: %d, %v", n, err)
	}
}

// TestWriteReturnsWhereWaitWriteWaits: at a full pipe and at one whose reader has closed it.
func TestWriteReturnsWhereWaitWriteWaits(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	page := make([]byte, 4096)
	var err error
	for err == nil {
		_, err = Write(w, page)
	}
	if err != syscall.EAGAIN {
		t.Fatalf("a full pipe: %v", err)
	}
	waited := make(chan error)
	go func() { waited <- WaitWrite(w) }()
	for range 2 {
		_, err := io.ReadFull(r, page)
		if err != nil {
			t.Fatal(err)
		}
	}
	err = <-waited
	if err != nil {
		t.Fatal(err)
	}
	n, err := Write(w, page)
	if n == 0 || err != nil {
		t.Errorf("after waiting: %d, %v", n, err)
	}
	r.Close()
	if err := WaitWrite(w); err != nil {
		t.Errorf("waiting after the reader has closed the pipe: %v", err)
	}
	n, err = Write(w, page)
	if n != 0 || err != syscall.EPIPE {
		t.Errorf("writing after the reader has closed the pipe: %d, %v", n, err)
	}
}

// terminal opens a pseudo-terminal and returns the side that a program uses. It skips the
// test where there are none, in a minimal container for example.
func terminal(t *testing.T) *os.File {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { master.Close() })
	var number int
	err = control(master, func(fd uintptr) {
		if err := unix.IoctlSetPointerInt(int(fd), unix.TIOCSPTLCK, 0); err != nil {
			t.Error(err)
		}
		number, _ = unix.IoctlGetInt(int(fd), unix.TIOCGPTN)
	})
	if err != nil {
		t.Fatal(err)
	}
	tty, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals: ", err)
	}
	t.Cleanup(func() { tty.Close() })
	return tty
}

func TestTerminalAndWidth(t *testing.T) {
	t.Parallel()
	tty := terminal(t)
	if !Terminal(tty) || Regular(tty) {
		t.Error("a terminal is not recognised")
	}
	if cols, ok := Width(tty); ok {
		t.Errorf("width %d, though none has been set", cols)
	}
	if err := control(tty, func(fd uintptr) {
		if err := unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, &unix.Winsize{Row: 5, Col: 93}); err != nil {
			t.Error(err)
		}
	}); err != nil {
		t.Fatal(err)
	}
	if cols, ok := Width(tty); cols != 93 || !ok {
		t.Errorf("width %d, %v", cols, ok)
	}
	cols, rows, ok := Size(tty)
	if cols != 93 || rows != 5 || !ok {
		t.Errorf("size %d by %d, %v", cols, rows, ok)
	}

	r, _ := pipe(t)
	file, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, f := range []*os.File{r, file, nil} {
		if _, ok := Width(f); ok || Terminal(f) {
			t.Errorf("%v is taken for a terminal", f)
		}
	}
	if !Regular(file) || Regular(r) || Regular(nil) {
		t.Error("Regular is wrong")
	}
}

// TestBlockingModeIsUnchanged: it is shared with other processes.
func TestBlockingModeIsUnchanged(t *testing.T) {
	t.Parallel()
	for _, blocking := range []bool{false, true} {
		r, w := pipe(t)
		if blocking {
			for _, f := range []*os.File{r, w} {
				if err := SetBlocking(f); err != nil {
					t.Fatal(err)
				}
			}
		}
		before := [2]int{flags(t, r), flags(t, w)}
		Terminal(r)
		Width(r)
		Regular(r)
		GrowPipe(r, 1<<17)
		WaitWrite(w)
		Write(w, []byte("x"))
		Wait(r, r, 0)
		Read(r, make([]byte, 1))
		after := [2]int{flags(t, r), flags(t, w)}
		if after != before {
			t.Errorf("flags %x before, %x after", before, after)
		}
	}
}

func TestGrowPipe(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	size := func() (n int) {
		control(w, func(fd uintptr) { n, _ = unix.FcntlInt(fd, unix.F_GETPIPE_SZ, 0) })
		return n
	}
	small := size()
	GrowPipe(r, 2*small)
	if size() != 2*small {
		t.Errorf("%d, want %d", size(), 2*small)
	}
	GrowPipe(r, small)
	if size() != 2*small {
		t.Error("the pipe was shrunk")
	}
	GrowPipe(os.Stdin, 1<<20)
	GrowPipe(nil, 1<<20)
}

func TestOpenDoesNotWaitForTheWriterOfAFifo(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "fifo")
	if err := unix.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	ready, _, err := Wait(r, nil, 0)
	if ready || err != nil {
		t.Fatalf("without a writer: ready %v, %v", ready, err)
	}
	w, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	ready, _, err = Wait(r, nil, 0)
	if ready || err != nil {
		t.Fatalf("with a writer that has written nothing: ready %v, %v", ready, err)
	}
	w.Write([]byte("x"))
	w.Close()
	var got bytes.Buffer
	for buf := make([]byte, 8); ; {
		ready, _, err := Wait(r, nil, -1)
		if !ready || err != nil {
			t.Fatalf("ready %v, %v", ready, err)
		}
		n, err := Read(r, buf)
		got.Write(buf[:n])
		if err == io.EOF {
			break
		}
	}
	if got.String() != "x" {
		t.Errorf("%q", got.String())
	}
	_, err = Open(name + "-none")
	if !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestDupSharesTheOffset(t *testing.T) {
	t.Parallel()
	f, err := os.Create(filepath.Join(t.TempDir(), "x"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var dup *os.File
	cerr := control(f, func(n uintptr) { dup, err = Dup(int(n), "again") })
	if cerr != nil || err != nil {
		t.Fatal(cerr, err)
	}
	f.WriteString("one ")
	dup.WriteString("two ")
	if err := dup.Close(); err != nil {
		t.Fatal(err)
	}
	f.WriteString("three")
	got, _ := os.ReadFile(f.Name())
	if string(got) != "one two three" {
		t.Errorf("%q", got)
	}
	_, err = Dup(1<<20, "none")
	if !errors.Is(err, syscall.EBADF) {
		t.Errorf("no such descriptor: %v", err)
	}
	info, _ := f.Stat()
	uid, gid, ok := Owner(info)
	if uid != os.Geteuid() || gid != os.Getegid() || !ok {
		t.Errorf("owner %d, %d, %v", uid, gid, ok)
	}
}

// BenchmarkPoll measures the test whether a read would wait, which is made for each block.
func BenchmarkPoll(b *testing.B) {
	r, w := pipe(b)
	wake, _ := pipe(b)
	w.Write([]byte("x"))
	b.ReportAllocs()
	for b.Loop() {
		ready, _, _ := Wait(r, wake, 0)
		if !ready {
			b.Fatal("not ready")
		}
	}
}

// TestPerhapsClosed: Go opens /dev/null for reading and writing in place of a standard
// descriptor that was closed; a shell opens it for one of these.
func TestPerhapsClosed(t *testing.T) {
	t.Parallel()
	if os.Getenv("PERHAPS_CLOSED") != "" {
		fmt.Printf("%v\n", PerhapsClosed(os.Stdin))
		return
	}
	for redirect, want := range map[string]string{"<&-": "true", "</dev/null": "false", "</dev/zero": "false", "<&2": "false"} {
		cmd := exec.Command("sh", "-c", `exec "$0" -test.run=TestPerhapsClosed `+redirect, os.Args[0])
		cmd.Env = append(os.Environ(), "PERHAPS_CLOSED=1")
		out, err := cmd.Output()
		if err != nil || !strings.HasPrefix(string(out), want+"\n") {
			t.Errorf("%s: %s, %v, want %s", redirect, out, err, want)
		}
	}
}

// TestForget: what was written to a file is there after Forget, from the disk.
func TestForget(t *testing.T) {
	t.Parallel()
	name, want := filepath.Join(t.TempDir(), "file"), strings.Repeat("written, not synced\n", 10_000)
	err := os.WriteFile(name, []byte(want), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	Forget(f)
	got, err := io.ReadAll(f)
	if err != nil || string(got) != want {
		t.Errorf("%d bytes, %v; want %d", len(got), err, len(want))
	}
}
