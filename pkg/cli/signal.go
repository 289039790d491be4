package cli

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// catch handles signals for the rest of the process. The first SIGINT, SIGTERM,
// SIGHUP or SIGQUIT calls stop, which makes the input end, so that the run prints
// what is pending and finishes in order; a second SIGINT, SIGTERM or SIGHUP ends
// the process at once. A signal that the process was started to ignore (nohup)
// stays ignored. SIGPIPE is ignored, so that a reader that closed standard output
// shows as an error of the write.
//
// caught returns the signal that came, or 0.
func catch(stop func()) (caught func() syscall.Signal) {
	signal.Ignore(syscall.SIGPIPE)
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	var first atomic.Int64
	go func() {
		s := <-signals
		signal.Reset(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP) // back to ending the process
		first.Store(int64(number(s)))
		stop()
	}()
	return func() syscall.Signal { return syscall.Signal(first.Load()) }
}

// number returns the number of a signal, for the exit code.
func number(sig os.Signal) syscall.Signal {
	n, _ := sig.(syscall.Signal)
	return n
}
