package cli

import (
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"
)

// catch makes the first SIGINT, SIGTERM, SIGHUP or SIGQUIT call stop, once, after which
// what is owed is printed; a second one ends the process at once. What the
// process was started to ignore (nohup) stays ignored. caught is the signal that
// came, or 0.
func catch(stop func()) (caught func() syscall.Signal) {
	signal.Ignore(syscall.SIGPIPE) // a reader that has left is an error of the write
	signals := make(chan os.Signal, 1)
	for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT} {
		if !signal.Ignored(s) {
			signal.Notify(signals, s)
		}
	}
	var came atomic.Int64
	go func() {
		s := <-signals
		signal.Reset(syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP)
		came.Store(int64(asSignal(s)))
		stop()
	}()
	return func() syscall.Signal { return syscall.Signal(came.Load()) }
}
