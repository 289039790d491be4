package batch

import (
	"bytes"

	"weir/pkg/stamp"
)

// Held is a record that a filter has kept beyond its batch, because what becomes of it
// depends on records that follow. It is a batch of its own that has only this record, as
// row 0, and it stays valid.
//
// In the ledger the record is a used one. If it turns out not to be, the filter calls
// Reject or Late, once.
type Held struct{ Batch }

// Hold returns a copy of the record in a row. Requires that the row is good, and that
// its readings have slots: see [Record.Resolve]. Not for a filter with a second pass, nor
// for one whose records are written again: members that Plan.Omit leaves out are not
// copied.
func (b *Batch) Hold(row int) *Held {
	r := b.Rows[row]
	from := r.From
	n := b.note(row)
	if n != nil {
		from -= n.Indent
	}
	h := &Held{Batch{Position: b.Position, Text: bytes.Clone(b.Text[from:r.End]), fold: b.fold, numbered: b.numbered}}
	h.outcome.reset()
	h.Offset += int64(from)
	if from > 0 {
		h.Column = 0
	}
	h.Original = bytes.Clone(b.Original)
	h.Keys = bytes.Clone(b.Key(row))
	first, width := b.nums(row)
	h.Nums = append([]Num(nil), b.Nums[first:first+width]...)
	for i := range h.Nums {
		v := &h.Nums[i]
		if v.IsBig {
			h.Big = append(h.Big, b.Big[v.C])
			v.C = uint64(len(h.Big) - 1)
		}
	}
	r.From, r.To, r.End = r.From-from, r.To-from, r.End-from
	if r.timed() {
		r.When, r.WhenEnd = r.When-from, r.WhenEnd-from
	}
	r.Nums, r.Key, r.KeyEnd = uint32(len(h.Nums)), 0, uint32(len(h.Keys))
	h.AddRow(r)
	if n != nil {
		note := h.NoteOf(0)
		note.Indent, note.Text, note.Whole = n.Indent, bytes.Clone(n.Text), n.Whole
	}
	return h
}

// Time returns the record's timestamp.
func (h *Held) Time() stamp.Time { return h.Rows[0].Time }

// Run returns the record as a run of one.
func (h *Held) Run() Run {
	run := Run{b: &h.Batch, n: 1}
	run.from, run.width = h.bounds(0)
	return run
}

// TimeFault is Batch.TimeFault of the record.
func (h *Held) TimeFault(kind, detail string) *LineError { return h.Batch.TimeFault(0, kind, detail) }

// Reject says that the filter cannot use the record after all. before is the row of the
// batch being pushed before which this was found out, 0 in Tick and Finish. It reports
// whether the run is to stop there: then Push returns at once.
func (h *Held) Reject(before int, err *LineError) (stop bool) {
	h.fold.decided = append(h.fold.decided, Outcome{Row: before, Verdict: Rejected, Err: err, Held: h})
	return h.fold.stop
}

// Late says that the record is late. before is as in Reject.
func (h *Held) Late(before int, err *LineError) {
	h.fold.decided = append(h.fold.decided, Outcome{Row: before, Verdict: Late, Err: err, Held: h})
}

// Notice reports something about the record to a person; the record is used. before is as
// in Reject.
func (h *Held) Notice(before int, e *LineError) {
	h.fold.decided = append(h.fold.decided, Outcome{Row: before, Verdict: Used, Err: e, Held: h})
}

// Decided returns the outcomes of held records that Tick or Finish has given, and forgets
// them. Those that Push has given are among the outcomes of its batch.
func (f *Fold) Decided() []Outcome {
	list := f.decided
	f.decided = nil
	return list
}
