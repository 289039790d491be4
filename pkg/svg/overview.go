package svg

import (
	"bytes"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"weir/pkg/chart"
)

// overview is the lines of stats -g as tables, one for each field with one row for each key.
// They precede the blocks.
type overview struct {
	tables []*overviewTable
	rows   int // In all tables: at most maxRows.
	left   int // Lines that have no row.
}

// maxRows is the number of rows of an overview.
const maxRows = 200

// Sizes of an overview.
const (
	rowHeight   = 20
	maxKeyWidth = 200
	minSpark    = 60  // The width of a row's chart over time, at least.
	maxSpark    = 260 // And at most.
	sparkParts  = 100 // The number of its columns.
)

// overviewTable is the table of one field.
type overviewTable struct {
	field, keys string   // keys: their names
	columns     []string // the names of the statistics
	rows        []overviewRow
}

// overviewRow is what is shown of one line.
type overviewRow struct {
	keys       string
	statistics []string // JSON numbers, "" for null, in the order of the table's columns
	anomalies  string   // how many; "" if that is not known
	counted    bool     // the line says how many anomalies there are
	fits       bool     // the limit suits the readings; else anomalies do not stand out
	plot       chart.Plot
}

// add adds a line that has keys.
func (o *overview) add(l chart.Line) {
	if o.rows == maxRows {
		o.left++
		return
	}
	o.rows++
	i := slices.IndexFunc(o.tables, func(t *overviewTable) bool { return t.field == l.Field })
	if i < 0 {
		i = len(o.tables)
		o.tables = append(o.tables, newOverviewTable(l))
	}
	t := o.tables[i]
	var keys []string
	for _, k := range l.Keys {
		keys = append(keys, k.Text)
	}
	r := overviewRow{keys: shortenMiddle(strings.Join(keys, ", "), maxKeys), anomalies: l.Count, counted: l.HasAnomalies, fits: l.Fits()}
	for _, name := range t.columns {
		at := slices.IndexFunc(l.Statistics, func(m chart.Member) bool { return m.Name == name })
		if at < 0 {
			r.statistics = append(r.statistics, "")
			continue
		}
		r.statistics = append(r.statistics, l.Statistics[at].Text)
	}
	if l.Plot != nil {
		r.plot = chart.Plot{Columns: l.Plot.Fit(sparkParts), Band: l.Plot.Band}
	}
	t.rows = append(t.rows, r)
}

// newOverviewTable returns the table for the field of l. Its columns are the statistics that
// say most at a glance, or the first ones of l if there are none of these.
func newOverviewTable(l chart.Line) *overviewTable {
	t := &overviewTable{field: l.Field}
	var keys []string
	for _, k := range l.Keys {
		keys = append(keys, k.Name)
	}
	t.keys = shorten(strings.Join(keys, ", "), maxKeys)
	const most = 5
	statistics := l.Glance()
	for _, s := range statistics[:min(len(statistics), most)] {
		t.columns = append(t.columns, s.Name)
	}
	return t
}

// draw draws the tables if there is more than one row, and returns where they end.
func (o *overview) draw(out *bytes.Buffer, top float64) float64 {
	if o.rows < 2 {
		return top
	}
	for _, t := range o.tables {
		top = t.draw(out, top) + margin
	}
	if o.left > 0 {
		text(out, "small", margin, top, "and "+chart.FormatCount(o.left)+" more")
		top += margin
	}
	return top
}

// draw draws the table, and returns where it ends.
func (t *overviewTable) draw(out *bytes.Buffer, top float64) float64 {
	columns := t.cells()
	y := top + 18
	text(out, "name", margin, y, fit(shorten(t.field, maxName), bold, width-2*margin))
	y += 24
	x := float64(margin)
	for _, c := range columns {
		if x+c.width+minSpark > width-margin { // no space: the blocks have the rest
			break
		}
		at, end := x, ""
		if c.right {
			at, end = x+c.width, " end"
		}
		text(out, "label"+end, at, y, c.name)
		for i, cell := range c.cells {
			if cell != "" {
				text(out, c.classes[i]+end, at, y+float64(i+1)*rowHeight, cell)
			}
		}
		x += c.width + cellGap
	}
	if slices.ContainsFunc(t.rows, func(r overviewRow) bool { return r.plot.Columns != nil }) {
		text(out, "label", x, y, "over time")
	}
	right := min(x+maxSpark, width-margin)
	for i := range t.rows {
		t.rows[i].spark(out, x, right, y+float64(i+1)*rowHeight)
	}
	return y + float64(len(t.rows))*rowHeight + 10
}

// overviewColumn is a column of an overview as it is drawn.
type overviewColumn struct {
	name    string
	cells   []string
	classes []string // the styles of the cells
	width   float64
	right   bool // aligned at the right
}

// cells returns the columns of the table.
func (t *overviewTable) cells() (columns []overviewColumn) {
	free := float64(width-2*margin) - maxSpark // for the keys
	add := func(name string, right bool, cell func(r *overviewRow) (text, class string)) {
		limit := float64(maxKeyWidth)
		if !right {
			limit = max(limit, free)
		}
		c := overviewColumn{name: fit(name, small, limit), right: right}
		c.width = widthOf(c.name, small)
		for i := range t.rows {
			s, class := cell(&t.rows[i])
			s = fitMiddle(s, small, limit)
			c.cells, c.classes = append(c.cells, s), append(c.classes, class)
			c.width = max(c.width, widthOf(s, small))
		}
		columns = append(columns, c)
		free -= c.width + cellGap
	}
	for k, name := range t.columns {
		values := make([]float64, len(t.rows))
		for i, r := range t.rows {
			values[i] = number(r.statistics[k])
		}
		texts := alignedTexts(values)
		i := -1
		add(name, true, func(*overviewRow) (string, string) {
			i++
			return texts[i], "cell"
		})
	}
	if t.rows[0].counted {
		add("anomalies", true, func(r *overviewRow) (string, string) {
			switch {
			case r.anomalies == "":
				return "–", "small"
			case r.anomalies == "0" || !r.fits:
				return chart.AddCommas(r.anomalies), "small"
			}
			return chart.AddCommas(r.anomalies), "bad"
		})
	}
	free -= cellGap
	add(t.keys, false, func(r *overviewRow) (string, string) { return r.keys, "cell" })
	last := len(columns) - 1
	return append(columns[last:], columns[:last]...)
}

// number returns a JSON number, NaN for null.
func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// alignedTexts formats numbers that are shown one below the other, aligned at their right: in
// place of decimals that a number does not have, there are spaces as wide.
func alignedTexts(values []float64) []string {
	texts := chart.FormatColumn(values)
	for i, s := range texts {
		t := strings.TrimRight(s, " ")
		missing := len(s) - len(t)
		if missing > 0 && !strings.Contains(t, ".") {
			missing--
			t += pointSpace
		}
		texts[i] = t + strings.Repeat(figureSpace, missing)
		if math.IsNaN(values[i]) {
			texts[i] = "–"
		}
	}
	return texts
}

// spark draws the chart over time of a row, as high as its text, whose baseline is at y. An
// anomaly is a dot at the value that is farther from the mean, unless there are too many.
func (r *overviewRow) spark(out *bytes.Buffer, left, right, y float64) {
	lo, hi, ok := r.plot.Range()
	if !ok {
		return
	}
	a := area{left: left, right: right, top: y - 12 - inset, bottom: y + 3 + inset, lo: lo, hi: hi}
	areas, dots := a.shapes(&r.plot, 1)
	fmt.Fprintf(out, `<path class="area" d="%s"/>`, areas)
	if dots != "" {
		fmt.Fprintf(out, `<path class="dot" d="%s"/>`, dots)
	}
	var marks strings.Builder
	mean := r.plot.Band.Mean
	for i, c := range r.plot.Columns {
		if !c.Marked() || !r.fits {
			continue
		}
		fmt.Fprintf(&marks, "M%s %sh0", length(a.x((float64(i)+0.5)/float64(len(r.plot.Columns)))), length(a.y(c.Extreme(mean))))
	}
	if marks.Len() > 0 {
		fmt.Fprintf(out, `<path class="off spark" d="%s"/>`, marks.String())
	}
	out.WriteString("\n")
}
