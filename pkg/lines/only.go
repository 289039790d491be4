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
		if w.format == JSON {
			w.renderMember(run, i)
			if last >= 0 {
				w.renderAnomalies(last)
			}
		} else {
			w.renderFields(run, i, last)
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
	key := b.Key(row)
	for _, name := range w.deferred.member.Only.Keys {
		var member []byte
		member, key, _ = bytes.Cut(key, []byte{0})
		w.Name(name)
		w.Raw(member)
	}
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

// renderFields writes the values of all fields, for record i of a run, each followed by its
// anomaly; nothing for a field that has no reading, or is no anomaly. last is the index of the
// record's last anomaly, or -1.
func (w *Output) renderFields(run *deferredRun, i, last int) {
	m := w.deferred.member
	k, n, values := 0, run.to-run.from, m.values()
	for _, name := range m.Only.Fields {
		has := k < n && bytes.Equal(w.label(run, k).Name(), name)
		for j := range values {
			w.beginField()
			if has {
				w.Value(w.value(run, k, i, j))
			}
		}
		if has {
			k++
		}
		if m.Anomalies != nil {
			w.renderAnomalyFields(name, last)
		}
	}
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
