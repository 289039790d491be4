package ndjson

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson/internal/template"
	"weir/pkg/stamp"
)

// This file judges valid records from what was collected of them, in the order
// condition, key, time, values. Each stage stores its own error in the row's note; none
// hides another one, as the filter asks for them in order. But a record that a condition
// filters out is not judged any further, and has no readings. Which members of the plan a
// record has is noted before (seen.go), so it does not depend on conditions.

// judge judges the record at hand, that of the last row. Requires that it has just been
// matched. Under Plan.All the readings are in b.Nums already, and have no errors.
func (p *Parser) judge(r *batch.Row) {
	b := p.b
	p.at = len(b.Rows) - 1
	if p.m.Elements != nil {
		p.m.EnterArrays()
	}
	if p.sums != nil {
		p.sum(r)
	}
	if p.seen.missing > 0 {
		p.noteSeen()
	}
	if p.m.Where != nil && !p.matchesWhere() {
		r.Filtered = true
		p.m.DropNums()
		r.Nums = uint32(len(b.Nums))
		return
	}
	if p.m.Keys != nil {
		p.readKey(r)
	}
	if p.m.Time != nil {
		p.readTime(r)
	}
	for slot, m := range p.m.Numbers {
		if m.Seq != p.m.Seq {
			continue
		}
		if m.Parsed {
			b.AddNum(int32(slot), m.Num)
		} else {
			p.readNumber(r, slot, m.Span)
		}
	}
	r.Nums = uint32(len(b.Nums))
}

// judgeRows does for the rows from first on, which the kernel has filled, what judge does
// for others, but for the values, which are readings already.
func (p *Parser) judgeRows(first int) {
	rows := p.b.Rows[first:]
	if p.seen.missing > 0 {
		p.noteSeenRows(rows, first)
	}
	switch {
	case p.onlyKey:
		p.keyRows(rows, first)
	case p.m.Keys != nil || p.m.Where != nil || p.sums != nil:
		for i := range rows {
			p.at = first + i
			p.judgeRow(&rows[i])
		}
	case p.m.Time != nil && p.m.TimesRead() < len(rows):
		for i := range rows {
			p.at = first + i
			if !p.m.FinishTime(&rows[i]) {
				p.readTime(&rows[i])
			}
		}
	}
}

// keyRows is judgeRows for a plan whose only key is all that is left to be read.
func (p *Parser) keyRows(rows []batch.Row, first int) {
	for i := range rows {
		r := &rows[i]
		v, ok := p.m.TakeSpan(r)
		p.at = first + i
		p.appendKey(r, 0, v, ok)
		if p.m.Time != nil && !p.m.FinishTime(r) {
			p.readTime(r)
		}
	}
}

// judgeRow is judge for a row of the kernel. One that is filtered out keeps its readings
// in b.Nums; they do not count.
func (p *Parser) judgeRow(r *batch.Row) {
	p.m.Load(r)
	if p.sums != nil {
		p.sum(r)
	}
	if p.seen.missing > 0 {
		p.noteSeen()
	}
	if p.m.Where != nil && !p.matchesWhere() {
		r.Filtered = true
		r.When, r.WhenEnd, r.Time = 0, 0, stamp.Time{}
		return
	}
	if p.m.Keys != nil {
		p.readKey(r)
	}
	if p.m.Time != nil && !p.m.FinishTime(r) {
		p.readTime(r)
	}
}

// sum stores the checksum of a record's bytes.
func (p *Parser) sum(r *batch.Row) { r.Sum = crc32.Checksum(p.b.Text[r.From:r.To], p.sums) }

// readNumber appends the reading of a named number, or stores its error. null is
// neither.
func (p *Parser) readNumber(r *batch.Row, slot int, v template.Span) {
	switch v.Kind {
	case '0':
		d, err := exact.Parse(v.In(p.b.Text))
		if err == nil {
			p.b.AddNum(int32(slot), d)
			return
		}
		kind := "out of range"
		if errors.Is(err, exact.ErrFine) {
			kind = "too fine (non-zero digits below 1e-1100)"
		}
		p.valueFault(r, slot, v, kind)
	case 'n':
	default:
		p.valueFault(r, slot, v, "not a number")
	}
}

// faultAt makes an error of a row's record, at the position of a value.
func (p *Parser) faultAt(r *batch.Row, v template.Span, kind, detail string) *batch.LineError {
	return p.b.Locate(r, jsonscan.Error{Offset: v.From - int(r.From), Kind: kind, Detail: detail})
}

// valueFault stores the error of a named value that cannot be a reading. Under
// Plan.ReportOnly the row has all of these, else the first.
func (p *Parser) valueFault(r *batch.Row, slot int, v template.Span, kind string) {
	bad := p.faultAt(r, v, kind, jsonscan.Truncate(v.In(p.b.Text)))
	bad.Field = p.plan.Numbers[slot].String()
	x := p.b.NoteOf(p.at)
	switch {
	case p.plan.ReportOnly:
		x.Reported = append(x.Reported, bad)
	case x.BadValue == nil:
		x.BadValue = bad
	}
}

// matchesWhere reports whether the record at hand meets all conditions of the plan.
func (p *Parser) matchesWhere() bool {
	for i, m := range p.m.Where {
		c := &p.conditions[i]
		switch {
		case m.Seq == p.m.Seq:
			if !p.holds(c, &m.Span) {
				return false
			}
		case c.op != batch.NotEqual:
			return false
		}
	}
	return true
}

// readKey appends the record's key to b.Keys: the JSON texts of its members in the
// plan's order with a 0 byte between two.
func (p *Parser) readKey(r *batch.Row) {
	for i, m := range p.m.Keys {
		if i > 0 {
			p.b.Keys = append(p.b.Keys, 0)
		}
		p.appendKey(r, i, m.Span, m.Seq == p.m.Seq)
	}
}

// appendKey appends member i of the row's key to b.Keys, and makes the key end there: the
// value v if there is one, a string in canonical form. A missing member is null. An object
// or an array is null too, and an error of the key unless the plan ignores it.
func (p *Parser) appendKey(r *batch.Row, i int, v template.Span, ok bool) {
	b := p.b
	switch {
	case !ok:
		b.Keys = append(b.Keys, "null"...)
	case v.Escaped && v.Kind == '"':
		b.Keys = jsonscan.AppendCanonical(b.Keys, v.Inside(b.Text))
	case v.Kind == '{' || v.Kind == '[':
		b.Keys = append(b.Keys, "null"...)
		x := p.b.NoteOf(p.at)
		if x.BadKey == nil && !p.plan.IgnoreBadKey {
			x.BadKey = p.faultAt(r, v, fmt.Sprintf("the key %q is neither text, number, true, false nor null", p.plan.Key[i]), jsonscan.Truncate(v.In(b.Text)))
		}
	default:
		b.Keys = append(b.Keys, v.In(b.Text)...)
	}
	r.KeyEnd = uint32(len(b.Keys))
}

// readTime stores the time of the record at hand and the position of its text, or
// its error. WhenEnd stays 0 for a record without a time.
func (p *Parser) readTime(r *batch.Row) {
	if p.m.Time.Seq != p.m.Seq {
		if !p.plan.TimeOptional {
			p.b.NoteOf(p.at).BadTime = p.noTime(r)
		}
		return
	}
	v := p.m.Time.Span
	if t, ok := p.m.When(); ok {
		r.Time, r.When, r.WhenEnd = t, uint32(v.From), uint32(v.To)
		return
	}
	var err error
	switch v.Kind {
	case '"':
		text := v.Inside(p.b.Text)
		if v.Escaped {
			p.scratch = jsonscan.AppendDecoded(p.scratch[:0], text)
			text = p.scratch
		}
		r.Time, err = p.clock.Text(text)
	case '0':
		r.Time, err = p.clock.Number(v.In(p.b.Text))
	case 'n':
		if p.plan.TimeOptional {
			return
		}
		err = errors.New("not a time: null")
	default:
		err = errors.New("not a time: " + jsonscan.Truncate(v.In(p.b.Text)) + p.timeInside(v.In(p.b.Text)))
	}
	switch {
	case err == nil:
		r.When, r.WhenEnd = uint32(v.From), uint32(v.To)
	case !p.plan.IgnoreBadTime:
		kind, detail, _ := strings.Cut(err.Error(), ": ")
		p.b.NoteOf(p.at).BadTime = p.faultAt(r, v, kind, detail)
	}
}

// noTime makes the error of a record that lacks the time. It names a member of the
// record that may hold it.
func (p *Parser) noTime(r *batch.Row) *batch.LineError {
	hint := timeHint(p.otherTime(p.b.Text[r.From:r.To]))
	bad := p.b.Locate(r, jsonscan.Error{Kind: fmt.Sprintf("no %q, which should hold the time%s", p.plan.Time, hint)})
	bad.Field = p.plan.Time.String()
	return bad
}
