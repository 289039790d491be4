package batch_test

import (
	"strings"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// feed parses lines into batches.
type feed struct {
	fold  *batch.Fold
	rd    *ndjson.Reader
	p     *ndjson.Parser
	block ndjson.Block
}

// newFeed returns a feed for a plan.
func newFeed(plan batch.Plan) *feed {
	fold := batch.NewFold(plan)
	rd := ndjson.NewReader(fold, ndjson.Options{})
	return &feed{fold: fold, rd: rd, p: rd.Parser()}
}

// each parses a text, and calls visit for each of its batches, between Begin and End of
// the fold. It ends when visit returns false.
func (f *feed) each(text string, visit func(b *batch.Batch) bool) {
	f.rd.Reset(strings.NewReader(text), "in")
	f.fold.Reset()
	b := &f.block
	for f.rd.Read(b) == nil {
		for more := true; more; more = b.More() {
			f.p.Parse(b)
			f.fold.Begin(&b.Batch)
			goOn := visit(&b.Batch)
			f.fold.End(&b.Batch)
			if !goOn {
				return
			}
		}
	}
}

// records reads a text record by record.
type records struct {
	feed
	begun bool
	row   int
}

// reset begins a text.
func (f *records) reset(text string) {
	f.rd.Reset(strings.NewReader(text), "in")
	f.fold.Reset()
	f.block.Clear()
	f.begun, f.row = false, -1
}

// next returns the next row as a record, whose names have slots unless it has an error, or
// nil if the row is an error. It reports false if there are no more.
func (f *records) next() (r *batch.Record, ok bool) {
	b := &f.block
	for f.row++; f.row >= len(b.Rows); f.row = 0 {
		if !f.begun || !b.More() {
			f.begun = true
			err := f.rd.Read(b)
			if err != nil {
				return nil, false
			}
		}
		f.p.Parse(b)
		f.fold.Begin(&b.Batch)
	}
	if b.Error(f.row) != nil {
		return nil, true
	}
	record := b.Record(f.row)
	if record.Judge() == nil {
		record.Resolve()
	}
	return &record, true
}
