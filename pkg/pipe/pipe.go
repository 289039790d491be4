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
type Crowder interface{ Crowded() bool }

// Second is a Filter that may want a second look at the same records, in the
// same order.
type Second interface {
	Twice() bool // asked before the first record
	PushAgain(r *ndjson.Record, w *ndjson.Writer) error
	FinishAgain(w *ndjson.Writer) error // instead of Finish, if the second look was completed
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
type Teller interface {
	Bad(e *ndjson.LineError)           // a line is lost to the filter
	Late(e *ndjson.LineError)          // an event came late
	Crowded()                          // a field or more found no room
	Unseen()                           // the second look was not completed
	Unmet(p ndjson.Path, meant string) // no record had a named field; another name is near, or ""
}

// Rejects takes the lines that are set aside, one call a line.
type Rejects interface{ Line(p []byte) error }

// Config is what a pipe is made of. Tool, Filter, Out and Tell are needed.
type Config struct {
	Tool    string
	Filter  Filter
	Out     Output
	Tell    Teller
	Rejects Rejects // nil: none
	Bad     Bad
	Digits  int // decimals of printed numbers; -1: not rounded
	MaxLine int
	Jobs    int                  // how many goroutines may work at once; 0 is 1
	Live    bool                 // tick
	Clock   func() time.Duration // monotonic; needed if Live
	Stop    *source.Stop         // called when the output fails, so that no read waits; may be nil
}

// Ledger counts what became of every record: Read is the sum of Used, Late,
// NoReading, Filtered and Rejected.
type Ledger struct {
	Read, Used, Late, NoReading, Filtered, Rejected int64

	Printed int64 // lines of output
	Told    int64 // records that are out, but with a named value that was no reading
	Open    int64 // bad and late lines that nobody took: they were neither skipped nor set aside
	Cut     int   // bytes of an unfinished line that were taken from a stream before it was stopped
}

// Pipe is one run.
type Pipe struct {
	c       Config
	rd      *ndjson.Reader
	lanes   lanes
	ticker  Ticker
	full    Crowder
	printer Printer
	second  Second // nil: one look is enough
	looks   looks
	ledger  Ledger
	entry   []byte            // scratch
	first   func(*lane) error // fold, as it is handed to the lanes

	crowded bool // told
	tick    error

	mu     sync.Mutex
	failed error // of writing; the first one
}

// errEnd is the first bad line under Stop.
var errEnd = errors.New("ended at the first bad line")

// New makes a pipe; nothing is read or written yet.
func New(c Config) *Pipe {
	p := &Pipe{c: c}
	p.full, _ = c.Filter.(Crowder)
	p.printer, _ = c.Filter.(Printer)
	o := ndjson.Options{MaxLine: c.MaxLine}
	if c.Live {
		p.ticker, _ = c.Filter.(Ticker)
		o.Clock = c.Clock
	}
	if second, ok := c.Filter.(Second); ok && second.Twice() {
		p.second = second
		o.Sums = true
	}
	p.rd = ndjson.NewReader(c.Filter.Plan(), o)
	p.first = p.fold
	p.lanes.open(p)
	return p
}

// Ledger is what has been counted so far.
func (p *Pipe) Ledger() Ledger {
	l := p.ledger
	l.Printed = p.lanes.printed()
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
	defer p.looks.close()
	ended := p.inputs(next)
	if werr := p.written(); werr != nil {
		return werr
	}
	if p.ledger.Used+p.ledger.NoReading > 0 {
		paths, meant := p.rd.Missing()
		for i := range paths {
			p.c.Tell.Unmet(paths[i], meant[i])
		}
	}
	if err := p.finish(ended); err != nil && (ended == nil || errors.Is(ended, errEnd)) {
		ended = err
	}
	p.flush(p.lanes.last())
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
	if p.second != nil {
		if ended == nil || errors.Is(ended, errEnd) {
			if ended = p.again(); ended == nil {
				return p.second.FinishAgain(p.lanes.last())
			}
		}
		if p.written() != nil {
			return ended
		}
		p.c.Tell.Unseen()
	}
	if f, ok := p.c.Filter.(Finisher); ok {
		if err := f.Finish(p.lanes.last()); err != nil && ended == nil {
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
		if err := p.looks.open(in, p.second != nil); err != nil {
			return err
		}
		p.rd.Reset(in, in.Name())
		err = p.lanes.carry(p.first)
		p.looks.end(p.rd.Consumed())
		if err != io.EOF {
			if !p.lanes.halted() && !p.looks.regular() {
				p.ledger.Cut = p.rd.Unfinished()
			}
			return err
		}
	}
}

// fold takes the records of a block.
func (p *Pipe) fold(l *lane) error {
	err := p.records(l)
	p.crowd()
	return err
}

// crowd tells once that a field has found no room: behind a block, or before anything
// is told of a record, so that the order of words is that of the input.
func (p *Pipe) crowd() {
	if !p.crowded && (p.rd.LimitReached() || p.full != nil && p.full.Crowded()) {
		p.crowded = true
		p.c.Tell.Crowded()
	}
}

// records hands each record of a block to the filter, and each fault to the policy.
func (p *Pipe) records(l *lane) error {
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
			if p.second != nil {
				for i := first; i < rec.Index(); i++ {
					p.looks.pushed(l.block.Record(i), true)
				}
				p.looks.pushed(rec, err == nil && verdict == ndjson.Used)
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
			err = p.looks.failed
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
		return p.told(told)
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
func (p *Pipe) told(faults []*ndjson.LineError) error {
	p.crowd()
	p.ledger.Told++
	if p.c.Bad == Skip {
		return nil
	}
	p.ledger.Open++
	for _, e := range faults {
		p.c.Tell.Bad(e)
	}
	if p.c.Bad == Stop {
		return errEnd
	}
	return nil
}

func (p *Pipe) late(e *ndjson.LineError, b *ndjson.Block) error {
	p.crowd()
	if p.c.Bad != Skip {
		p.c.Tell.Late(e)
	}
	return p.aside("late", e, b)
}

// fault deals with a bad line; the error is one that ends the input.
func (p *Pipe) fault(bad *ndjson.LineError, b *ndjson.Block) error {
	p.crowd()
	p.ledger.Read++
	p.ledger.Rejected++
	if p.c.Bad != Skip {
		p.c.Tell.Bad(bad)
	}
	if err := p.aside("bad", bad, b); err != nil {
		return err
	}
	if p.c.Bad == Stop {
		return errEnd
	}
	return nil
}

// aside sets the line aside that the block is at, or leaves it open.
func (p *Pipe) aside(kind string, e *ndjson.LineError, b *ndjson.Block) error {
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
		p.ledger.Open++
	}
	return nil
}

// Idle is to be called whenever the input would have to be waited for: it
// flushes, lets a Ticker tick, and says how long the wait may last at most
// before it is to be called again; below 0: for ever.
func (p *Pipe) Idle() time.Duration {
	w := p.lanes.last()
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
