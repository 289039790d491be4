package batch

import "weir/pkg/jsonscan"

// Fold is what consuming batches in input order keeps from one to the next: the number
// of the next line, how much of the input has been consumed, which members have been seen,
// and the slots of names. One goroutine at a time uses it; only its Names are shared with
// parsers.
//
// For each batch, in input order: Begin, then Runs or Record, then End.
type Fold struct {
	plan   *Plan
	names  *Names  // Under Plan.All; else nil.
	labels []Label // The labels of Plan.Numbers.
	seen   seen    // Which members the records have had.

	stop    bool      // Under --bad stop: the first rejected record ends the run.
	decided []Outcome // What has become of held records since the last batch or call of Decided.

	line     int64 // The number of the line with which the next batch begins.
	consumed int64 // The offset in the input up to which it has been consumed.
}

// NewFold returns the fold of a plan, before its first input.
func NewFold(plan Plan) *Fold {
	f := &Fold{plan: &plan, seen: newSeen(&plan)}
	for _, p := range plan.Numbers {
		f.labels = append(f.labels, NewLabel(jsonscan.AppendQuoted(nil, p.String())))
	}
	if plan.All {
		f.names = newNames(&plan)
	}
	f.Reset()
	return f
}

// Plan returns the plan. It must not be changed, other than by a parser: see FindTime.
func (f *Fold) Plan() *Plan { return f.plan }

// Names returns the names of the fields under Plan.All, nil without it.
func (f *Fold) Names() *Names { return f.names }

// Labels returns the labels of the slots assigned so far, by slot.
func (f *Fold) Labels() []Label {
	if f.names != nil {
		return f.names.list
	}
	return f.labels
}

// Reset begins a new input. What is known of names is kept.
func (f *Fold) Reset() { f.ResetAt(0, 1) }

// ResetAt begins a new input at an offset, where the line of that number begins.
func (f *Fold) ResetAt(offset, line int64) { f.line, f.consumed = line, offset }

// Begin numbers the lines of a batch, and makes it ready to be consumed.
func (f *Fold) Begin(b *Batch) {
	if b.Line == 0 {
		b.Line = f.line
	}
	f.line = b.Line + b.Lines
	b.fold, f.stop = f, b.outcome.stop
	if b.numbered {
		return
	}
	b.numbered = true
	for _, s := range b.Skipped {
		s.Err.Line += b.Line
	}
	for i := range b.Notes {
		n := &b.Notes[i]
		for _, e := range []*LineError{n.Fault, n.BadKey, n.BadTime, n.BadValue} {
			if e != nil {
				e.Line += b.Line
			}
		}
		for _, e := range n.Reported {
			e.Line += b.Line
		}
	}
}

// End records that a batch has been consumed.
func (f *Fold) End(b *Batch) {
	f.consumed = b.Offset + b.Length
	if b.outcome.stopped && b.Original == nil { // an element without its line breaks is shorter than in the input
		f.consumed = b.Offset
		f.line = b.Line
		switch {
		case len(b.Rows) == 0:
		case b.Lines == 1: // of a line that is too long, End is not the end
			f.consumed += b.Length
			f.line++
		default:
			last := &b.Rows[len(b.Rows)-1]
			f.consumed += min(b.Length, int64(last.End)+1)
			f.line += int64(last.Line) + 1
		}
	}
	f.seen.add(b)
}

// Consumed returns how many bytes of the input have been consumed.
func (f *Fold) Consumed() int64 { return f.consumed }

// Line returns the number of the line that begins there. It is not exact within an array.
func (f *Fold) Line() int64 { return f.line }
