package pipe

import (
	"slices"

	"weir/pkg/batch"
	"weir/pkg/lines"
)

// This file is the fold of the first pass: a batch through the filter, and what became
// of its records.

// foldFirst gives a batch to the filter, and then reports, rejects and counts what the
// filter did not use. An error ends the input.
func (p *Pipe) foldFirst(b *batch.Batch, out *lines.Output) error {
	if p.c.Bad == Stop {
		b.StopAtRejected()
	}
	p.fold.Begin(b)
	if b.FoundTime != nil {
		p.c.Reporter.FoundTime(b.FoundTime.Path, b.FoundTime.Number && p.fold.Plan().All)
	}
	if p.tabler != nil && b.HasRecord() {
		p.printHeader(out)
	}
	failed := p.c.Filter.Push(b, out)
	err := p.account(b)
	p.fold.End(b)
	p.reportMissingEarly(false)
	if failed != nil {
		return failed
	}
	if err != nil {
		return err
	}
	return out.Err()
}

// account counts the rows of a batch, reports and rejects what was not used, and keeps
// what a second pass needs. It returns errEnd if the run is to stop after the batch.
func (p *Pipe) account(b *batch.Batch) error {
	if p.c.FirstTime != nil {
		p.reportTime(b)
	}
	outcomes, stopped := b.Outcomes()
	p.countRows(b)
	p.count(outcomes)
	p.details.findNewest(b, outcomes)
	err := p.report(b, outcomes)
	if err == nil && p.second != nil {
		p.passes.pushed(b, outcomes)
	}
	if err == nil && stopped {
		err = errEnd
	}
	return err
}

// reportTime calls FirstTime if a row of b has a time, and then no more.
func (p *Pipe) reportTime(b *batch.Batch) {
	for i := range b.Rows {
		r := &b.Rows[i]
		if r.When != r.WhenEnd {
			p.c.FirstTime(b.Text[r.When:r.WhenEnd], r.Time)
			p.c.FirstTime = nil
			return
		}
	}
}

// accountHeld counts, reports and rejects what has become of held records in Tick or
// Finish.
func (p *Pipe) accountHeld() error {
	outcomes := p.fold.Decided()
	p.count(outcomes)
	for _, o := range outcomes {
		err := p.handle(&o.Held.Batch, o)
		if err != nil {
			return err
		}
	}
	return nil
}

// countRows counts the rows of a batch as if all were used.
func (p *Pipe) countRows(b *batch.Batch) {
	read, filtered := int64(len(b.Rows)), b.Filtered()
	p.ledger.Read += read
	p.ledger.Filtered += filtered
	p.ledger.Used += read - filtered
}

// count counts what was not used, and was counted as used before. Why before anything is
// written: the ledger adds up even if writing the rejects fails.
func (p *Pipe) count(outcomes []batch.Outcome) {
	p.details.countRejected(outcomes)
	l := &p.ledger
	for i := range outcomes {
		switch outcomes[i].Verdict {
		case batch.Used: // of a held record: it is only reported
			continue
		case batch.NoReading:
			l.NoReading++
		case batch.Late:
			l.Late++
		default:
			l.Rejected++
		}
		l.Used--
	}
}

// report handles bad lines, late ones and reported values in their order.
func (p *Pipe) report(b *batch.Batch, outcomes []batch.Outcome) error {
	p.lost.find(b, p.omitted)
	reported := b.ReportedRows()
	p.skipped = 0
	for len(outcomes) > 0 || len(reported) > 0 {
		held := len(outcomes) > 0 && outcomes[0].Held != nil && (len(reported) == 0 || outcomes[0].Row <= reported[0])
		if !held && len(reported) > 0 && (len(outcomes) == 0 || reported[0] <= outcomes[0].Row) {
			row := reported[0]
			reported = reported[1:]
			if len(outcomes) == 0 || row < outcomes[0].Row || outcomes[0].Verdict == batch.NoReading {
				p.reportBefore(b, row)
				p.reportValues(b.Reported(row))
			}
			continue
		}
		err := p.handle(b, outcomes[0])
		if err != nil {
			return err
		}
		outcomes = outcomes[1:]
	}
	p.reportBefore(b, len(b.Rows))
	return nil
}

// reportBefore reports what was found in the rows of b up to that one and is no outcome of a
// row: NUL bytes that were skipped before it, and what is reported only once in a run, if it
// was first the case in it. It is called before each other report, so that reports come in
// input order, however the input is divided into batches.
func (p *Pipe) reportBefore(b *batch.Batch, row int) {
	for ; p.skipped < len(b.Skipped) && b.Skipped[p.skipped].Row <= row; p.skipped++ {
		s := b.Skipped[p.skipped]
		p.checkOnce(b, s.Row-1)
		if p.c.Bad != Skip {
			p.c.Reporter.Skipped(s.Err)
		}
	}
	p.checkOnce(b, row)
}

// checkOnce reports what is reported only once in a run, if it was first the case in a row
// of b up to that one.
func (p *Pipe) checkOnce(b *batch.Batch, row int) {
	limit := b.LimitRow()
	if !p.limitReported && limit >= 0 && limit <= row {
		p.limitReported = true
		p.c.Reporter.LimitReached()
	}
	for p.lost.row >= 0 && p.lost.row <= row {
		p.lost.reported = append(p.lost.reported, p.lost.name)
		rec := b.Record(p.lost.row)
		file, line := rec.Location()
		p.c.Reporter.Replaced(p.lost.name, file, line)
		p.lost.find(b, p.omitted)
	}
}

// handle reports and rejects a row that was not used.
func (p *Pipe) handle(b *batch.Batch, o batch.Outcome) error {
	switch o.Verdict {
	case batch.NoReading:
		return nil
	case batch.Used:
		p.c.Reporter.Notice(o.Err)
		return nil
	case batch.Late:
		p.reportBefore(b, o.Row)
		if p.c.Bad != Skip {
			p.c.Reporter.Late(o.Err)
		}
		return p.reject("late", o, b)
	}
	p.reportBefore(b, o.Row)
	if p.c.Bad != Skip {
		p.c.Reporter.Bad(o.Err)
	}
	return p.reject("bad", o, b)
}

// reportValues handles the value errors of a record that was passed on anyway.
func (p *Pipe) reportValues(faults []*batch.LineError) {
	p.ledger.Reported++
	if p.c.Bad == Skip {
		return
	}
	p.ledger.Unhandled++
	for _, e := range faults {
		p.c.Reporter.Bad(e)
	}
}

// reject appends the line of a row to the rejects, or counts it as unhandled. kind is
// "bad" or "late".
//
// Of a line that is too long to be read whole, only the beginning is appended, and it still
// counts as unhandled. So does the bad line that ends the run under Stop: the exit code
// is to show that the input was not processed to its end.
func (p *Pipe) reject(kind string, o batch.Outcome, b *batch.Batch) error {
	row := o.Row
	if o.Held != nil {
		b, row = &o.Held.Batch, 0
	}
	text, whole := b.LineText(row)
	if p.c.Rejects != nil {
		p.rejectLine = appendEntry(p.rejectLine[:0], p.c.Tool, kind, o.Err, text)
		if err := p.c.Rejects.Line(p.rejectLine); err != nil {
			p.fail(err)
			return err
		}
		if whole && (p.c.Bad != Stop || kind == "late") {
			return nil
		}
	}
	if p.c.Bad != Skip {
		p.ledger.Unhandled++
	}
	return nil
}

// reportMissingEarly reports the members that the first records lack, once. waits says
// that the stream waits for input.
func (p *Pipe) reportMissingEarly(waits bool) {
	if p.missing != nil || p.c.Partial {
		return
	}
	list, records := p.fold.MissingEarly(waits)
	if records == 0 {
		return
	}
	p.missing = append([]batch.Missing{}, list...)
	for _, m := range list {
		p.c.Reporter.Missing(m, records)
	}
}

// reportMissing reports, at the end of the first pass, the members that no record had and
// that have not been reported yet, or that there was no reading at all.
func (p *Pipe) reportMissing() {
	named := false // a named number is missing
	reported := p.missing
	p.missing, p.endReported = []batch.Missing{}, true // nothing is reported early from here on
	for _, m := range p.fold.Missing() {
		p.names++
		named = named || m.Use == batch.UseNumber
		same := func(o batch.Missing) bool { return o.Use == m.Use && o.Path.Equal(m.Path) }
		if !slices.ContainsFunc(reported, same) {
			p.c.Reporter.Missing(m, 0)
		}
	}
	l := &p.ledger
	if named || l.Reported > 0 || l.Used+l.NoReading == 0 {
		return
	}
	unread, none := p.fold.NoNumber()
	if none {
		p.c.Reporter.NoNumber(unread)
	}
}
