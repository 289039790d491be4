package winavg

import (
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// date is the date of a row, as it is printed.
type date struct {
	format stamp.DateFormat
	plain  bool   // the format is the zero value, in UTC
	back   int64  // how many steps the date is before the row
	text   []byte // JSON text; its memory is used again
}

// newDate returns what writes the dates of rows.
func newDate(o *Options) date {
	d := date{format: o.Date, plain: o.Date == stamp.DateFormat{}}
	if o.Label == Start {
		d.back = int64(o.Window / o.Step)
	}
	return d
}

// set sets the date to that of a row of g.
func (d *date) set(g *grid, row int64) {
	sec := g.start(row - d.back)
	switch {
	case d.plain:
		d.text = append(d.text[:0], '"')
		d.text = stamp.AppendDateTime(d.text, sec)
		d.text = append(d.text, '"')
	case d.format.IsNumber():
		d.text = d.format.Append(d.text[:0], sec)
	case !d.format.HasLayout():
		d.text = append(d.format.Append(append(d.text[:0], '"'), sec), '"')
	default:
		d.text = jsonscan.AppendQuoted(d.text[:0], string(d.format.Append(nil, sec)))
	}
}

// datedRows are the rows whose dates can be read back, as their years are 0001 to 9999. No others
// are printed.
type datedRows struct {
	first, last int64 // numbers of rows
	early       bool  // a row before first would have been printed whose window is not empty
	late        bool  // a row after last would have been printed
}

// rows returns the rows of g that have a date.
func (d *date) rows(g *grid) (r datedRows) {
	first, last := d.format.Range()
	r.first, r.last = g.stepOf(stamp.Time{Sec: first}).index>>1, g.stepOf(stamp.Time{Sec: last}).index>>1
	if g.start(r.first) < first {
		r.first++
	}
	r.first, r.last = r.first+d.back, r.last+d.back
	return r
}

// limit returns end, or the last row with a date if that is before it. Requires that row end would
// be printed.
func (r *datedRows) limit(end int64) int64 {
	if end > r.last {
		r.late = true
	}
	return min(end, r.last)
}

// message says which rows were not printed; "" if all were.
func (r *datedRows) message() string {
	years := "before the year 0001 and after the year 9999"
	switch {
	case !r.early && !r.late:
		return ""
	case !r.late:
		years = "before the year 0001"
	case !r.early:
		years = "after the year 9999"
	}
	return "no rows were printed " + years + ": a date has a year of four digits from 0001 on"
}
