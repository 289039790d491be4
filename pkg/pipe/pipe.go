// Package pipe runs a filter over inputs. It reads blocks of lines, parses them,
// hands each batch of records to the filter in input order, and writes what the filter
// prints. It also does everything that is the same for every filter: bad and late
// lines, the counts of records, flushing, the second pass over the input, and the
// orderly end of a run that is stopped or fails.
//
// Package cli builds a [Config] and calls [New] and [Pipe.Run]. The filters (mavg,
// winavg, stats) implement the interfaces of filter.go; the pipe does not know them.
//
// The types, in the order in which a reader needs them:
//
//   - [Filter] is what the author of a command writes: Plan and Push. [Appender],
//     [Finisher], [Ticker], [SecondPass] and [Tabler] (filter.go), [Keeper] (keep.go) and
//     [Joiner] (join.go) are optional. The pipe discovers them by type assertion, as
//     io.Copy discovers io.WriterTo.
//   - [Input] and [Output] are the two ends, [Reporter] and [Rejects] receive bad and
//     late lines (ends.go), and [Config] holds all of them.
//   - [Pipe] is one run. [Ledger] is its counts (ledger.go).
//
// # Guarantees
//
//   - A bad line is reported, written to the rejects or counted, as [Bad] says. It
//     never affects the good lines around it.
//   - Every record is counted under exactly one heading of the ledger.
//   - Output is flushed before every wait for input: see [Pipe.Idle].
//   - At the end of the input, and also after a signal, a read error or an error of the
//     filter, the filter prints its final lines and the output is flushed. Only a failed
//     write to the output or the rejects prevents that.
//   - The output is the same for every number of workers: see workers.go.
//
// # Goroutines
//
// A filter is sequential code and needs no locks. Calls of its methods never overlap,
// and each sees the effects of the calls before it; but they come from different
// goroutines when there are several workers. The same holds for the methods of Reporter,
// Rejects and Output.
package pipe

import (
	"errors"
	"io"
	"sync"
	"time"

	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/ndjson"
	"weir/pkg/source"
	"weir/pkg/stamp"
)

// Config is the configuration of a run. Tool, Filter, Out and Reporter are required.
type Config struct {
	Tool     string               // name of the command, for the rejects
	Filter   Filter               // what is computed
	Out      Output               // where the filter's lines go
	Reporter Reporter             // where problems of the data are reported
	Rejects  Rejects              // where bad and late lines are appended; nil: nowhere
	Bad      Bad                  // policy for bad and late lines
	Digits   int                  // decimals that printed numbers are rounded to; -1: not rounded
	Format   lines.Format         // how the filter's lines are written; for a table, it is a Tabler
	MaxLine  int                  // longest line in bytes; 0: ndjson.DefaultMaxLine
	Jobs     int                  // number of workers; 0 means 1, and under Stop there is always one
	Live     bool                 // whether a Ticker is called
	Paused   bool                 // another run continues the stream: the end of the input is not its end. The filter is a Keeper
	Partial  bool                 // other runs read other parts of the stream: what this one lacks is no fault, and Missing and NoNumber are not reported
	Lines    bool                 // an input is lines, also if it begins as an array: see ndjson.Options.LinesOnly
	Clock    func() time.Duration // monotonic time since any fixed moment; required if Live
	Stop     *source.Stop         // stopped by the pipe when a write, Tick or the filter fails, so that no read waits; may be nil

	// FirstTime is called once in a run whose times are read by the format auto, with
	// the JSON text of the first time that was read. Like a Reporter it is called in input
	// order. It may be nil.
	FirstTime func(text []byte, t stamp.Time)
}

// Pipe is one run of a filter over inputs.
type Pipe struct {
	c       Config
	rd      *ndjson.Reader
	fold    *batch.Fold
	member  *lines.Member // what the filter appends to records; nil if it appends nothing
	workers workers

	foldFunc func(*batch.Batch, *lines.Output) error // p.foldFirst; a field so that it is allocated once

	// The optional interfaces of c.Filter; nil if it does not implement them, or if
	// they are not to be used in this run.
	ticker      Ticker
	second      SecondPass
	tabler      Tabler // nil unless the header of a table is still to be printed
	headerAlone bool   // the header is printed at the end of a run without records, too

	// The following are used by one goroutine at a time: by the worker whose turn it
	// is to fold, and by Run when no worker is running.
	passes  passes
	ledger  Ledger
	details *Details    // nil: they are not collected
	earlier *stamp.Time // the newest time of earlier runs, as far as they collected it; nil: none
	reportState
	rejectLine []byte // buffer of reject
	tickErr    error  // of Tick, which is not called again then

	mu       sync.Mutex
	writeErr error // the first error of Out or Rejects; guarded by mu
}

// reportState is what has been reported once and is not reported again.
type reportState struct {
	limitReported bool            // Reporter.LimitReached has been called
	lost          lost            // members that are replaced
	omitted       int             // how many names they may have
	skipped       int             // how many of the batch's Skipped have been reported
	missing       []batch.Missing // those that Reporter.Missing has been called for before the end; nil until it is time for that
	endReported   bool            // missing says nothing any more, as the end of the input has been judged
	names         int             // the result of Missing
}

// errEnd ends the input at the first bad line, under Stop.
var errEnd = errors.New("ended at the first bad line")

// New returns a pipe that is ready to run. It calls Plan and, for a [SecondPass],
// NeedsSecondPass; it reads and writes nothing.
func New(c Config) *Pipe {
	p := newPipe(c)
	p.start()
	return p
}

// newPipe returns a pipe without a reader and without workers.
func newPipe(c Config) *Pipe {
	p := &Pipe{c: c}
	if x, ok := c.Filter.(SecondPass); ok && x.NeedsSecondPass() {
		p.second = x
	}
	plan := c.Filter.Plan()
	plan.Sums = p.second != nil
	if plan.Time == nil || !plan.Format.IsAuto() {
		p.c.FirstTime = nil
	}
	p.fold = batch.NewFold(plan)
	p.omitted = len(plan.Omit)
	if a, ok := c.Filter.(Appender); ok {
		p.member = a.Member()
	}
	p.foldFunc = p.foldFirst
	return p
}

// start makes the reader and the first worker, which read what the plan then says.
func (p *Pipe) start() {
	o := ndjson.Options{MaxLine: p.c.MaxLine, LinesOnly: p.c.Lines}
	if p.c.Live {
		p.ticker, _ = p.c.Filter.(Ticker)
		o.Clock = p.c.Clock
	}
	p.rd = ndjson.NewReader(p.fold, o)
	p.workers.init(p)
}

// Ledger returns the counts. It is for use after Run.
func (p *Pipe) Ledger() Ledger {
	l := p.ledger
	l.Printed = p.workers.printed()
	return l
}

// Missing returns how many of the members that the plan names no record had; 0 if there was
// no record. They make the exit code 1, too. It is for use after Run.
func (p *Pipe) Missing() int { return p.names }

// WriteError is an error of Output, Rejects or the temporary file of a second pass:
// something that was to be written was not.
type WriteError struct{ Err error }

// Error returns the text of the cause.
func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// Run processes all inputs, which next returns one after the other and then io.EOF.
// It is called once. When it returns, the filter has finished, the output has been
// flushed (but not committed), and all inputs are closed.
//
// Run returns nil if the input was processed to its end, to a call of Stop.Stop, or,
// under the policy Stop, to its first bad line. It returns a [*WriteError] if a write
// failed; nothing is read or written after that, unless it was a write to the temporary
// file of a second pass, which costs that pass only. Otherwise it returns the error of
// next, of a read or of the filter that ended the input; the results of what was
// read before have been printed.
func (p *Pipe) Run(next func() (Input, error)) error {
	defer p.passes.close()
	ended := p.readInputs(next)
	werr := p.writeError()
	if werr != nil {
		return werr
	}
	if !errors.Is(ended, errEnd) && !p.c.Paused && !p.c.Partial { // the records that were not read may have them
		p.reportMissing()
	}
	if p.tabler != nil && p.headerAlone {
		p.printHeader(p.workers.lastOutput())
	}
	err := p.finish(ended)
	switch {
	case !orderly(ended):
	case p.tickErr != nil: // which has also stopped the input
		ended = p.tickErr
	case err != nil:
		ended = err
	}
	p.flush(p.workers.lastOutput())
	werr = p.writeError()
	if werr != nil {
		return werr
	}
	if orderly(ended) {
		return nil
	}
	return ended
}

// orderly reports whether an input that ended with err, nil being its end, ended without a
// failure: it was stopped, or Stop applied.
func orderly(err error) bool {
	return err == nil || errors.Is(err, source.ErrStopped) || errors.Is(err, errEnd)
}

// BeginTable makes p print the names of the columns with the first record, before the first line,
// as it is known then which field is the time. Without it, a table continues another one. A run
// without records prints them at its end if alone is set, which says that each run prints a table
// of its own, or if no other run continues it (Config.Paused). It is for use before Run. For
// Config.Format JSON, or a filter that prints nothing and is no [Tabler], it does nothing.
func (p *Pipe) BeginTable(alone bool) {
	if p.c.Format != lines.JSON {
		p.tabler, _ = p.c.Filter.(Tabler)
		p.headerAlone = alone || !p.c.Paused
	}
}

// Records returns how many good records there were, with those of the runs before that this one
// continues. It is not for use during Run.
func (p *Pipe) Records() int64 { return p.fold.Known().Records }

// printHeader prints the header of a table.
func (p *Pipe) printHeader(out *lines.Output) {
	out.Header(p.tabler.Columns(p.fold.Plan().Time))
	p.tabler = nil
}

// finish runs the second pass, if the filter needs one and the first pass was
// complete, and lets the filter print its last lines. ended is what ended the
// first pass, nil for the end of the input. finish returns the first error, which may be
// ended.
func (p *Pipe) finish(ended error) error {
	if p.second != nil {
		if ended == nil || errors.Is(ended, errEnd) || orderly(ended) && p.passes.failed != nil {
			ended = p.secondPass()
			if ended == nil {
				return p.second.FinishSecond(p.workers.lastOutput())
			}
		}
		if p.writeError() != nil {
			return ended
		}
		p.c.Reporter.Incomplete()
	}
	err := p.finishFilter()
	if err == nil {
		err = p.accountHeld()
	}
	if err != nil && orderly(ended) {
		ended = err
	}
	return ended
}

// finishFilter calls Finish, or in a run that another one continues Pause.
func (p *Pipe) finishFilter() error {
	if p.c.Paused {
		return p.c.Filter.(Keeper).Pause(p.workers.lastOutput())
	}
	f, ok := p.c.Filter.(Finisher)
	if !ok {
		return nil
	}
	return f.Finish(p.workers.lastOutput())
}

// writeError returns the first error of writing, as a *WriteError, or nil.
func (p *Pipe) writeError() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.writeErr != nil {
		return &WriteError{p.writeErr}
	}
	return nil
}

// fail records an error of writing and stops the input, so that a reader that is
// waiting returns. Any goroutine may call it.
func (p *Pipe) fail(err error) {
	p.mu.Lock()
	if p.writeErr == nil {
		p.writeErr = err
	}
	p.mu.Unlock()
	p.stop()
}

// readInputs runs the first pass over all inputs. It returns nil at the end of the last
// one.
func (p *Pipe) readInputs(next func() (Input, error)) error {
	for {
		in, err := next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		p.passes.open(in, p.second != nil)
		offset, line := p.resume(in)
		err = p.workers.run(p.foldFunc)
		p.details.countInput(in.Name(), p.fold, offset, line)
		p.passes.end(p.fold.Consumed())
		err = p.consumed(in, err)
		if err != io.EOF {
			if !p.workers.stopped() && p.writeError() == nil && !p.passes.regular() {
				p.ledger.Unfinished = p.rd.Unfinished()
			}
			return err
		}
	}
}

// Idle flushes the output. It must be called before every read that would have to
// wait for input: it is meant for source.Options.Idle. It also calls Tick, if
// there is a Ticker and Config.Live is set.
//
// Idle returns how long the wait may last before Idle is to be called again; a
// negative duration means without limit. It is called within Read of an input, by the
// goroutine that reads.
//
// Before it flushes, it waits until all blocks read so far are folded and written.
func (p *Pipe) Idle() time.Duration {
	w := p.workers.lastOutput()
	p.reportMissingEarly(true)
	wait := time.Duration(-1)
	if p.ticker != nil && p.tickErr == nil {
		wait, p.tickErr = p.ticker.Tick(p.c.Clock(), w)
		err := p.accountHeld()
		if p.tickErr == nil {
			p.tickErr = err
		}
		if p.tickErr != nil {
			p.stop()
		}
	}
	p.flush(w)
	return wait
}

// flush passes on everything printed so far: from out to Out, and from Out onwards.
func (p *Pipe) flush(w *lines.Output) {
	err := w.Flush()
	if err == nil {
		err = p.c.Out.Flush()
	}
	if err != nil {
		p.fail(err)
	}
}

// stop makes the inputs return source.ErrStopped.
func (p *Pipe) stop() {
	if p.c.Stop != nil {
		p.c.Stop.Stop()
	}
}
