//go:build linux

package source

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"
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

// TestIdleComesAfterAllBytes: whenever Idle is called, all bytes sent so far that can be
// decoded have been returned. The test sends the next piece within Idle, so it does not
// depend on timing. The same comparison catches a reader that waits while it holds bytes
// back, and one that calls Idle while there are bytes.
func TestIdleComesAfterAllBytes(t *testing.T) {
	t.Parallel()
	for name, newPacker := range packers() {
		for _, members := range []bool{false, true} {
			kind := name
			if members {
				if name == "plain" {
					continue
				}
				kind += ", one member per line"
			}
			t.Run(kind, rapid.MakeCheck(func(r *rapid.T) {
				lines := rapid.SliceOfN(rapid.SampledFrom([]string{"{", "}\n", "[", "\n", "{\"a\":1}\n", strings.Repeat("y", 1_000) + "\n"}), 1, 8).Draw(r, "lines")
				size := rapid.SampledFrom([]int{1, 3, 4, 1_500}).Draw(r, "size")
				pr, pw := pipe(t)
				defer pr.Close()
				var sent, got []byte
				packer := newPacker(pw)
				idle := func() time.Duration {
					if !bytes.Equal(got, sent) {
						r.Fatalf("about to wait with %d bytes read of %d sent", len(got), len(sent))
					}
					if len(lines) == 0 {
						packer.Close()
						pw.Close()
						return -1
					}
					line := lines[0]
					lines = lines[1:]
					io.WriteString(packer, line)
					sent = append(sent, line...)
					if members {
						packer.Close()
						packer = newPacker(pw)
					} else {
						packer.Flush()
					}
					return -1
				}
				in := input(t, pr, Options{Idle: idle})
				for buf := make([]byte, size); ; {
					n, err := in.Read(buf)
					got = append(got, buf[:n]...)
					if err == io.EOF {
						break
					}
					if err != nil {
						r.Fatal(err)
					}
				}
				if len(lines) > 0 || !bytes.Equal(got, sent) {
					r.Fatalf("%d lines were not requested; %d bytes of %d", len(lines), len(got), len(sent))
				}
			}))
		}
	}
}

// TestGzipLineComesBeforeItsTrailer: the last line of a member is returned without waiting
// for the trailer.
func TestGzipLineComesBeforeItsTrailer(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	line := "{\"a\":1}\n"
	data := pack(t, "gzip", []byte(line))
	got := ""
	rest := [][]byte{data[:len(data)-8], data[len(data)-8:]}
	in := input(t, r, Options{Idle: func() time.Duration {
		if len(rest) == 0 {
			w.Close()
			return -1
		}
		if len(rest) == 1 && got != line {
			t.Errorf("waiting for the trailer with %q read", got)
		}
		w.Write(rest[0])
		rest = rest[1:]
		return -1
	}})
	for buf := make([]byte, 64); ; {
		n, err := in.Read(buf)
		got += string(buf[:n])
		if err != nil {
			if err != io.EOF {
				t.Error(err)
			}
			return
		}
	}
}

func TestIdleIsCalledAgainAfterItsDuration(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	calls := 0
	start := time.Now()
	in := input(t, r, Options{Idle: func() time.Duration {
		calls++
		if calls == 4 {
			w.Write([]byte("x"))
			return -1
		}
		return 2 * time.Millisecond
	}})
	n, err := in.Read(make([]byte, 9))
	if n != 1 || err != nil || calls != 4 {
		t.Errorf("%d, %v after %d calls", n, err, calls)
	}
	took := time.Since(start)
	if took < 6*time.Millisecond {
		t.Errorf("three waits of 2ms took %v", took)
	}
}

func TestIdleIsNotCalledForAFile(t *testing.T) {
	t.Parallel()
	idle := func() time.Duration { t.Error("Idle was called"); return 0 }
	for _, name := range []string{writeFile(t, []byte("{}\n")), writeFile(t, nil), os.DevNull} {
		_, err := readAll(t, input(t, nil, Options{Idle: idle}, name), 2)
		if err != io.EOF {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestStopEndsReading: wherever the reader is: in a magic number, a header, a skipped frame, a
// block, or plain text.
func TestStopEndsReading(t *testing.T) {
	t.Parallel()
	gz, zs := pack(t, "gzip", []byte("{}\n")), pack(t, "zstd", []byte("{}\n"))
	for _, sent := range []string{
		"", "{", "(", "{}\n", string(gz[:1]), string(gz[:5]), string(gz[:len(gz)-9]), string(gz[:len(gz)-1]), string(gz),
		string(zs[:1]), string(zs[:5]), string(zs[:len(zs)-1]), string(zs), "\x50\x2a\x4d\x18\x10\x00\x00\x00abc",
	} {
		r, w := pipe(t)
		w.WriteString(sent)
		stop, err := NewStop()
		if err != nil {
			t.Fatal(err)
		}
		in := input(t, r, Options{Stop: stop, Idle: func() time.Duration {
			go stop.Stop()
			return -1
		}})
		_, err = readAll(t, in, 16)
		if err != ErrStopped || !stop.Stopped() {
			t.Errorf("after %q: %v", sent, err)
		}
		stop.Stop()
	}
}

// TestStopEndsLaterReads: after Stop every Read returns ErrStopped, even if there are bytes left.
func TestStopEndsLaterReads(t *testing.T) {
	t.Parallel()
	for name := range packers() {
		stop, err := NewStop()
		if err != nil {
			t.Fatal(err)
		}
		in := input(t, nil, Options{Stop: stop}, writeFile(t, pack(t, name, []byte("{\"a\":1}\n"))))
		n, err := in.Read(make([]byte, 4))
		if n != 4 || err != nil {
			t.Fatalf("%s: %d, %v", name, n, err)
		}
		stop.Stop()
		n, err = in.Read(make([]byte, 4))
		if n != 0 || err != ErrStopped {
			t.Errorf("%s: %d, %v", name, n, err)
		}
	}
}

// TestTwoReadersOfOnePipe: a reader whose byte was read by the other one, after poll(2) had
// announced it, waits again. The pipe is in non-blocking mode.
func TestTwoReadersOfOnePipe(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	const total = 3000
	var wg sync.WaitGroup
	arrived, failed := make(chan struct{}, total), make(chan struct{}, 2)
	for range 2 {
		in := input(t, r, Options{})
		wg.Go(func() {
			for buf := make([]byte, 1); ; arrived <- struct{}{} {
				_, err := in.Read(buf)
				if err != nil {
					if err != io.EOF {
						t.Error(err)
						failed <- struct{}{}
					}
					return
				}
			}
		})
	}
	for i := 0; i < total; i++ {
		w.Write([]byte("{"))
		select {
		case <-arrived:
		case <-failed:
			i = total
		}
	}
	w.Close()
	wg.Wait()
}

// TestBlockingStdin: a descriptor from a shell is in blocking mode and not in the runtime's
// poller.
func TestBlockingStdin(t *testing.T) {
	t.Parallel()
	var fds [2]int
	if err := syscall.Pipe(fds[:]); err != nil {
		t.Fatal(err)
	}
	r, w := os.NewFile(uintptr(fds[0]), "r"), os.NewFile(uintptr(fds[1]), "w")
	defer r.Close()
	calls := 0
	in := input(t, r, Options{Idle: func() time.Duration {
		calls++
		if calls == 1 {
			w.WriteString("{}\n")
		} else {
			w.Close()
		}
		return -1
	}})
	got, err := readAll(t, in, 100)
	if string(got) != "{}\n" || err != io.EOF || calls != 2 {
		t.Errorf("%q, %v, Idle called %d times", got, err, calls)
	}
}

// TestFifosWrittenOneAfterAnother: all are opened first, though the second gets its writer only
// when the first has been read. Both are larger than a pipe's buffer.
func TestFifosWrittenOneAfterAnother(t *testing.T) {
	t.Parallel()
	names := []string{writeFile(t, nil), writeFile(t, nil)}
	text := bytes.Repeat([]byte("{\"a\":1}\n"), 1<<18)
	for _, name := range names {
		os.Remove(name)
		if err := syscall.Mkfifo(name, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	errs := make(chan error, 1)
	go func() {
		errs <- errors.Join(os.WriteFile(names[0], text, 0), os.WriteFile(names[1], text, 0))
	}()
	files, err := Open(names, nil)
	if err != nil {
		t.Fatal(err)
	}
	for range names {
		in, err := files.Next()
		if err != nil {
			t.Fatal(err)
		}
		got, err := readAll(t, in, 1<<16)
		if err != io.EOF || !bytes.Equal(got, text) {
			t.Errorf("%d bytes of %d, %v", len(got), len(text), err)
		}
		if _, ok := in.Size(); ok || in.Regular() {
			t.Error("a FIFO is taken for a file")
		}
		in.Close()
	}
	err = <-errs
	if err != nil {
		t.Error(err)
	}
}

func TestReadAllocatesNothing(t *testing.T) {
	r, w := pipe(t)
	stop, err := NewStop()
	if err != nil {
		t.Fatal(err)
	}
	in := input(t, r, Options{Stop: stop, Idle: func() time.Duration { t.Error("Idle was called"); return -1 }})
	line, buf := []byte("{}\n"), make([]byte, 1<<16)
	read := func() {
		w.Write(line)
		n, err := in.Read(buf)
		if n != len(line) || err != nil {
			t.Fatal(n, err)
		}
	}
	read()
	n := testing.AllocsPerRun(1000, read)
	if n > 0 {
		t.Errorf("%v allocations a read", n)
	}
}

func BenchmarkPlainFile(b *testing.B) { benchmark(b, "plain") }
func BenchmarkGzipFile(b *testing.B)  { benchmark(b, "gzip") }
func BenchmarkZstdFile(b *testing.B)  { benchmark(b, "zstd") }

func benchmark(b *testing.B, format string) {
	text := bytes.Repeat([]byte(`{"timestamp":"2018-12-26 18:11:08.509654","nr_words":30,"duration":20}`+"\n"), 1<<17)
	in := input(b, nil, Options{}, writeFile(b, pack(b, format, text)))
	buf := make([]byte, 1<<17)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if err := in.Rewind(); err != nil {
			b.Fatal(err)
		}
		for {
			_, err := in.Read(buf)
			if err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
}

// TestTeeSeesTheRawBytes: all of them, once and in order; also those after damaged data, and
// those that arrive while a stopped input is drained.
func TestTeeSeesTheRawBytes(t *testing.T) {
	t.Parallel()
	whole := pack(t, "gzip", bytes.Repeat([]byte("{\"a\":1}\n"), 1000))
	damaged := bytes.Clone(whole)
	damaged[12] ^= 0xff
	for name, sent := range map[string][]byte{"plain": []byte("{\"a\":1}\n{"), "gzip": whole, "damaged": damaged, "none": {}} {
		for _, stopped := range []bool{false, true} {
			r, w := pipe(t)
			stop, err := NewStop()
			if err != nil {
				t.Fatal(err)
			}
			in := input(t, r, Options{Stop: stop})
			var seen []byte
			in.Tee(func(p []byte) { seen = append(seen, p...) })
			if stopped {
				stop.Stop()
			}
			go func() {
				w.Write(sent)
				w.Close()
			}()
			got, _ := readAll(t, in, 100)
			if err := in.Drain(time.Minute); err != nil || !bytes.Equal(seen, sent) || stopped && len(got) > 0 {
				t.Errorf("%s, stopped %v: %d bytes seen of %d, %v", name, stopped, len(seen), len(sent), err)
			}
		}
	}
}
