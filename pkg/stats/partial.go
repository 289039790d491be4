package stats

import (
	"bytes"
	"fmt"
	"math"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/window"
)

// This file divides a stream among runs. Partial prints what it knows of the fields of its part
// of the stream as rows of a partial, and Merge takes such rows in place of records. Merged, they
// give the summary of one run over all records, without anomalies: Baseline finds these, in a
// second run over each part.

// Partial is a pipe.Filter and a pipe.Finisher that prints rows of a partial.
//
// It keeps a limited number of fields: when it has more, it prints all and begins anew. So a key
// and a field may have several rows.
type Partial struct {
	opts     Options
	limit    int64
	rows     *partial.Writer
	filter   *Filter // what has been read since rows were printed
	readings int64   // how many readings that is, if there are quantiles
}

// DefaultLimit is a limit for NewPartial. The fields and readings that it allows take some
// 100 MB.
const DefaultLimit = 1 << 22

// NewPartial returns a filter that prints to rows, which must have what [Filter.Needs] of
// New(o) returns. Requires what New does. Of the options, those about anomalies and charts have
// no effect. MaxGroups limits the names of fields, but not the keys: one whose rows are printed
// takes no place.
//
// limit is how much may be kept when a batch has been read: a field of a key counts as 32, and
// with quantiles each reading as 1 more.
func NewPartial(o Options, limit int64, rows *partial.Writer) *Partial {
	many := o
	many.MaxGroups = maxPairs
	return &Partial{opts: o, limit: limit, rows: rows, filter: New(many)}
}

// maxPairs is more pairs of keys and fields than fit into memory.
const maxPairs = math.MaxInt

// Plan implements pipe.Filter.
func (p *Partial) Plan() batch.Plan {
	plan := p.filter.Plan()
	plan.MaxFields = p.opts.MaxGroups
	return plan
}

// Push implements pipe.Filter.
func (p *Partial) Push(b *batch.Batch, out *lines.Output) error {
	err := p.filter.Push(b, out)
	if err != nil {
		return err
	}
	if p.filter.needs.Quantiles {
		p.readings += int64(len(b.Nums))
	}
	if 32*int64(len(p.filter.fields))+p.readings > p.limit {
		p.print(out)
		*p = *NewPartial(p.opts, p.limit, p.rows)
	}
	return nil
}

// Finish implements pipe.Finisher.
func (p *Partial) Finish(out *lines.Output) error {
	p.print(out)
	return nil
}

// print prints a row for each field of each key.
func (p *Partial) print(out *lines.Output) {
	f := p.filter
	for _, x := range f.sorted() {
		period := partial.Period{From: x.from, To: x.to, FromText: x.fromText.bytes(), ToText: x.toText.bytes(), NoTime: x.noTime}
		p.rows.Row(&partial.Row{Key: f.keys.Key(x.key), Field: f.slots[x.slot], Contents: x.part.Contents(), Period: &period}, out)
	}
}

// Needs implements partial.Merger: it returns what is needed of readings.
func (f *Filter) Needs() agg.Needs { return f.needs }

// Merge implements partial.Merger: it adds the readings of a row to their field.
func (f *Filter) Merge(row *partial.Row) error {
	if row.Stepped || row.Period == nil || row.Members() != len(f.by) {
		return partial.ErrDamaged
	}
	slot := f.slotOf(row.Field)
	if slot == none {
		return partial.ErrDamaged
	}
	id := f.keys.Find(row.Key)
	if id < 0 {
		if !f.keys.Fits(row.Key, 1) {
			return f.limitError()
		}
		id = f.keys.Add(row.Key)
	}
	k := f.keys.At(id)
	x := k.Find(slot)
	if x == nil {
		if !f.keys.Reserve(1) {
			return f.limitError()
		}
		x = k.Add(slot, len(f.slots))
		*x = field{key: id, slot: int32(slot), part: window.NewPart(f.needs)}
		f.fields = append(f.fields, x)
	}
	if !x.part.Merge(row.Contents) {
		return partial.ErrDamaged
	}
	x.mergePeriod(row.Period)
	return nil
}

// limitError is the error of a row for which there is no place.
func (f *Filter) limitError() error {
	return fmt.Errorf("too many keys and fields (limit: --max-groups %d)", f.opts.MaxGroups)
}

// named reports whether the options name a field.
func (f *Filter) named(quoted []byte) bool {
	return slices.ContainsFunc(batch.QuotedNames(f.opts.Fields), func(name []byte) bool { return bytes.Equal(name, quoted) })
}

// slotOf returns the slot of a field of merged rows, which may be new; none if the options name
// others.
func (f *Filter) slotOf(name []byte) int {
	slot, ok := f.merged[string(name)]
	switch {
	case ok:
		return slot
	case f.opts.Fields != nil && !f.named(name):
		return none
	}
	if f.merged == nil {
		f.merged = map[string]int{}
	}
	slot = len(f.slots)
	f.merged[string(name)] = slot
	f.setName(slot, name)
	return slot
}

// mergePeriod adds the times of other readings.
func (x *field) mergePeriod(o *partial.Period) {
	x.noTime = x.noTime || o.NoTime
	if o.FromText == nil {
		return
	}
	x.addTime(o.From, o.FromText)
	x.addTime(o.To, o.ToText)
}

// Baseline is a pipe.Filter and a pipe.Tabler that prints the anomalies of its part of a stream,
// one on each line, by the means of all parts: what a run over all parts prints for it with
// Options.List.
type Baseline struct {
	filter *Filter // whose fields are those of all parts
	slots  []int   // by the slot of a field in the input: that in filter, or -1
}

// NewBaseline returns a filter of a New filter that has merged the rows of all parts. Requires
// Options.List and a Deviation.
func NewBaseline(f *Filter) *Baseline { return &Baseline{filter: f} }

// Plan implements pipe.Filter.
func (k *Baseline) Plan() batch.Plan { return k.filter.Plan() }

// Columns implements pipe.Tabler.
func (k *Baseline) Columns(time batch.Path) []string { return k.filter.Columns(time) }

// Push implements pipe.Filter.
func (k *Baseline) Push(b *batch.Batch, out *lines.Output) error {
	f := k.filter
	f.runs.Begin(b, f.keys.Resolve(b), false)
	for f.runs.NextOne() {
		run := &f.runs.Run
		row := run.Row(0)
		err := run.Fault()
		if err != nil {
			if b.Reject(row, err) {
				return nil
			}
			continue
		}
		id := f.keys.ID(run)
		used := false
		for i := range run.Width() {
			x := k.field(id, run, i)
			if x == nil {
				continue
			}
			used = true
			r := b.Record(row)
			f.check(x, &r, run.Num(0, i), out)
		}
		if !used {
			b.NoReading(row)
		}
	}
	return nil
}

// field returns the field of reading i of a run, of the key with that id; nil if no row that
// was merged has it.
func (k *Baseline) field(id int32, run *batch.Run, i int) *field {
	slot := run.Slot(i)
	for len(k.slots) <= slot {
		k.slots = append(k.slots, unknown)
	}
	if k.slots[slot] == unknown {
		merged, ok := k.filter.merged[string(run.Name(i))]
		if !ok {
			merged = none
		}
		k.slots[slot] = merged
	}
	if id < 0 || k.slots[slot] == none {
		return nil
	}
	return k.filter.keys.At(id).Find(k.slots[slot])
}

// Slots that are none.
const (
	none    = -1 // there is no such field
	unknown = -2 // it has not been looked up
)
