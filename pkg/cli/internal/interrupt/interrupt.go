// Package interrupt makes a run end in order after a signal, and a process whose output is
// stalled end all the same.
package interrupt

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
	"time"
)

// Handler handles the signals of the process, which it does to its end.
//
// SIGINT, SIGTERM, SIGHUP and SIGQUIT make the input end once Catch has been called, so that
// the run prints what is pending and finishes in order. A second signal ends the process at
// once. SIGQUIT never prints a stack trace, which Go's runtime would. SIGPIPE is ignored, so
// that a reader that closed standard output shows as an error of the write.
//
// A signal that the process was started to ignore (nohup) stays ignored if it is SIGINT or
// SIGHUP. Note: Go's runtime installs handlers for all others before any code of the program
// runs, and does not say what was there. Only C code could look earlier.
type Handler struct {
	exit    func(code int)
	signals chan os.Signal
	first   atomic.Int64           // the number of the first signal; 0: none has come
	stop    atomic.Pointer[func()] // of Catch
}

// New begins to handle SIGQUIT and SIGPIPE. The other signals end the process until Catch is
// called. exit ends the process, with the exit code 128+n after signal n; it does not return.
func New(exit func(code int)) *Handler {
	h := &Handler{exit: exit, signals: make(chan os.Signal, 2)}
	signal.Ignore(syscall.SIGPIPE)
	signal.Notify(h.signals, syscall.SIGQUIT)
	go h.handle()
	return h
}

// handle receives all signals. It never blocks, so that the second signal is seen whatever
// the run does after the first one.
//
// Note: the second signal is handled here as well. To give it back to the system with
// signal.Reset loses one that Go's runtime has taken in but not yet passed on, so that two
// signals at one moment were as one.
func (h *Handler) handle() {
	for s := range h.signals {
		n := number(s)
		stop := h.stop.Load()
		if stop == nil || h.first.Load() != 0 {
			h.exit(128 + int(n))
		}
		h.first.Store(int64(n))
		go (*stop)()
	}
}

// Catch makes the first signal call stop, on another goroutine. It is called at most once.
func (h *Handler) Catch(stop func()) {
	h.stop.Store(&stop)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
		if !signal.Ignored(s) {
			signal.Notify(h.signals, s)
		}
	}
}

// First returns the first signal that came after Catch; 0 if none has come. Any goroutine may
// call it at any time.
func (h *Handler) First() syscall.Signal { return syscall.Signal(h.first.Load()) }

// number returns the number of a signal, for the exit code.
func number(sig os.Signal) syscall.Signal {
	n, _ := sig.(syscall.Signal)
	return n
}

// StallLimit is for how long the output may make no progress after a signal: then its reader
// has stopped, perhaps for ever.
const StallLimit = 2 * time.Second

// stallCheck is how often that is looked at.
const stallCheck = 50 * time.Millisecond

// EndStalled calls end as soon as one of the outputs makes no progress for StallLimit after
// the call, and then returns; if all make progress, it does not return. blocked returns for how
// long the output that is slowest has made none.
func EndStalled(blocked func() time.Duration, end func()) {
	began := time.Now()
	for range time.Tick(stallCheck) {
		if min(blocked(), time.Since(began)) >= StallLimit {
			end()
			return
		}
	}
}
