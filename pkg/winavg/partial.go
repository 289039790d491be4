package winavg

import (
	"bytes"
	"errors"
	"math"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/lines"
	"weir/pkg/partial"
	"weir/pkg/stamp"
)

// This file divides a stream among runs: Partial writes the panes of a part of the stream as
// rows of a partial, and Merge takes such rows in place of events. Merged, they give the rows of
// one run over all events with Lateness Forever, which keeps all panes until the end of input.

// Partial is a pipe.Filter and a pipe.Finisher that prints rows of a partial: what the windows
// are computed from.
//
// It keeps a limited number of panes: when it has more, it prints all and begins anew. So a key
// and a step may have several rows.
type Partial struct {
	opts     Options
	limit    int64
	rows     *partial.Writer
	filter   *Filter // what has been read since rows were printed
	readings int64   // how much the readings of that count, if they are kept: see NewPartial
}

// DefaultLimit is a limit for NewPartial. The panes and readings that it allows take some
// 100 MB.
const DefaultLimit = 1 << 22

// NewPartial returns a filter that prints to rows, which must have what [Filter.Needs] of
// New(o) returns. Requires what New does. Of the options, Window, Empty, Drain, Lateness and
// MaxGap have no effect, nor has MaxGroups: a key whose row is printed takes no place.
//
// limit is how much may be kept when a batch has been read: a pane of a field counts as 16, and
// with quantiles each reading as 1 more, with a Series as 5 more.
func NewPartial(o Options, limit int64, rows *partial.Writer) *Partial {
	o.Lateness, o.MaxGap, o.MaxGroups, o.Live = Forever, Forever, maxGroups, false
	return &Partial{opts: o, limit: limit, rows: rows, filter: New(o)}
}

// maxGroups is more pairs of keys and fields than fit into memory.
const maxGroups = math.MaxInt

// Plan implements pipe.Filter.
func (p *Partial) Plan() batch.Plan { return p.filter.Plan() }

// Push implements pipe.Filter.
func (p *Partial) Push(b *batch.Batch, out *lines.Output) error {
	err := p.filter.Push(b, out)
	if err != nil {
		return err
	}
	n, needs := int64(len(b.Rows)*len(p.opts.Fields)), p.filter.panes.needs
	if needs.Quantiles {
		p.readings += n
	}
	if needs.Series {
		p.readings += 5 * n
	}
	if p.filter.panes.held()*int64(16*len(p.opts.Fields))+p.readings > p.limit {
		p.print(out)
		p.filter, p.readings = New(p.opts), 0
	}
	return nil
}

// held returns how many panes are ahead of the window.
func (p *panes) held() int64 {
	q := &p.ahead
	return int64(len(q.panes) - q.head + len(q.outOfOrder))
}

// Finish implements pipe.Finisher.
func (p *Partial) Finish(out *lines.Output) error {
	p.print(out)
	return nil
}

// print prints a row for each field with readings of each pane.
func (p *Partial) print(out *lines.Output) {
	f := p.filter
	for _, x := range f.panes.all() {
		for slot := range x.parts {
			part := &x.parts[slot]
			if part.Len() == 0 {
				continue
			}
			p.rows.Row(&partial.Row{
				Key: x.key.text, Field: f.names[slot], Contents: part.Contents(),
				Step: f.panes.start(x.index >> 1), Stepped: true, Instant: x.index&1 == 0,
			}, out)
		}
	}
}

// Needs implements partial.Merger: it returns what is needed of readings.
func (f *Filter) Needs() agg.Needs { return f.panes.needs }

// Merge implements partial.Merger: it adds the readings of a row to their pane. Requires that
// Lateness and MaxGap are Forever.
func (f *Filter) Merge(row *partial.Row) error {
	slot := slices.IndexFunc(f.names, func(name []byte) bool { return bytes.Equal(name, row.Field) })
	t := stamp.Time{Sec: row.Step, Nsec: 1}
	if row.Instant {
		t.Nsec = 0
	}
	switch {
	case !row.Stepped || row.Period != nil || slot < 0 || max(row.Step, -row.Step) > maxSecond || row.Members() != len(f.opts.By):
		return partial.ErrDamaged
	case f.panes.locate(t).begin != row.Step:
		return partial.ErrDamaged
	}
	id := f.keys.Find(row.Key)
	if id < 0 {
		if !f.keys.Fits(row.Key, len(f.opts.Fields)) {
			return errors.New(batch.TooManyKeys(f.opts.MaxGroups))
		}
		f.keys.Reserve(len(f.opts.Fields))
		id = f.addKey(row.Key)
	}
	index := f.panes.locate(t).pane(t)
	f.rows.include(index)
	f.watermark.observe(t, 0)
	if !f.panes.pane(f.keys.At(id), index).parts[slot].Merge(row.Contents) {
		return partial.ErrDamaged
	}
	return nil
}

// maxSecond is beyond any time, which has a year of four digits.
const maxSecond = 1e12
