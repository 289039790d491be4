package cli

import (
	"time"

	"weir/pkg/cli/internal/interrupt"
	"weir/pkg/sink"
)

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
	blocked := func() time.Duration { return max(out.Blocked(), c.reporter.Blocked()) }
	interrupt.EndStalled(blocked, func() {
		printed := make(chan struct{})
		text := out.Name() + ": the reader has stopped reading; the rest of the data is lost"
		go func() {
			c.reporter.Print(text)
			close(printed)
		}()
		select {
		case <-printed:
		case <-time.After(interrupt.StallLimit / 8): // the reader of stderr may have stopped as well
		}
		c.io.discard()
		if out.Blocked() == 0 {
			out.Discard()
		}
		c.writeStalled(text)
		endProcess(IOError)
	})
}
