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
