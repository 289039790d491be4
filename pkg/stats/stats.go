// Package stats is the filter of the command stats, which imports it: it summarizes a
// stream in one line for every field, or every pair of key and field, with statistics
// and anomalies.
//
// [Filter] works in two passes. Push adds the readings of records to a window.Part for
// each pair of key and field (stats.go). Anomalies are measured against the mean of all
// readings, so PushSecond sees the same records again and finds them (anomalies.go);
// for a terminal it also collects what the charts show (plot.go). Memory is bounded by
// the number of pairs, not by that of readings.
//
// Several runs can each read a part of a stream: see partial.go.
package stats

import (
	"bytes"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/group"
	"weir/pkg/jsonscan"
	"weir/pkg/lines"
	"weir/pkg/stamp"
	"weir/pkg/window"
)

// Options are the values of the command's flags.
type Options struct {
	Fields []batch.Path // nil: every numeric top-level member
	By     []batch.Path
	Where  []batch.Cond
	Stats  []agg.Stat

	Time      batch.Path
	TimeNamed bool         // -t named the time field: then a time that cannot be read is an error; else another field may be the time
	Format    stamp.Format // its zone, unless it is UTC, is that in which from and to are printed

	Deviation deviation.Limit // a reading is an anomaly if it differs from the mean by more; not a number of MADs
	Anomalies int             // limit of listed anomalies; those with the largest deviation are listed
	List      bool            // print all anomalies, one on each line, instead of the summary
	Plot      bool            // add the data of the charts
	Table     bool            // all lines have the same members, and none is an array: there is no list of anomalies

	// Image gets the summary with the data of the charts, whatever List, Plot and Table say;
	// nil: none is wanted.
	Image *lines.Output

	MaxGroups int // limit of pairs of key and field
}

// judges reports whether anomalies are found.
func (o *Options) judges() bool { return o.Deviation.Kind != deviation.None }

// charts reports whether the data of charts is collected.
func (o *Options) charts() bool { return o.Plot && !o.List || o.Image != nil }

// Filter is a pipe.Filter, a pipe.Finisher, a pipe.SecondPass, a pipe.Tabler, a pipe.Keeper and
// a partial.Merger.
type Filter struct {
	opts   Options
	needs  agg.Needs
	keys   *group.Keys[fields]
	fields []*field       // of all keys
	slots  [][]byte       // quoted names by slot; shared by the fields of all keys
	by     [][]byte       // names of the key's members, quoted
	names  [][]byte       // names of the statistics, quoted
	merged map[string]int // slots of the fields of merged rows, by quoted name; nil if there are none
	plots  int            // fields that have a plot
	seq    int64          // number of the record, in the second pass
	runs   batch.Runs
	date   []byte // memory for the text of a time
}

// fields are the fields of one key, by slot.
type fields = group.Slots[field]

// field is what is kept of one field of one key.
type field struct {
	part window.Part

	// The latest and the earliest time, and their JSON texts as they came, empty if no
	// reading has a time. Of several texts of one instant, fromText is the smallest and
	// toText the largest, so that the order of the input does not matter. part, to and
	// toText are what most readings change: two cache lines.
	to       stamp.Time
	toText   timeText
	from     stamp.Time
	fromText timeText
	noTime   bool // at least one reading has no time

	key, slot int32      // the ids of its key and its name
	anomalies *anomalies // nil before the second pass
	plot      *plotData  // nil if it is not wanted
}

// New returns a filter. Requires that MaxGroups is at least 1.
func New(o Options) *Filter {
	f := &Filter{
		opts: o, keys: group.NewKeys[fields](o.MaxGroups, o.By != nil), by: batch.QuotedNames(o.By),
		needs: agg.NeedsOf(o.Stats).And(o.Deviation.Needs()),
	}
	f.needs.MinMax = f.needs.MinMax || o.charts()
	for _, s := range o.Stats {
		f.names = append(f.names, jsonscan.AppendQuoted(nil, s.Name))
	}
	return f
}

// Plan implements pipe.Filter.
func (f *Filter) Plan() batch.Plan {
	return batch.Plan{
		Numbers: f.opts.Fields, All: f.opts.Fields == nil, Key: f.opts.By, Where: f.opts.Where, MaxFields: f.opts.MaxGroups,
		Time: f.opts.Time, FindTime: !f.opts.TimeNamed, Format: f.opts.Format, TimeOptional: true, IgnoreBadTime: !f.opts.TimeNamed,
	}
}

// NeedsSecondPass implements pipe.SecondPass.
func (f *Filter) NeedsSecondPass() bool { return f.opts.judges() || f.opts.charts() }

// Push implements pipe.Filter: it adds the readings of each record to the parts of their
// fields, column by column.
func (f *Filter) Push(b *batch.Batch, _ *lines.Output) error {
	anyOrder := f.keys.Fits(b.Keys, len(b.Nums)) // while the limit is far, the order of keys does not matter
	f.runs.Begin(b, f.keys.Resolve(b), anyOrder)
	for f.runs.Next() {
		run := &f.runs.Run
		f.keys.Touch(run, touch)
		id := f.keys.ID(run)
		var err *batch.LineError
		if id < 0 && !f.keys.Fits(run.Key(), 1) {
			err = b.TooManyKeys(run.Row(0), f.opts.MaxGroups)
		} else {
			err = run.Fault()
		}
		if err != nil {
			if b.Reject(run.Row(0), err) {
				return nil
			}
			continue
		}
		if id < 0 && run.Width() > 0 {
			id = f.keys.Add(run.Key())
		}
		used, period := false, run.Period()
		for col := range run.Width() {
			x := f.field(id, run, col)
			if x == nil {
				b.LimitReached(run.Row(0))
				continue
			}
			f.push(x, col, period)
			used = true
		}
		if !used {
			for i := range run.Len() {
				b.NoReading(run.Row(i))
			}
		}
	}
	return nil
}

// push adds reading col of the run to a field.
func (f *Filter) push(x *field, col int, p batch.Period) {
	run := &f.runs.Run
	if f.needs.FirstLast {
		for i := range run.Len() {
			if run.Timed(i) {
				x.part.Add(run.Time(i), run.Num(i, col))
			} else {
				x.part.AddNoTime(run.Num(i, col))
			}
		}
	} else {
		f.runs.Add(col, &x.part)
	}
	x.noTime = x.noTime || p.Timed < run.Len()
	if p.Timed > 0 {
		x.addTime(run.Time(p.First), run.When(p.First))
	}
	if p.Timed > 1 {
		x.addTime(run.Time(p.Last), run.When(p.Last))
	}
}

// touch loads what a record of a key changes: see window.Part.Touch.
func touch(k *fields) (sum int64) {
	for slot := range 2 {
		x := k.Find(slot)
		if x != nil {
			sum += x.part.Touch()
		}
	}
	return sum
}

// field returns the field of reading col of a run, of the key with that id. It returns nil
// if there is none yet and a new one would exceed MaxGroups.
func (f *Filter) field(id int32, run *batch.Run, col int) *field {
	k, slot := f.keys.At(id), run.Slot(col)
	x := k.Find(slot)
	if x != nil {
		return x
	}
	if !f.keys.Reserve(1) {
		return nil
	}
	f.setName(slot, run.Name(col))
	x = k.Add(slot, run.Width())
	*x = field{key: id, slot: int32(slot), part: window.NewPart(f.needs)}
	f.fields = append(f.fields, x)
	return x
}

// setName records the name of a slot, as a JSON string.
func (f *Filter) setName(slot int, name []byte) {
	for len(f.slots) <= slot {
		f.slots = append(f.slots, nil)
	}
	if f.slots[slot] == nil {
		f.slots[slot] = bytes.Clone(name)
	}
}

// timeText is the JSON text of a time. One of the usual length is in short.
type timeText struct {
	size  uint8
	short [31]byte
	long  []byte // Nil if the text is in short.
}

// set sets the text to a copy of text, which is not empty.
func (t *timeText) set(text []byte) {
	if len(text) <= len(t.short) {
		t.size, t.long = uint8(copy(t.short[:], text)), nil
	} else {
		t.size, t.long = 0, append(t.long[:0], text...)
	}
}

// isSet reports whether there is a text.
func (t *timeText) isSet() bool { return t.size > 0 || t.long != nil }

// bytes returns the text, nil if there is none.
func (t *timeText) bytes() []byte {
	if t.size > 0 {
		return t.short[:t.size]
	}
	return t.long
}

// addTime updates the earliest and the latest time. It handles the usual case, a time
// after all others, and leaves the rest to addEarliestOrLatest.
func (x *field) addTime(t stamp.Time, when []byte) {
	switch {
	case x.to.Before(t) && x.toText.isSet(): // then fromText is set too, and from is earlier
		x.to = t
		x.toText.set(when)
	case !x.toText.isSet() || !x.from.Before(t) || t == x.to:
		x.addEarliestOrLatest(t, when)
	}
}

// addEarliestOrLatest updates the times with one that is the first at all, or not after
// the earliest, or equal to the latest.
func (x *field) addEarliestOrLatest(t stamp.Time, when []byte) {
	c := t.Compare(x.from)
	if !x.fromText.isSet() || c < 0 || c == 0 && bytes.Compare(when, x.fromText.bytes()) < 0 {
		x.from = t
		x.fromText.set(when)
	}
	c = t.Compare(x.to)
	if !x.toText.isSet() || c == 0 && bytes.Compare(when, x.toText.bytes()) > 0 {
		x.to = t
		x.toText.set(when)
	}
}

// Finish implements pipe.Finisher, for a run without a second pass: it prints the
// summary without anomalies and plots.
func (f *Filter) Finish(w *lines.Output) error {
	for _, x := range f.sorted() {
		x.anomalies, x.plot = nil, nil
	}
	return f.summary(w)
}

// summary prints a line for each field, unless a list is wanted, and the same for the image.
func (f *Filter) summary(w *lines.Output) error {
	if f.opts.List && f.opts.Image == nil {
		return nil
	}
	for _, x := range f.sorted() {
		if !f.opts.List {
			f.line(x, w, f.opts.Table, f.opts.Plot)
		}
		if f.opts.Image != nil {
			f.line(x, f.opts.Image, false, true)
		}
	}
	return nil
}

// sorted returns the fields in order of their keys, then names.
func (f *Filter) sorted() []*field {
	slices.SortFunc(f.fields, func(a, b *field) int {
		c := bytes.Compare(f.keys.Key(a.key), f.keys.Key(b.key))
		if c != 0 {
			return c
		}
		return bytes.Compare(f.slots[a.slot], f.slots[b.slot])
	})
	return f.fields
}

// Names of members that are not statistics.
var (
	fieldName     = []byte(`"field"`)
	errorName     = []byte(`"quantile_error"`)
	fromName      = []byte(`"from"`)
	toName        = []byte(`"to"`)
	countName     = []byte(`"anomaly_count"`)
	anomaliesName = []byte(`"anomalies"`)
)

// Members are the names of all members of the output, other than those of the key and
// the statistics. The command refuses a key of such a name.
var Members = []string{
	"field", "quantile_error", "from", "to", "anomaly_count", "anomalies", "plot",
	"timestamp", "value", "deviation", "percent", "file", "line",
}

// line prints the summary of a field: for a table without the list of anomalies, and with the
// data of the charts if plot says so and there is any.
func (f *Filter) line(x *field, w *lines.Output, table, plot bool) {
	w.Object()
	f.head(x, w)
	for i, s := range f.opts.Stats {
		w.Name(f.names[i])
		w.Value(s.Of(&x.part))
	}
	step := f.step(&x.part)
	if step > 0 || table && f.hasQuantiles() {
		w.Name(errorName)
		w.Value(exact.Float(step))
	}
	w.Name(fromName)
	f.time(x.from, &x.fromText, w)
	w.Name(toName)
	f.time(x.to, &x.toText, w)
	if f.opts.judges() {
		f.printAnomalies(x, w, table)
	}
	if plot && x.plot != nil {
		x.plot.write(x, &f.opts, w)
	}
	w.End()
}

// time prints a time of a field: in a zone with its offset, in UTC as it came; null if there is none.
func (f *Filter) time(t stamp.Time, text *timeText, w *lines.Output) {
	zone := f.opts.Format.Zone()
	if zone == nil || !text.isSet() {
		raw(w, text.bytes())
		return
	}
	f.date = append(zone.Append(append(f.date[:0], '"'), t), '"')
	w.Raw(f.date)
}

// printAnomalies prints the members about anomalies, for a table without their list.
func (f *Filter) printAnomalies(x *field, w *lines.Output, table bool) {
	w.Name(countName)
	if x.anomalies == nil {
		raw(w, nil)
	} else {
		w.Value(exact.Count(x.anomalies.count))
	}
	if table {
		return
	}
	w.Name(anomaliesName)
	if x.anomalies == nil {
		raw(w, nil)
	} else {
		x.anomalies.list(w)
	}
}

// hasQuantiles reports whether one of the statistics is computed from quantiles.
func (f *Filter) hasQuantiles() bool {
	return slices.ContainsFunc(f.opts.Stats, func(s agg.Stat) bool { return s.Needs.Quantiles })
}

// Columns implements pipe.Tabler.
func (f *Filter) Columns(batch.Path) (names []string) {
	for _, p := range f.opts.By {
		names = append(names, p.String())
	}
	names = append(names, "field")
	if f.opts.List {
		return append(names, "timestamp", "value", "deviation", "percent", "file", "line")
	}
	for _, s := range f.opts.Stats {
		names = append(names, s.Name)
	}
	if f.hasQuantiles() {
		names = append(names, "quantile_error")
	}
	names = append(names, "from", "to")
	if f.opts.judges() {
		names = append(names, "anomaly_count")
	}
	return names
}

// step returns by how much a printed statistic of p may be off, at most.
func (f *Filter) step(p *window.Part) (step float64) {
	for _, s := range f.opts.Stats {
		step = max(step, s.Step(p))
	}
	return step
}

// head prints the members of the key and the field.
func (f *Filter) head(x *field, w *lines.Output) {
	if f.by != nil {
		w.Key(f.by, f.keys.Key(x.key))
	}
	w.Name(fieldName)
	w.Raw(f.slots[x.slot])
}

// raw prints a JSON text, null if text is nil.
func raw(w *lines.Output, text []byte) {
	if text == nil {
		text = []byte("null")
	}
	w.Raw(text)
}
