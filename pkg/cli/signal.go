package cli

import (
	"io"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"

	"weir/pkg/sink"
)

// interrupts handles the signals of the process, which it does to its end.
//
// SIGINT, SIGTERM, SIGHUP and SIGQUIT make the input end once catch has been called, so that
// the run prints what is pending and finishes in order. A second signal ends the process at
// once. SIGQUIT never prints a stack trace, which Go's runtime would. SIGPIPE is ignored, so
// that a reader that closed standard output shows as an error of the write.
//
// A signal that the process was started to ignore (nohup) stays ignored if it is SIGINT or
// SIGHUP. Note: Go's runtime installs handlers for all others before any code of the program
// runs, and does not say what was there. Only C code could look earlier.
type interrupts struct {
	signals chan os.Signal
	first   atomic.Int64           // the number of the first signal; 0: none has come
	stop    atomic.Pointer[func()] // of catch
}

// newInterrupts begins to handle SIGQUIT and SIGPIPE. The other signals end the process until
// catch is called.
func newInterrupts() *interrupts {
	in := &interrupts{signals: make(chan os.Signal, 2)}
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(in.signals, syscall.SIGQUIT)
	go in.handle()
	return in
}

// handle receives all signals. It never blocks, so that the second signal is seen whatever
// the run does after the first one.
//
// Note: the second signal is handled here as well. To give it back to the system with
// signal.Reset loses one that Go's runtime has taken in but not yet passed on, so that two
// signals at one moment were as one.
func (in *interrupts) handle() {
	for s := range in.signals {
		n := number(s)
		stop := in.stop.Load()
		if stop == nil || in.first.Load() != 0 {
			endProcess(128 + int(n))
		}
		in.first.Store(int64(n))
		go (*stop)()
	}
}

// catch makes the first signal call stop, on another goroutine.
func (in *interrupts) catch(stop func()) {
	in.stop.Store(&stop)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(in.signals, s)
		}
	}
}

// caught returns the first signal, or 0.
func (in *interrupts) caught() syscall.Signal { return syscall.Signal(in.first.Load()) }

// number returns the number of a signal, for the exit code.
func number(sig os.Signal) syscall.Signal {
	n, _ := sig.(syscall.Signal)
	return n
}

// After a signal, a process whose output makes no progress for stallLimit ends: its reader has
// stopped, perhaps for ever. stallCheck is how often that is looked at.
const (
	stallLimit = 2 * time.Second
	stallCheck = 50 * time.Millisecond
)

// endStalled calls end as soon as one of the outputs makes no progress for stallLimit after
// the call. blocked returns for how long the output that is slowest has made none.
func endStalled(blocked func() time.Duration, end func()) {
	began := time.Now()
	for range time.Tick(stallCheck) {
		if min(blocked(), time.Since(began)) >= stallLimit {
			end()
			return
		}
	}
}

// messageWriter is standard error. It knows for how long a write to it is blocked.
type messageWriter struct {
	w     io.Writer
	began atomic.Pointer[time.Time] // of the write in progress; nil: there is none
}

func (m *messageWriter) Write(p []byte) (int, error) {
	now := time.Now()
	m.began.Store(&now)
	defer m.began.Store(nil)
	return m.w.Write(p)
}

// blocked returns for how long a write has been in progress.
func (m *messageWriter) blocked() time.Duration {
	began := m.began.Load()
	if began == nil {
		return 0
	}
	return time.Since(*began)
}

// stopReading returns what the first signal calls while a filter runs: the input ends. Requires
// that the output is open. It is looked up here, as the run may give it up at any moment.
func (c *command) stopReading() func() {
	out := c.out
	return func() {
		c.stop.Stop()
		go c.watchOutputs(out)
	}
}

// watchOutputs ends the process, with exit code IOError, if an output makes no progress after
// a signal. out may be nil. What can be put in order without writing to it is.
func (c *command) watchOutputs(out *sink.Out) {
	if out == nil { // a file that is appended to: a write to it is never blocked
		return
	}
	blocked := func() time.Duration { return max(out.Blocked(), c.messages.blocked()) }
	endStalled(blocked, func() {
		printed := make(chan struct{})
		text := out.Name() + ": the reader has stopped reading; the rest of the data is lost"
		go func() {
			c.reporter.print(text)
			close(printed)
		}()
		select {
		case <-printed:
		case <-time.After(stallLimit / 8): // the reader of stderr may have stopped as well
		}
		c.io.discard()
		if out.Blocked() == 0 {
			out.Discard()
		}
		c.writeStalled(text)
		endProcess(IOError)
	})
}
