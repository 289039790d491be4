//go:build unix

package interrupt

import (
	"os"
	"runtime"
	"syscall"
	"testing"
)

// TestSignals: the first signal calls what Catch was given, and the second ends the process with
// its number.
func TestSignals(t *testing.T) {
	exits, stopped := make(chan int, 1), make(chan bool, 1)
	h := New(func(code int) {
		exits <- code
		runtime.Goexit() // a process would not go on
	})
	h.Catch(func() { stopped <- true })
	if h.First() != 0 {
		t.Errorf("%v before any signal", h.First())
	}
	for _, sig := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		err := syscall.Kill(os.Getpid(), sig)
		if err != nil {
			t.Fatal(err)
		}
		if sig == syscall.SIGTERM {
			<-stopped
			if h.First() != syscall.SIGTERM {
				t.Errorf("the first signal was %v", h.First())
			}
		}
	}
	code := <-exits
	if code != 128+int(syscall.SIGINT) || h.First() != syscall.SIGTERM {
		t.Errorf("exit code %d after %v and SIGINT", code, h.First())
	}
}
