package template

import (
	"bytes"
	"strings"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/stamp"
)

// driver matches texts as package ndjson does, but judges nothing: it has no general path
// and knows no conditions, keys and times.
type driver struct {
	fold *batch.Fold
	m    *Matcher
	b    batch.Batch
}

// newDriver returns a driver for a plan.
func newDriver(plan batch.Plan) *driver {
	fold := batch.NewFold(plan)
	return &driver{fold: fold, m: New(fold.Plan(), fold.Names(), stamp.NewParser(plan.Format))}
}

// matched is what a driver did with a text.
type matched struct {
	kernel  int    // How many lines the kernel has finished.
	matcher int    // How many lines Match has matched.
	failed  []bool // By line: neither has matched it.
	learned int64  // How many prefixes were learned.
	width   int    // How many readings each row has; -1 if they differ.
}

// batchLines is the most lines of a batch.
const batchLines = 5000

// match matches all lines of a text, of which the last has a line break as well.
func (d *driver) match(t *testing.T, text string) (all matched) {
	t.Helper()
	all.failed = make([]bool, 0, strings.Count(text, "\n"))
	rows := 0
	for len(text) > 0 {
		size := 0
		for range batchLines {
			size += strings.IndexByte(text[size:], '\n') + 1
		}
		d.batch(text[:size], &all)
		text = text[size:]
		d.fold.Begin(&d.b)
		for row := range d.b.Rows {
			r := d.b.Record(row)
			r.Resolve()
			if rows == 0 {
				all.width = r.Len()
			} else if r.Len() != all.width {
				all.width = -1
			}
			rows++
		}
		d.fold.End(&d.b)
	}
	return all
}

// batch matches the lines of a text as one batch.
func (d *driver) batch(text string, all *matched) {
	b, m := &d.b, d.m
	b.Clear()
	b.Position = batch.Position{File: "in"}
	b.Text = append(append(b.Text[:0], text...), make([]byte, Pad)...)
	m.Begin(b, len(text))
	next := 0
	for next < len(text) {
		if m.KernelReady() {
			first := len(b.Rows)
			more := m.MatchLines(next, b.Lines, 1<<30)
			n := len(b.Rows) - first
			if n > 0 {
				next = int(b.Rows[len(b.Rows)-1].End) + 1
				for slot := range m.Numbers {
					if m.NewlySeen(slot) {
						m.Seen(slot)
					}
				}
			}
			all.kernel += n
			all.failed = append(all.failed, make([]bool, n)...)
			b.Lines += int64(n)
			if more || next == len(text) {
				continue
			}
		}
		next = d.line(next, all)
	}
	all.learned += m.learning.count
	m.End(b.Lines)
}

// line matches the line at next by Match, and returns where the following one begins.
func (d *driver) line(next int, all *matched) int {
	b, m := &d.b, d.m
	m.OpenLine()
	to, ok := m.Match(next)
	end := 0
	if ok {
		end, ok = m.LineBreak(to)
	}
	all.failed = append(all.failed, !ok)
	if ok {
		all.matcher++
		for slot, mem := range m.Numbers {
			if mem.Seq == m.Seq {
				m.Seen(slot)
				if mem.Parsed {
					b.AddNum(int32(slot), mem.Num)
				}
			}
		}
		b.AddRow(batch.Row{From: uint32(next), To: uint32(to), End: uint32(end), Line: uint32(b.Lines), Nums: uint32(len(b.Nums))})
	} else {
		m.DropLine()
		end = next + bytes.IndexByte(b.Text[next:], '\n')
	}
	b.Lines++
	return end + 1
}
