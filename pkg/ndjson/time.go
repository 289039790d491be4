package ndjson

import (
	"slices"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// This file finds the time field of a stream whose plan has only the usual name.

// minEpoch is the smallest number that is taken for a time if nothing but its name says
// so: 3 March 1973.
var minEpoch = exact.FromParts(1e8, 0, false)

// findTime decides from the first good record of a batch which field is the time: see
// Plan.FindTime. It returns nil if that is the plan's, or there is no good record. Requires
// that the time field has not been found; the parsers of other blocks must not run.
func (p *Parser) findTime(b *Block) *batch.FoundTime {
	for row := range b.Rows {
		r := &b.Rows[row]
		if r.Note >= 0 && b.Notes[r.Note].Fault != nil {
			continue
		}
		p.plan.FindTime, p.findsTime = false, false
		record := b.Text[r.From:r.To]
		_, _, has := jsonscan.Find(record, p.plan.Time)
		if has {
			return nil
		}
		for _, name := range batch.UsualTimes {
			found := p.usualTime(record, name)
			if found != nil {
				p.plan.Time = found.Path
				if p.names != nil {
					p.names.SetTime(found.Path)
				}
				return found
			}
		}
		return nil
	}
	return nil
}

// usualTime returns the member of a record with a usual name of a time, or nil if there
// is none or its value is not a time.
func (p *Parser) usualTime(record []byte, name string) *batch.FoundTime {
	from, to, ok := jsonscan.Find(record, batch.Path{name})
	if !ok || slices.Contains(p.plan.Omit, name) {
		return nil
	}
	value := record[from:to]
	number := value[0] == '-' || value[0]-'0' <= 9
	switch {
	case value[0] == '"':
		_, err := p.clock.Text(jsonscan.AppendDecoded(nil, value[1:len(value)-1]))
		ok = err == nil
	case number:
		d, err := exact.Parse(value)
		_, err2 := p.clock.Number(value)
		ok = err == nil && err2 == nil && d.Cmp(minEpoch) >= 0
	default:
		return nil
	}
	if !ok {
		return nil
	}
	return &batch.FoundTime{Path: batch.Path{name}, Number: number}
}
