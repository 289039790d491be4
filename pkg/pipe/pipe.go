// Package pipe runs a filter over inputs. It reads blocks of lines, parses them,
// hands each batch of records to the filter in input order, and writes what the filter
// prints. It also does everything that is the same for every filter: bad and late
// lines, the counts of records, flushing, the second pass over the input, and the
// orderly end of a run that is stopped or fails.
//
// Package cli builds a [Config] and calls [New] and [Pipe.Run]. The filters (mavg,
// winavg, stats) implement the interfaces below; the pipe does not know them.
//
// The types, in the order in which a reader needs them:
//
//   - [Filter] is what the author of a command writes: Plan and Push. [Appender],
//     [Finisher], [Ticker], [SecondPass], [Tabler] and [Keeper] are optional. The pipe discovers them by type
//     assertion, as io.Copy discovers io.WriterTo.
//   - [Input] and [Output] are the two ends, [Reporter] and [Rejects] receive bad and
//     late lines, and [Config] holds all of them.
//   - [Pipe] is one run. [Ledger] is its counts.
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

// Filter computes something from records. It may also implement [Appender], [Finisher],
// [Ticker], [SecondPass], [Tabler] and [Keeper].
type Filter interface {
	// Plan returns what is to be read of every record. [New] calls it once, before
	// any other method but NeedsSecondPass.
	Plan() batch.Plan

	// Push consumes the records of b, in input order, and prints to out. It is called
	// for all batches, in input order. What it cannot use it passes to b.Reject, b.Late
	// or b.NoReading; every other record counts as used. If b.Reject returns true, Push
	// returns at once.
	//
	// b, out and everything that they return are valid until Push returns; copy what is
	// to be kept. The next call may get another Output.
	//
	// An error ends the run, as after a read error: Push calls b.Truncate with the first
	// row that it has not consumed, and returns the error. Finish is still called, and Run
	// returns the error.
	Push(b *batch.Batch, out *lines.Output) error
}

// Appender is a [Filter] that passes records on with a member appended. Its Push gives
// the values to out.Defer, out.Values and out.Means; the lines are written later, outside
// the fold and in parallel.
type Appender interface {
	// Member returns the member, which must not change. It is called once, by New.
	Member() *lines.Member
}

// Finisher is a [Filter] that prints something at the end of the input.
type Finisher interface {
	// Finish prints the last lines. It is called once, after the last Push: at the end
	// of the input, after a signal, and after an error of a read, of Push or of the
	// temporary file of a second pass, so that the results of what was read are not lost.
	// It is not called if a write to Config.Out or Config.Rejects failed.
	// Run returns its error if nothing else ended the input before.
	Finish(w *lines.Output) error
}

// Ticker is a [Filter] whose output also depends on the time that passes while the
// input is quiet. It is used only if Config.Live is set.
type Ticker interface {
	// Tick prints what has become due by now, which is read from Config.Clock, as
	// Position.ReadAt of a batch is. It is called before each wait for input, when all
	// records read so far have been pushed, and again after at most next, if the
	// input is still quiet. A negative next means: not before more input has come.
	// What it prints is flushed at once.
	//
	// After an error Tick is not called again and reading stops; Run returns the error
	// once Finish has been called.
	Tick(now time.Duration, w *lines.Output) (next time.Duration, err error)
}

// SecondPass is a [Filter] that may need the same records a second time. A file is read
// again, up to where the first pass ended. Of any other input, what the plan reads of
// each used record is spooled to a temporary file during the first pass.
type SecondPass interface {
	// NeedsSecondPass is called before Plan, and always returns the same. If it is false, the
	// other two methods are not called and nothing is spooled.
	NeedsSecondPass() bool

	// PushSecond consumes a batch of the second pass; b and out are valid until it
	// returns. Records come in the order of the first pass. They are those of the first
	// pass that Push used. Records that Push rejected, found late or without a
	// reading come again if the input is a file, and do not if it was spooled, so
	// PushSecond must ignore them. A spooled record has its position, key, time and
	// readings, but Raw is empty.
	//
	// An error ends the run; Run returns it after Reporter.Incomplete and Finish.
	PushSecond(b *batch.Batch, out *lines.Output) error

	// FinishSecond prints the last lines after a complete second pass. It is called
	// instead of Finish. If the second pass did not run, or not to its end
	// (a signal, a read error, a changed file), Reporter.Incomplete and then Finish are
	// called instead. Run returns its error.
	FinishSecond(w *lines.Output) error
}

// Tabler is a [Filter] whose lines can be those of a table: see Config.Format and
// [Pipe.BeginTable].
type Tabler interface {
	// Columns returns the names of the columns. time is the field that times are read from.
	Columns(time batch.Path) []string
}

// Input is a file or standard input. The pipe reads it to its end or to an error.
//
// If it also implements io.Closer, the pipe closes it when the next input begins, or,
// with a second pass, at the end of Run; errors of Close are ignored. If it implements
// [Rewinder], a second pass may read it again instead of spooling it.
type Input interface {
	io.Reader
	// Name is the name that errors and rejects give: the path as the user wrote it, or
	// "-" for standard input.
	Name() string
}

// Rewinder is an [Input] that can perhaps be read a second time.
type Rewinder interface {
	// Regular reports whether it can: whether the input is a regular file. The answer
	// must not change.
	Regular() bool
	// Rewind makes Read begin at the first byte again. It is called only if Regular
	// returned true. Its error ends the second pass.
	Rewind() error
}

// Output receives what the filter prints.
type Output interface {
	// Write takes one or more whole lines, in output order. p is valid until it returns.
	io.Writer
	// Flush passes on all that was written. It is called before each wait for input and
	// at the end of Run. An error of either method ends the run as a [WriteError].
	Flush() error
}

// Bad is the policy for bad and late lines (the flag --bad).
type Bad uint8

// The policies. With each, bad and late lines are also appended to Rejects, if there
// are any.
const (
	Report Bad = iota // report each bad or late line and continue
	Skip              // only count them
	Stop              // report them, and end the run at the first bad line
)

// Reporter tells the user about problems of the data. Its methods are called in input
// order. They may keep the errors they are given. Bad, Late and Skipped are not called
// under [Skip].
type Reporter interface {
	// Bad is called for each line that the filter could not use, and for each named
	// value of another type in a record that was passed on (Plan.ReportOnly).
	Bad(e *batch.LineError)
	// Late is called for each late record.
	Late(e *batch.LineError)
	// Notice is called for a record that was used, but has an effect that the user should
	// know of (batch.Held.Notice).
	Notice(e *batch.LineError)
	// Skipped is called when bytes have been skipped that are no part of a line: NUL bytes
	// before it. No line is bad for that.
	Skipped(e *batch.LineError)
	// LimitReached is called once, when the first field has been ignored because of
	// Plan.MaxFields or, by Batch.LimitReached, by the filter.
	LimitReached()
	// Replaced is called once for each name, for the first record in which a member that an Appender
	// appends replaces one that is not an object of numbers. name is the member's.
	Replaced(name, file string, line int64)
	// Incomplete is called once, before Finish, if the filter needs a second pass and
	// it was not completed.
	Incomplete()
	// FoundTime is called if Plan.FindTime has found another time field than the plan's,
	// before anything is reported of the record in which it was found. leftOut says that
	// a number is not averaged for that.
	FoundTime(p batch.Path, leftOut bool)
	// Missing is called once for each member that the plan names and none of that many
	// records had: after 1,000 records, after 20 when the stream waits, or at the end of
	// the first pass, before Finish, with records 0.
	Missing(m batch.Missing, records int64)
	// NoNumber is called at the end of the first pass if records were accepted, none had
	// a reading, and nothing else was reported that explains it. See batch.Fold.NoNumber.
	NoNumber(u batch.Unread)
}

// Rejects receives bad and late lines for later use (the flag --rejects).
type Rejects interface {
	// Line appends one entry: a JSON object and a newline. p is valid until Line returns.
	// An error ends the run as a [WriteError].
	Line(p []byte) error
}

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

// Ledger counts records and lines. Invariant: Read = Used + Late + NoReading + Filtered
// + Rejected, where each record or bad line is counted once.
type Ledger struct {
	Read      int64 // records and bad lines
	Used      int64 // records with the verdict Used
	Late      int64 // records with the verdict Late
	NoReading int64 // records with the verdict NoReading
	Filtered  int64 // records for which a condition of the plan does not hold
	Rejected  int64 // bad lines, and records that the filter refused

	Printed int64 // lines of output

	// Reported counts the records, among those Used and NoReading, in which a named value
	// was not a reading (Plan.ReportOnly).
	Reported int64

	// Unhandled counts the lines that make the exit code 1: bad and late lines that were not
	// written completely to Rejects, the bad line that ended the run under Stop, and
	// Reported records. Under Skip it is 0.
	Unhandled int64

	// Unfinished is the length in bytes of the incomplete last line of an input that was
	// stopped or failed and is not a regular file, so that these bytes are lost.
	Unfinished int
}

// Part is one term of a ledger's sum.
type Part struct {
	Name  string // "used", "late", "without a reading", "filtered out" or "rejected".
	Count int64
}

// Parts returns the terms whose sum is Read. Every list of the counts is made from it.
func (l *Ledger) Parts() []Part {
	return []Part{
		{"used", l.Used},
		{"late", l.Late},
		{"without a reading", l.NoReading},
		{"filtered out", l.Filtered},
		{"rejected", l.Rejected},
	}
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
	ticker Ticker
	second SecondPass
	tabler Tabler // nil unless the header of a table is still to be printed

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
	if p.tabler != nil {
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

// BeginTable makes p print the names of the columns before the first line. Without it, a table
// continues another one. It is for use before Run. For Config.Format JSON, or a filter that prints
// nothing and is no [Tabler], it does nothing.
func (p *Pipe) BeginTable() {
	if p.c.Format != lines.JSON {
		p.tabler, _ = p.c.Filter.(Tabler)
	}
}

// Records returns how many good records there were, with those of the runs before that this one
// continues. It is not for use during Run.
func (p *Pipe) Records() int64 { return p.fold.Known().Records }

// printHeader prints the header of a table, before its first line: as soon as it is known which
// field is the time, that is with the first record, or at the end.
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
