package pipe

import (
	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// Details are what the report of a run has beside the ledger.
type Details struct {
	Inputs    []InputCount     // What was read, in input order; not those of which nothing was.
	Rejected  map[string]int64 // How many lines were rejected for which kind of error, as in batch.LineError.Kind.
	Newest    stamp.Time       // The largest time of a record that was used, in an earlier run of the stream as well: see Dated.
	HasNewest bool             // There is one.
}

// InputCount is how much of an input a run has used. A last line that is left for another run
// does not count, nor what an earlier run has used.
type InputCount struct {
	Name  string // As Input.Name returns it.
	Bytes int64  // Without compression.
	Lines int64  // Blank ones included. It is not exact for an array.
}

// Dated is a [Filter] that does not take the time of each record for true. Then Details has
// the newest time that it goes by, instead of the largest one of all records that were used.
type Dated interface {
	// Newest returns the time of the newest event of the stream. ok is false if there is none.
	Newest() (t stamp.Time, ok bool)
}

// maxKinds is how many kinds of errors Details.Rejected tells apart. Why: a kind may have a
// name that is in the input.
const maxKinds = 100

// OtherKinds is the key of Details.Rejected for all kinds of errors after the first 100.
const OtherKinds = "other errors"

// CollectDetails makes the run collect what Details returns. It is for use before Run.
func (p *Pipe) CollectDetails() {
	p.details = &Details{Rejected: map[string]int64{}}
	if p.earlier != nil {
		p.details.Newest, p.details.HasNewest = *p.earlier, true
	}
}

// Details returns what CollectDetails has asked for. It is for use after Run; before it, there
// are no details.
func (p *Pipe) Details() Details {
	if p.details == nil {
		return Details{}
	}
	d := *p.details
	dated, ok := p.c.Filter.(Dated)
	if ok {
		d.Newest, d.HasNewest = dated.Newest()
	}
	return d
}

// countInput counts what has been used of an input that was read from an offset and a line on.
func (d *Details) countInput(name string, f *batch.Fold, offset, line int64) {
	if d != nil {
		d.Inputs = append(d.Inputs, InputCount{name, f.Consumed() - offset, f.Line() - line})
	}
}

// countRejected counts the rejected ones of some outcomes by the kind of error.
func (d *Details) countRejected(outcomes []batch.Outcome) {
	if d == nil {
		return
	}
	for _, o := range outcomes {
		if o.Verdict != batch.Rejected {
			continue
		}
		kind := o.Err.Kind
		if d.Rejected[kind] == 0 && len(d.Rejected) >= maxKinds {
			kind = OtherKinds
		}
		d.Rejected[kind]++
	}
}

// findNewest finds the largest time of the rows of b that were used. outcomes has those that
// were not, in the order of rows.
func (d *Details) findNewest(b *batch.Batch, outcomes []batch.Outcome) {
	if d == nil {
		return
	}
	for i := range b.Rows {
		for len(outcomes) > 0 && (outcomes[0].Row < i || outcomes[0].Held != nil) {
			outcomes = outcomes[1:]
		}
		r := &b.Rows[i]
		used := !r.Filtered && (len(outcomes) == 0 || outcomes[0].Row > i)
		if used && r.When != r.WhenEnd && (!d.HasNewest || d.Newest.Before(r.Time)) {
			d.Newest, d.HasNewest = r.Time, true
		}
	}
}
