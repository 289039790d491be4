package fd

import (
	"os"
	"testing"
	"time"
)

// TestWaitPipe: on every system, a pipe without bytes is not ready, so that output is flushed
// before it is read; one with bytes or at its end is.
func TestWaitPipe(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	expect := func(wake *os.File, timeout time.Duration, wantReady, wantWoken bool) {
		t.Helper()
		ready, woken, err := Wait(r, wake, timeout)
		if ready != wantReady || woken != wantWoken || err != nil {
			t.Errorf("ready %v, woken %v, %v", ready, woken, err)
		}
	}
	expect(nil, 0, false, false)
	expect(nil, time.Millisecond, false, false)
	wake, waker, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer wake.Close()
	waker.Close()
	expect(wake, -1, false, true)
	_, err = w.Write([]byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	expect(nil, -1, true, false)
	_, err = r.Read(make([]byte, 2))
	if err != nil {
		t.Fatal(err)
	}
	w.Close()
	expect(nil, -1, true, false)
}
