package lines

import "weir/pkg/exact"

// Values are the values that are appended to one record.
type Values struct {
	w      *Output
	run    *deferredRun
	record int // Its index in the run.
}

// Len returns the number of readings that have values.
func (v Values) Len() int { return v.run.to - v.run.from }

// Name returns the name of reading k, 0 <= k < Len, as a JSON string.
func (v Values) Name(k int) []byte { return v.w.label(v.run, k).Name() }

// At returns statistic j, 0 if there is one, of reading k.
func (v Values) At(k, j int) exact.Value { return v.w.value(v.run, k, v.record, j) }

// drop makes Render write nothing for the records that Member.Keep does not keep.
func (w *Output) drop() {
	d := &w.deferred
	for row, owner := range d.owners {
		if owner <= 0 {
			if owner < 0 {
				w.dropAnomaly(row, &d.runs[-owner-1])
			}
			continue
		}
		run := &d.runs[owner-1]
		if !d.member.Keep(Values{w, run, run.next}) {
			d.owners[row] = -owner
		}
		run.next++
	}
	for i := range d.runs {
		d.runs[i].next = 0
	}
}
