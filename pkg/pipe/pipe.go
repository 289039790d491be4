// Package pipe is the loop: it carries records from the inputs through a filter
// to the output, and keeps the promises that do not depend on what is measured.
// A bad line is told, set aside or counted and costs no neighbour; every record
// is in the ledger; what has been made is flushed before the input is waited
// for; at the end, or when it is stopped, what is owed is printed.
//
// Commands (by way of cli) stand on it. It does not know the filters: they know
// its interfaces.
package pipe

import (
	"errors"
	"io"
	"sync"
	"time"

	"weir/pkg/ndjson"
	"weir/pkg/source"
)

// Filter is what a command does to records. The methods beyond these two are
// discovered: see Printer, Finisher, Ticker, Crowder and Second.
type Filter interface {
	// Plan says what is read of every record. It is asked once, first.
	Plan() ndjson.Plan
	// Push is handed each record in input order, by one goroutine; r is valid
	// until it returns. It may take more by r.Next and r.Skip, one behind the other,
	// as long as each is Used; what it returns is of the last one. An error that is an
	// *ndjson.LineError condemns the line, or with the verdict Late says how late
	// it is; any other condemns the stream.
	Push(r *ndjson.Record, w *ndjson.Writer) (ndjson.Verdict, error)
}

// Printer is a Filter that answers each record with a line of its own, and so can
// leave it to others to print: Push writes nothing and hands its figures to
// Writer.Keep and each record that it takes to Writer.Owe, or runs to Writer.OweRun;
// Print pays what w owes of records of b. Print may be called at any time until the
// run is over, by several goroutines at once, and only looks at records' bytes and the
// names of slots.
type Printer interface {
	Print(b *ndjson.Block, w *ndjson.Writer)
}

// Finisher is a Filter that has something to print when the stream has ended.
type Finisher interface{ Finish(w *ndjson.Writer) error }

// Ticker is a Filter on which time works while the stream is quiet. Tick is
// called before the input is waited for, with the clock of Record.Read; next
// says how long from now it is to be called again at the latest, below 0:
// never.
type Ticker interface {
	Tick(now time.Duration, w *ndjson.Writer) (next time.Duration, err error)
}

// Crowder is a Filter that may have no room for a field of a record that is
// good: Crowded reports whether that has happened.
type Limiter interface{ LimitReached() bool }

// Second is a Filter that may want a second look at the same records, in the
// same order.
type TwoPass interface {
	NeedsSecondPass() bool // asked before the first record
	PushSecond(r *ndjson.Record, w *ndjson.Writer) error
	FinishSecond(w *ndjson.Writer) error // instead of Finish, if the second look was completed
}

// Input is one file, or standard input. If it is an io.Closer, the pipe closes
// it; if it is a Rewinder, a second look reads it again.
type Input interface {
	io.Reader
	Name() string
}

// Rewinder is an Input that may be read again.
type Rewinder interface {
	Regular() bool // it can be rewound
	Rewind() error
}

// Output takes what the filter prints.
type Output interface {
	io.Writer
	Flush() error
}

// Bad is what is done about bad and late lines.
type Bad uint8

// The policies of --bad.
const (
	Report Bad = iota // tell each
	Skip              // count them
	Stop              // end at the first bad line
)

// Teller speaks to a person.
type Reporter interface {
	Bad(e *ndjson.LineError)             // a line is lost to the filter
	Late(e *ndjson.LineError)            // an event came late
	LimitReached()                       // a field or more found no room
	Incomplete()                         // the second look was not completed
	Missing(p ndjson.Path, meant string) // no record had a named field; another name is near, or ""
}

// Rejects takes the lines that are set aside, one call a line.
type Rejects interface{ Line(p []byte) error }

// Config is what a pipe is made of. Tool, Filter, Out and Tell are needed.
type Config struct {
	Tool     string
	Filter   Filter
	Out      Output
	Reporter Reporter
	Rejects  Rejects // nil: none
	Bad      Bad
	Digits   int // decimals of printed numbers; -1: not rounded
	MaxLine  int
	Jobs     int                  // how many goroutines may work at once; 0 is 1
	Live     bool                 // tick
	Clock    func() time.Duration // monotonic; needed if Live
	Stop     *source.Stop         // called when the output fails, so that no read waits; may be nil
}

// Ledger counts what became of every record: Read is the sum of Used, Late,
// NoReading, Filtered and Rejected.
type Ledger struct {
	Read, Used, Late, NoReading, Filtered, Rejected int64

	Printed    int64 // lines of output
	Reported   int64 // records that are out, but with a named value that was no reading
	Unhandled  int64 // bad and late lines that nobody took: they were neither skipped nor set aside
	Unfinished int   // bytes of an unfinished line that were taken from a stream before it was stopped
}

// Pipe is one run.
type Pipe struct {
	c       Config
	rd      *ndjson.Reader
	workers workers
	ticker  Ticker
	limiter Limiter
	printer Printer
	twoPass TwoPass // nil: one look is enough
	passes  passes
	ledger  Ledger
	entry   []byte              // scratch
	first   func(*worker) error // fold, as it is handed to the lanes

	limitReported bool // told
	tick          error

	mu     sync.Mutex
	failed error // of writing; the first one
}

// errEnd is the first bad line under Stop.
var errEnd = errors.New("ended at the first bad line")

// New makes a pipe; nothing is read or written yet.
func New(c Config) *Pipe {
	p := &Pipe{c: c}
	p.limiter, _ = c.Filter.(Limiter)
	p.printer, _ = c.Filter.(Printer)
	o := ndjson.Options{MaxLine: c.MaxLine}
	if c.Live {
		p.ticker, _ = c.Filter.(Ticker)
		o.Clock = c.Clock
	}
	if second, ok := c.Filter.(TwoPass); ok && second.NeedsSecondPass() {
		p.twoPass = second
		o.Sums = true
	}
	p.rd = ndjson.NewReader(c.Filter.Plan(), o)
	p.first = p.fold
	p.workers.open(p)
	return p
}

// Ledger is what has been counted so far.
func (p *Pipe) Ledger() Ledger {
	l := p.ledger
	l.Printed = p.workers.printed()
	return l
}

// WriteError is an error of the output or of the rejects: what was to be
// written is not.
type WriteError struct{ Err error }

func (e *WriteError) Error() string { return e.Err.Error() }

// Unwrap is the cause.
func (e *WriteError) Unwrap() error { return e.Err }

// Run carries all inputs, which next hands out until io.EOF, and prints what is
// owed; the output has been flushed when it returns. The error is nil, a
// *WriteError, or what ended the input early (what was owed has been printed
// then). Being stopped is no error.
func (p *Pipe) Run(next func() (Input, error)) error {
	defer p.passes.close()
	ended := p.inputs(next)
	if werr := p.written(); werr != nil {
		return werr
	}
	if p.ledger.Used+p.ledger.NoReading > 0 {
		paths, meant := p.rd.Missing()
		for i := range paths {
			p.c.Reporter.Missing(paths[i], meant[i])
		}
	}
	if err := p.finish(ended); err != nil && (ended == nil || errors.Is(ended, errEnd)) {
		ended = err
	}
	p.flush(p.workers.last())
	if werr := p.written(); werr != nil {
		return werr
	}
	if ended == nil || errors.Is(ended, source.ErrStopped) || errors.Is(ended, errEnd) {
		return p.tick // which may be why it was stopped
	}
	return ended
}

// finish lets the filter print what it owes, after a second look if it wants
// one and the first came to its end.
func (p *Pipe) finish(ended error) error {
	if p.twoPass != nil {
		if ended == nil || errors.Is(ended, errEnd) {
			if ended = p.secondPass(); ended == nil {
				return p.twoPass.FinishSecond(p.workers.last())
			}
		}
		if p.written() != nil {
			return ended
		}
		p.c.Reporter.Incomplete()
	}
	if f, ok := p.c.Filter.(Finisher); ok {
		if err := f.Finish(p.workers.last()); err != nil && ended == nil {
			ended = err
		}
	}
	return ended
}

// written is the first error of writing.
func (p *Pipe) written() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failed != nil {
		return &WriteError{p.failed}
	}
	return nil
}

// fail notes that something could not be written. The input is not to be waited
// for then.
func (p *Pipe) fail(err error) {
	p.mu.Lock()
	if p.failed == nil {
		p.failed = err
	}
	p.mu.Unlock()
	p.stop()
}

func (p *Pipe) inputs(next func() (Input, error)) error {
	for {
		in, err := next()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := p.passes.open(in, p.twoPass != nil); err != nil {
			return err
		}
		p.rd.Reset(in, in.Name())
		err = p.workers.run(p.first)
		p.passes.end(p.rd.Consumed())
		if err != io.EOF {
			if !p.workers.halted() && !p.passes.regular() {
				p.ledger.Unfinished = p.rd.Unfinished()
			}
			return err
		}
	}
}

// fold takes the records of a block.
func (p *Pipe) fold(l *worker) error {
	err := p.records(l)
	p.checkLimit()
	return err
}

// crowd tells once that a field has found no room: behind a block, or before anything
// is told of a record, so that the order of words is that of the input.
func (p *Pipe) checkLimit() {
	if !p.limitReported && (p.rd.LimitReached() || p.limiter != nil && p.limiter.LimitReached()) {
		p.limitReported = true
		p.c.Reporter.LimitReached()
	}
}

// records hands each record of a block to the filter, and each fault to the policy.
func (p *Pipe) records(l *worker) error {
	filter := p.c.Filter
	for {
		rec, bad, ok := l.block.Next()
		if !ok {
			return nil
		}
		var err error
		switch {
		case bad != nil:
			err = p.fault(bad, &l.block)
		case rec.Filtered():
			p.ledger.Read++
			p.ledger.Filtered++
		default:
			first := rec.Index()
			var verdict ndjson.Verdict
			verdict, err = filter.Push(rec, l.w)
			if p.twoPass != nil {
				for i := first; i < rec.Index(); i++ {
					p.passes.pushed(l.block.Record(i), true)
				}
				p.passes.pushed(rec, err == nil && verdict == ndjson.Used)
			}
			more := int64(rec.Index() - first)
			p.ledger.Read += more
			p.ledger.Used += more
			if err != nil {
				err = p.refused(verdict, err, &l.block)
			} else {
				err = p.took(rec, verdict)
			}
		}
		if err == nil {
			err = p.passes.failed
		}
		if err == nil {
			err = l.w.Err()
		}
		if err != nil {
			return err
		}
	}
}

// took counts a record that the filter has taken.
func (p *Pipe) took(rec *ndjson.Record, verdict ndjson.Verdict) error {
	p.ledger.Read++
	if verdict == ndjson.Used {
		p.ledger.Used++
	} else {
		p.ledger.NoReading++
	}
	if told := rec.Reported(); told != nil {
		return p.reportValues(told)
	}
	return nil
}

// refused deals with the error of a push.
func (p *Pipe) refused(verdict ndjson.Verdict, err error, b *ndjson.Block) error {
	bad, ok := err.(*ndjson.LineError)
	if verdict == ndjson.Late {
		p.ledger.Read++
		p.ledger.Late++
	}
	switch {
	case !ok: // the stream is condemned, not the record
		return err
	case verdict == ndjson.Late:
		return p.late(bad, b)
	}
	return p.fault(bad, b)
}

// told are the faults of a record that is out all the same.
func (p *Pipe) reportValues(faults []*ndjson.LineError) error {
	p.checkLimit()
	p.ledger.Reported++
	if p.c.Bad == Skip {
		return nil
	}
	p.ledger.Unhandled++
	for _, e := range faults {
		p.c.Reporter.Bad(e)
	}
	if p.c.Bad == Stop {
		return errEnd
	}
	return nil
}

func (p *Pipe) late(e *ndjson.LineError, b *ndjson.Block) error {
	p.checkLimit()
	if p.c.Bad != Skip {
		p.c.Reporter.Late(e)
	}
	return p.reject("late", e, b)
}

// fault deals with a bad line; the error is one that ends the input.
func (p *Pipe) fault(bad *ndjson.LineError, b *ndjson.Block) error {
	p.checkLimit()
	p.ledger.Read++
	p.ledger.Rejected++
	if p.c.Bad != Skip {
		p.c.Reporter.Bad(bad)
	}
	if err := p.reject("bad", bad, b); err != nil {
		return err
	}
	if p.c.Bad == Stop {
		return errEnd
	}
	return nil
}

// aside sets the line aside that the block is at, or leaves it open.
func (p *Pipe) reject(kind string, e *ndjson.LineError, b *ndjson.Block) error {
	text, whole := b.Text()
	if p.c.Rejects != nil {
		p.entry = appendEntry(p.entry[:0], p.c.Tool, kind, e, text)
		if err := p.c.Rejects.Line(p.entry); err != nil {
			p.fail(err)
			return err
		}
		if whole && (p.c.Bad != Stop || kind == "late") { // the bad line that ends the run is never dealt with
			return nil
		}
	}
	if p.c.Bad != Skip {
		p.ledger.Unhandled++
	}
	return nil
}

// Idle is to be called whenever the input would have to be waited for: it
// flushes, lets a Ticker tick, and says how long the wait may last at most
// before it is to be called again; below 0: for ever.
func (p *Pipe) Idle() time.Duration {
	w := p.workers.last()
	wait := time.Duration(-1)
	if p.ticker != nil && p.tick == nil {
		if wait, p.tick = p.ticker.Tick(p.c.Clock(), w); p.tick != nil {
			p.stop()
		}
	}
	p.flush(w)
	return wait
}

// flush hands on all that has been printed.
func (p *Pipe) flush(w *ndjson.Writer) {
	err := w.Flush()
	if err == nil {
		err = p.c.Out.Flush()
	}
	if err != nil {
		p.fail(err)
	}
}

func (p *Pipe) stop() {
	if p.c.Stop != nil {
		p.c.Stop.Stop()
	}
}
