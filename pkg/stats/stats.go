// Package stats sums up a stream: one line for each field, and key, with its
// statistics and what stands out. What stands out is measured against the mean
// of the whole, so it takes a second look at the records. Memory is bounded by
// the pairs of key and field. Only its command leans on it.
package stats

import (
	"bytes"
	"fmt"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/group"
	"weir/pkg/ndjson"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Options are what the command's flags say.
type Options struct {
	Fields []ndjson.Path // none: every numeric member at the top
	By     []ndjson.Path
	Where  []ndjson.Cond
	Stats  []agg.Stat

	Time      ndjson.Path
	TimeNamed bool // somebody named the field: a time that cannot be read is then a fault
	Format    stamp.Format

	Deviation Deviation
	Anomalies int  // how many are listed, the farthest
	List      bool // print all of them, a line each, instead of the summary
	Plot      bool // add what a picture of each field needs

	MaxGroups int // pairs of key and field
}

// Filter is a pipe.Filter, pipe.Finisher, pipe.Second and pipe.Crowder.
type Filter struct {
	opts         Options
	needs        agg.Needs
	keys         *group.Table[key]
	fields       []*field // all there are
	slots        [][]byte // their names, as far as a field has had them
	by           [][]byte // names of the key's members, quoted
	names        [][]byte // of the statistics, quoted
	pairs        int      // that got a picture
	limitReached bool
	seq          int64 // of the record, in the second look

	columns []*field // of a run
}

// key is one group.
type key struct {
	text   []byte // as Record.Key has it
	fields group.Fields[field]
}

// field is what is known of one field of one key.
type field struct {
	key  []byte // the text of it
	name []byte // quoted
	part window.Part

	from, to         stamp.Time
	fromText, toText []byte // as they came; nil: no reading had a time
	untimed          bool   // at least one reading had none

	anomalies *anomalies // in the second look
	plot      *plotData  // nil: none is wanted
}

// New makes the filter.
func New(o Options) *Filter {
	f := &Filter{opts: o, keys: group.New[key](o.MaxGroups), needs: agg.NeedsOf(o.Stats)}
	f.needs.MinMax = f.needs.MinMax || o.Plot
	f.needs.Squares = f.needs.Squares || o.Deviation.Kind == SDs
	for _, p := range o.By {
		f.by = append(f.by, ndjson.AppendQuoted(nil, p.String()))
	}
	for _, s := range o.Stats {
		f.names = append(f.names, ndjson.AppendQuoted(nil, s.Name))
	}
	return f
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() ndjson.Plan {
	return ndjson.Plan{
		Numbers: f.opts.Fields, All: f.opts.Fields == nil, Key: f.opts.By, Where: f.opts.Where, MaxFields: f.opts.MaxGroups,
		Time: f.opts.Time, Format: f.opts.Format, TimeOptional: true, IgnoreBadTime: !f.opts.TimeNamed,
	}
}

// Twice implements pipe.Second.
func (f *Filter) NeedsSecondPass() bool { return f.opts.Deviation.Kind != None || f.opts.Plot }

// Crowded implements pipe.Crowder.
func (f *Filter) LimitReached() bool { return f.limitReached }

// Push implements pipe.Filter.
func (f *Filter) Push(r *ndjson.Record, _ *ndjson.Writer) (ndjson.Verdict, error) {
	for {
		k := f.keys.Find(r.Key())
		if k == nil && !f.keys.HasRoom(1) {
			return 0, r.Fault(fmt.Sprintf("no room for another key (--max-groups %d)", f.opts.MaxGroups), "")
		}
		if err := r.Judge(); err != nil {
			return 0, err
		}
		if r.Len() == 0 {
			return ndjson.NoReading, nil
		}
		if k == nil {
			k = f.keys.Add(r.Key())
			k.text = bytes.Clone(r.Key())
		} else if !f.needs.FirstLast && f.run(k, r) {
			if !r.Next() {
				return ndjson.Used, nil
			}
			continue
		}
		verdict := ndjson.NoReading
		t, when := r.Time(), r.When()
		for i := range r.Len() {
			slot, d := r.At(i)
			x := k.fields.Find(slot)
			if x == nil {
				if x = f.add(k, slot, r); x == nil {
					continue
				}
			}
			x.push(t, when, d)
			verdict = ndjson.Used
		}
		if verdict != ndjson.Used || !r.Next() {
			return verdict, nil
		}
	}
}

// run puts in a run of records, column by column; false, and nothing is done, if there
// is none, or not yet a field for each column.
func (f *Filter) run(k *key, r *ndjson.Record) bool {
	run := r.Run()
	n := run.Len()
	if n < 2 {
		return false
	}
	f.columns = f.columns[:0]
	for col := range run.Width() {
		x := k.fields.Find(run.Slot(col))
		if x == nil {
			return false
		}
		f.columns = append(f.columns, x)
	}
	first, last, timed := ends(&run)
	for col, x := range f.columns {
		run.Add(col, n, &x.part)
		if x.untimed = x.untimed || timed < n; timed > 0 {
			x.when(run.Time(first), run.When(first))
			x.when(run.Time(last), run.When(last))
		}
	}
	r.Skip(n - 1)
	return true
}

// ends are the records of a run that have its first and its last time, as field.when
// has them, and how many have a time.
func ends(run *ndjson.Run) (first, last, timed int) {
	var from, to stamp.Time
	for i := range run.Len() {
		if !run.Timed(i) {
			continue
		}
		t := run.Time(i)
		if timed++; timed == 1 {
			first, last, from, to = i, i, t, t
			continue
		}
		if t.Before(from) || t == from && bytes.Compare(run.When(i), run.When(first)) < 0 {
			first, from = i, t
		}
		if to.Before(t) || t == to && bytes.Compare(run.When(i), run.When(last)) > 0 {
			last, to = i, t
		}
	}
	return first, last, timed
}

// add makes room for a field of r's key; nil if there is none.
func (f *Filter) add(k *key, slot int, r *ndjson.Record) *field {
	if !f.keys.Reserve(1) {
		f.limitReached = true
		return nil
	}
	for len(f.slots) <= slot {
		f.slots = append(f.slots, nil)
	}
	if f.slots[slot] == nil { // the keys share it
		f.slots[slot] = bytes.Clone(r.Name(slot))
	}
	x := &field{key: k.text, name: f.slots[slot], part: window.NewPart(f.needs)}
	k.fields.Put(slot, x)
	f.fields = append(f.fields, x)
	return x
}

// push puts in a reading of time t, which stands there as when; nil: it has none.
func (x *field) push(t stamp.Time, when []byte, d exact.Dec) {
	if when == nil {
		x.untimed = true
		x.part.AddNoTime(d)
		return
	}
	x.part.Add(t, d)
	x.when(t, when)
}

// when notes a time.
func (x *field) when(t stamp.Time, when []byte) {
	switch {
	case x.to.Before(t) && x.toText != nil: // and so is from
		x.to, x.toText = t, append(x.toText[:0], when...)
	case x.toText == nil || !x.from.Before(t) || t == x.to:
		x.edge(t, when)
	}
}

// edge notes a time that is the first, or not after the earliest, or the latest
// once more. One instant may be spelled in several ways: the order of input must
// not choose.
func (x *field) edge(t stamp.Time, when []byte) {
	if c := t.Compare(x.from); x.fromText == nil || c < 0 || c == 0 && bytes.Compare(when, x.fromText) < 0 {
		x.from, x.fromText = t, append(x.fromText[:0], when...)
	}
	if c := t.Compare(x.to); x.toText == nil || c == 0 && bytes.Compare(when, x.toText) > 0 {
		x.to, x.toText = t, append(x.toText[:0], when...)
	}
}

// Finish implements pipe.Finisher: the summary without what a second look
// finds.
func (f *Filter) Finish(w *ndjson.Writer) error {
	if f.opts.List {
		return nil
	}
	for _, x := range f.sorted() {
		x.anomalies, x.plot = nil, nil
		f.line(x, w)
	}
	return nil
}

// sorted are the fields by key, then name.
func (f *Filter) sorted() []*field {
	slices.SortFunc(f.fields, func(a, b *field) int {
		if c := bytes.Compare(a.key, b.key); c != 0 {
			return c
		}
		return bytes.Compare(a.name, b.name)
	})
	return f.fields
}

// Names of members that are not statistics.
var (
	fieldName     = []byte(`"field"`)
	fromName      = []byte(`"from"`)
	toName        = []byte(`"to"`)
	countName     = []byte(`"anomaly_count"`)
	anomaliesName = []byte(`"anomalies"`)
)

// Members are the names in a line beside those of the key and the statistics.
var Members = []string{
	"field", "from", "to", "anomaly_count", "anomalies", "spark", "histogram",
	"timestamp", "value", "deviation", "percent", "file", "line",
}

// line prints the summary of a field.
func (f *Filter) line(x *field, w *ndjson.Writer) {
	w.Object()
	f.head(x, w)
	for i, s := range f.opts.Stats {
		w.Name(f.names[i])
		w.Value(x.part.Stat(s))
	}
	w.Name(fromName)
	raw(w, x.fromText)
	w.Name(toName)
	raw(w, x.toText)
	if f.opts.Deviation.Kind != None {
		w.Name(countName)
		if x.anomalies == nil {
			raw(w, nil)
			w.Name(anomaliesName)
			raw(w, nil)
		} else {
			w.Value(exact.Count(x.anomalies.count))
			w.Name(anomaliesName)
			x.anomalies.list(w)
		}
	}
	if x.plot != nil {
		x.plot.write(w)
	}
	w.End()
}

// head names the key and the field.
func (f *Filter) head(x *field, w *ndjson.Writer) {
	if f.by != nil {
		text := x.key
		for _, name := range f.by {
			var member []byte
			member, text, _ = bytes.Cut(text, []byte{0})
			w.Name(name)
			w.Raw(member)
		}
	}
	w.Name(fieldName)
	w.Raw(x.name)
}

// raw prints JSON, or null for none.
func raw(w *ndjson.Writer, text []byte) {
	if text == nil {
		text = []byte("null")
	}
	w.Raw(text)
}
