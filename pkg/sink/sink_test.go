//go:build linux

package sink

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/fd"
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

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// TestEveryByteArrivesInOrder: through a pipe in non-blocking mode whose buffer is smaller than
// what is written, so that some writes are partial and some fail with EAGAIN.
func TestEveryByteArrivesInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		r, w := pipe(t)
		arrived := make(chan []byte)
		go func() {
			b, _ := io.ReadAll(r)
			arrived <- b
		}()
		out := Stdout(w)
		var want []byte
		for i, size := range rapid.SliceOfN(rapid.SampledFrom([]int{0, 1, 100, bufferSize, 3 << 20}), 0, 8).Draw(rt, "sizes") {
			p := bytes.Repeat([]byte{byte('a' + i)}, size)
			want = append(want, p...)
			if i%2 == 1 {
				p = append(out.AvailableBuffer(), p...)
			}
			n, err := out.Write(p)
			if n != size || err != nil {
				rt.Fatal(n, err)
			}
			if rapid.Bool().Draw(rt, "flush") {
				if err := out.Flush(); err != nil || out.Buffered() != 0 {
					rt.Fatal(err)
				}
			}
		}
		if err := out.Commit(); err != nil {
			rt.Fatal(err)
		}
		got := <-arrived
		if !bytes.Equal(got, want) {
			rt.Fatalf("%d bytes of %d arrived", len(got), len(want))
		}
		r.Close()
	})
}

// TestNothingIsWrittenBeforeFlush: so that many small writes are one system call.
func TestNothingIsWrittenBeforeFlush(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	out := Stdout(w)
	io.WriteString(out, "one ")
	io.WriteString(out, "two")
	ready, _, err := fd.Wait(r, nil, 0)
	if ready || err != nil {
		t.Errorf("bytes before Flush; %v", err)
	}
	if out.Flush() != nil {
		t.Error("flush failed")
	}
	buf := make([]byte, 16)
	n, _ := r.Read(buf)
	if string(buf[:n]) != "one two" {
		t.Errorf("%q", buf[:n])
	}
}

func TestReaderGone(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	r.Close()
	out := Stdout(w)
	io.WriteString(out, "x")
	for range 2 {
		if err := out.Flush(); !errors.Is(err, ErrReaderClosed) || !errors.Is(err, syscall.EPIPE) {
			t.Errorf("%v", err)
		}
	}
	if err := out.Commit(); !errors.Is(err, ErrReaderClosed) {
		t.Errorf("Commit: %v", err)
	}
}

// TestReaderOfDescriptorOneGone: is an error as on any other descriptor, though os.File.Write
// would end the process by SIGPIPE. The test starts itself again, with a pipe without a
// reader as standard output.
func TestReaderOfDescriptorOneGone(t *testing.T) {
	t.Parallel()
	if os.Getenv("SINK_TEST_GONE") != "" {
		out := Stdout(os.Stdout)
		io.WriteString(out, "x")
		if err := out.Commit(); errors.Is(err, ErrReaderClosed) {
			os.Exit(7)
		}
		os.Exit(8)
	}
	r, w := pipe(t)
	r.Close()
	cmd := exec.Command(os.Args[0], "-test.run=^TestReaderOfDescriptorOneGone$")
	cmd.Env, cmd.Stdout = []string{"SINK_TEST_GONE=1"}, w
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 7 {
		t.Errorf("%v", err)
	}
}

// TestFullDisk: the error names the output, and every later call returns it again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		open func() (*Out, error)
	}{
		{"stdout", func() (*Out, error) {
			f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
			return Stdout(f), err
		}},
		{"/dev/full", func() (*Out, error) { return File("/dev/full") }},
	} {
		check := func(what string, err error) {
			t.Helper()
			if !errors.Is(err, syscall.ENOSPC) || !strings.HasPrefix(err.Error(), test.name+": ") || errors.Is(err, ErrReaderClosed) {
				t.Errorf("%s of %s: %v", what, test.name, err)
			}
		}
		out, err := test.open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = out.Write([]byte("x"))
		if err != nil {
			t.Errorf("a buffered write: %v", err)
		}
		check("Flush", out.Flush())
		_, err = out.Write([]byte("x"))
		check("a later Write", err)
		check("a later Flush", out.Flush())
		check("Commit", out.Commit())
		if err := out.Commit(); err == nil {
			t.Error("a second Commit succeeded")
		}

		out, err = test.open()
		if err != nil {
			t.Fatal(err)
		}
		_, err = out.Write(make([]byte, 2*bufferSize))
		check("a large Write", err)
		out.Discard()

		out, err = test.open()
		if err != nil {
			t.Fatal(err)
		}
		out.Write([]byte("x"))
		check("the first Commit", out.Commit())
	}
}

// TestCloseError: is returned by Commit. Some file systems report a full disk only there; a
// descriptor that is closed already fails in the same way.
func TestCloseError(t *testing.T) {
	t.Parallel()
	_, w := pipe(t)
	out := Stdout(w)
	w.Close()
	if err := out.Commit(); err == nil || !strings.HasPrefix(err.Error(), "stdout: ") {
		t.Errorf("%v", err)
	}
}

func TestWriteAllocatesNothing(t *testing.T) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := Stdout(null)
	line := []byte(`{"a":1}` + "\n")
	n := testing.AllocsPerRun(100_000, func() {
		out.Write(append(out.AvailableBuffer(), line...))
		out.Write(line)
	})
	if n > 0 {
		t.Errorf("%v allocations a line", n)
	}
	n = testing.AllocsPerRun(1000, func() { out.Write(line); out.Flush() })
	if n > 0 {
		t.Errorf("%v allocations a flush", n)
	}
}

func BenchmarkWrite(b *testing.B) {
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	out := Stdout(null)
	line := bytes.Repeat([]byte("y"), 100)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	for b.Loop() {
		out.Write(append(out.AvailableBuffer(), line...))
	}
}
