package lines

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// Only is what is written in place of the members of a record: its time and its key, before
// the member that is appended.
type Only struct {
	Keys   [][]byte // The names of the key's members, as JSON strings.
	Fields [][]byte // For a table: the names of all fields that may have readings, as JSON strings, in the order in which readings come.
}

// renderOnly is Render for a member with Only.
func (w *Output) renderOnly(b *batch.Batch) {
	d := &w.deferred
	path := b.TimeField()
	d.timeName = jsonscan.AppendQuoted(d.timeName[:0], path.String())
	for row, owner := range d.owners {
		if owner == 0 {
			continue
		}
		run := &d.runs[max(owner, -owner)-1]
		i := run.next
		run.next++
		last := -1
		if owner < 0 {
			last = d.lastOf(row)
			if last < 0 {
				continue
			}
		}
		w.Object()
		w.renderKey(b, row, path)
		switch {
		case w.format != JSON && d.member.Anomalies != nil:
			w.renderJudged(run, i, last)
		case w.format != JSON:
			w.renderFields(run, i)
		default:
			w.renderMember(run, i)
			if last >= 0 {
				w.renderAnomalies(last)
				w.Close()
			}
		}
		w.End()
	}
	d.reset()
}

// renderKey writes the time and the key of the record in a row. A record without a time has no
// member for it, and an empty field in a table. The time need not be one that can be read.
func (w *Output) renderKey(b *batch.Batch, row int, path batch.Path) {
	r := &b.Rows[row]
	from, to, ok := int(r.When), int(r.WhenEnd), r.When != r.WhenEnd
	if !ok { // the plan does not read it, or it cannot be read
		from, to, ok = jsonscan.Find(b.Text[r.From:r.To], path)
		from, to = from+int(r.From), to+int(r.From)
	}
	switch {
	case ok:
		w.Name(w.deferred.timeName)
		w.Raw(b.Text[from:to])
	case w.format != JSON:
		w.beginField()
	}
	w.Key(w.deferred.member.Only.Keys, b.Key(row))
}

// renderMember writes the member that is appended, for record i of a run.
func (w *Output) renderMember(run *deferredRun, i int) {
	m := w.deferred.member
	w.Name(m.Label.Name())
	w.Object()
	for k := range run.to - run.from {
		w.Name(w.label(run, k).Name())
		if m.Stats == nil {
			w.Value(w.value(run, k, i, 0))
			continue
		}
		w.Object()
		for j, name := range m.Stats {
			w.Name(name)
			w.Value(w.value(run, k, i, j))
		}
		w.Close()
	}
	w.Close()
}

// renderFields writes the values of all fields, for record i of a run; null for a field that
// has no reading.
func (w *Output) renderFields(run *deferredRun, i int) {
	k := run.from
	for _, name := range w.deferred.member.Only.Fields {
		k += w.renderField(run, i, k, name)
	}
}

// renderField writes the values of a field, for record i of a run, if that is the field of the
// reading at k, an index as run.from is. It returns 1 if it is, else 0.
func (w *Output) renderField(run *deferredRun, i, k int, name []byte) int {
	values := w.deferred.member.values()
	if k == run.to || !bytes.Equal(w.label(run, k-run.from).Name(), name) {
		for range values {
			w.beginField()
		}
		return 0
	}
	for j := range values {
		w.beginField()
		w.Value(w.value(run, k-run.from, i, j))
	}
	return 1
}

// label returns the label of reading k of a run.
func (w *Output) label(run *deferredRun, k int) *batch.Label {
	if run.single {
		return w.deferred.cells[run.from+k].label
	}
	return w.deferred.columns[run.from+k].label
}

// value returns statistic j of reading k of record i of a run.
func (w *Output) value(run *deferredRun, k, i, j int) exact.Value {
	if run.single {
		return w.deferred.cells[run.from+k].value[0]
	}
	return w.deferred.columns[run.from+k].value(i, j, w.deferred.member.values())
}
