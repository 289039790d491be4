package lines

import (
	"bytes"
	"slices"

	"weir/pkg/batch"
	"weir/pkg/exact"
)

// Anomaly is what is written of a reading that is an anomaly.
type Anomaly struct {
	Label    *batch.Label // The reading's.
	Baseline exact.Value  // What it was compared with.
	Percent  exact.Value  // How much of that it differs by; null if the baseline is 0.
}

// AnomaliesName is what all commands call the member that has the anomalies of a record; see
// Member.Anomalies.
const AnomaliesName = "anomalies"

// Names of the members of an anomaly.
var (
	baselineName = []byte(`"baseline"`)
	percentName  = []byte(`"percent"`)
)

// deferredAnomaly is an anomaly of a row. Those of one row are a ring, so that one index per row
// finds the last and the first: next is the index of the one after it, that of the last one the
// index of the first.
//
// Why not columns: few readings are anomalies.
type deferredAnomaly struct {
	Anomaly
	next int
}

// Anomaly adds an anomaly to record i of the run that was deferred last, which is run, after
// those that the record has. Requires that Member.Anomalies is set, and that anomalies come in
// the order of the readings.
func (w *Output) Anomaly(run *batch.Run, i int, a Anomaly) {
	d := &w.deferred
	row, index := run.Row(i), len(d.anomalies)
	if row >= len(d.last) {
		had := len(d.last)
		d.last = slices.Grow(d.last, len(d.owners)-had)[:len(d.owners)]
		clear(d.last[had:])
	}
	d.anomalies = append(d.anomalies, deferredAnomaly{a, index})
	last := d.lastOf(row)
	if last >= 0 {
		d.anomalies[index].next = d.anomalies[last].next
		d.anomalies[last].next = index
	}
	d.last[row] = int32(index + 1)
	d.owners[row] = min(d.owners[row], -d.owners[row])
}

// lastOf returns the index of the last anomaly of a row, or -1 if it has none.
func (d *deferred) lastOf(row int) int {
	if row >= len(d.last) {
		return -1
	}
	return int(d.last[row]) - 1
}

// anomaliesOf returns the first anomaly of the row of which last is the last one, nil if last
// is -1.
func (d *deferred) anomaliesOf(last int) *deferredAnomaly {
	if last < 0 {
		return nil
	}
	return &d.anomalies[d.anomalies[last].next]
}

// after returns the anomaly of the same row after a, nil if that is the last one.
func (d *deferred) after(a *deferredAnomaly, last int) *deferredAnomaly {
	if a == &d.anomalies[last] {
		return nil
	}
	return &d.anomalies[a.next]
}

// dropOrdinary makes Render write nothing for the records without an anomaly.
func (d *deferred) dropOrdinary() {
	for row, owner := range d.owners {
		if owner > 0 {
			d.owners[row] = -owner
		}
	}
}

// renderAnomaly writes the record in a row, if it has an anomaly. Requires that next of its run
// is the index of the record after it.
//
//go:noinline
func (w *Output) renderAnomaly(b *batch.Batch, row int) {
	d := &w.deferred
	last := d.lastOf(row)
	if last < 0 {
		return
	}
	run := &d.runs[-d.owners[row]-1]
	w.record(b, row)
	w.renderMember(run, run.next-1)
	w.renderAnomalies(last)
	w.endRecord(b, row)
}

// renderAnomalies writes the member with the anomalies of the row of which last is the last one,
// but for its end.
func (w *Output) renderAnomalies(last int) {
	d := &w.deferred
	w.Name(d.member.Anomalies)
	w.Object()
	for a := d.anomaliesOf(last); a != nil; a = d.after(a, last) {
		w.Name(a.Label.Name())
		w.Object()
		w.Name(baselineName)
		w.Value(a.Baseline)
		w.Name(percentName)
		w.Value(a.Percent)
		w.Close()
	}
}

// dropAnomaly forgets the anomalies of a row, the next one of a run, unless Member.Keep keeps it.
func (w *Output) dropAnomaly(row int, run *deferredRun) {
	d := &w.deferred
	if !d.member.Keep(Values{w, run, run.next}) && row < len(d.last) {
		d.last[row] = 0
	}
	run.next++
}

// renderJudged is renderFields with an anomaly after the values of each field. last is the index
// of the record's last anomaly, or -1.
func (w *Output) renderJudged(run *deferredRun, i, last int) {
	k := run.from
	for _, name := range w.deferred.member.Only.Fields {
		k += w.renderField(run, i, k, name)
		w.renderAnomalyFields(name, last)
	}
}

// renderAnomalyFields writes the anomaly of a field, of the row of which last is the last one:
// nothing, in two fields, if there is none.
func (w *Output) renderAnomalyFields(name []byte, last int) {
	d := &w.deferred
	a := d.anomaliesOf(last)
	for a != nil && !bytes.Equal(a.Label.Name(), name) {
		a = d.after(a, last)
	}
	w.beginField()
	if a != nil {
		w.Value(a.Baseline)
	}
	w.beginField()
	if a != nil {
		w.Value(a.Percent)
	}
}
