package table

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"weir/pkg/chart"
)

// overview is the lines of stats -g as tables, one row for each key, which precede their blocks. If
// there are many lines, they replace the blocks.
//
// There is a table for each field. If there are more than maxHeld rows, which are held to find the
// widths of the columns, there is one table for all fields instead: memory is bounded.
type overview struct {
	rows  []overviewRow
	lines []chart.Line   // those whose blocks are drawn; nil if there are too many
	n     int            // how many lines there were
	keys  []chart.Member // of the first line
	other bool           // a line has other keys
	unfit int            // lines that the limit does not suit
	vague bool           // of a line, it is not known whether it does
	whole overviewTable  // the table for all fields, if it has begun
}

// overviewTable is one table.
type overviewTable struct {
	title   string // a field; "" if there is a column of fields
	columns columns
	drawn   rowLayout // as the header has it
}

// overviewRow is what is shown of a line.
type overviewRow struct {
	keys       []chart.Member
	field      string
	statistics []chart.Member
	anomalies  string // how many; "" if that is not known
	counted    bool   // the line says how many anomalies there are
	fits       bool   // the limit suits the data
	mean       float64
	lo, hi     float64
	spark      []chart.Column // the chart over time, in maxSpark columns
}

const (
	maxBlocks = 12 // lines that have blocks
	maxSpark  = 40 // width of the chart over time of a row, in columns of the terminal

	// A narrower chart is not drawn, and a long key does not make it narrower than usualSpark.
	minSpark, usualSpark = len(sparkTitle), 24

	sparkTitle = "over time"
)

// add adds a line.
func (o *overview) add(l chart.Line) {
	o.n++
	switch {
	case o.n <= maxBlocks:
		o.lines = append(o.lines, l)
	default:
		o.lines = nil
	}
	if o.n == 1 {
		o.keys = l.Keys
	}
	o.other = o.other || !slices.Equal(o.keys, l.Keys)
	r := overviewRow{keys: l.Keys, field: l.Field, statistics: l.Glance(), anomalies: l.Count, counted: l.HasAnomalies, fits: l.Fits(), mean: math.NaN()}
	if !r.fits {
		o.unfit++
	}
	_, known := l.Readings()
	o.vague = o.vague || !known && l.Count != ""
	if l.Plot != nil {
		r.mean = l.Plot.Band.Mean
		r.lo, r.hi, _ = l.Plot.Range()
		r.spark = l.Plot.Fit(maxSpark)
	}
	o.rows = append(o.rows, r)
}

// full reports whether the rows must be drawn before more are added.
func (o *overview) full() bool { return len(o.rows) >= maxHeld }

// take draws the rows that are held and removes them: in a table for each field if these are all, else
// in the table for all fields.
func (o *overview) take(p style, all bool) (tables [][]string) {
	rows := o.rows
	o.rows = nil
	if !all || !o.other || o.whole.columns.find != nil {
		return append(tables, o.whole.lines(rows, p))
	}
	byField := map[string][]overviewRow{}
	var fields []string
	for _, r := range rows {
		if byField[r.field] == nil {
			fields = append(fields, r.field)
		}
		byField[r.field] = append(byField[r.field], r)
	}
	for _, field := range fields {
		t := overviewTable{title: field}
		tables = append(tables, t.lines(byField[field], p))
	}
	return tables
}

// lines draws rows, below a header if there was none or its columns have changed.
func (t *overviewTable) lines(rows []overviewRow, p style) (lines []string) {
	if len(rows) == 0 {
		return nil
	}
	if t.columns.find == nil {
		t.columns.find = map[columnID]int{}
		lines = append(lines, t.heading(rows[0].keys, p))
	}
	cells := make([][]rowCell, len(rows))
	for i := range rows {
		cells[i] = t.cells(&rows[i], p)
	}
	layout := t.columns.layout(p.width, columnGap+usualSpark)
	from := gridWidth(layout.widths) + columnGap
	spark := min(maxSpark, p.width-from)
	if spark < minSpark || !slices.ContainsFunc(rows, func(r overviewRow) bool { return r.spark != nil }) {
		spark = 0
	}
	if !layout.equal(&t.drawn) {
		t.drawn = layout
		header := layout.header(p)
		last := len(header) - 1
		if spark > 0 {
			header[last] = p.atColumn(header[last], from) + p.paint(faint, sparkTitle)
		}
		lines = append(lines, header...)
	}
	for i := range rows {
		s := layout.row(p, cells[i])
		if spark > 0 {
			s = p.atColumn(s, from) + rows[i].sparkline(p, spark)
		}
		lines = append(lines, s)
	}
	return lines
}

// heading draws what the rows are of, and a rule to the right edge.
func (t *overviewTable) heading(keys []chart.Member, p style) string {
	var names []string
	for _, k := range keys {
		names = append(names, k.Name)
	}
	title, by := t.title, "  by "+strings.Join(names, ", ")
	if title == "" {
		title, by = strings.TrimSpace(by), ""
	}
	title = p.truncateEnd(p.sanitize(title), p.width)
	by = p.truncateEnd(p.sanitize(by), max(0, p.width-displayWidth(title)))
	rule := p.width - displayWidth(title) - displayWidth(by) - 1
	return p.paint(bold, title) + by + " " + p.paint(faint, strings.Repeat(p.rule, max(0, rule)))
}

// cells returns the cells of a row.
func (t *overviewTable) cells(r *overviewRow, p style) (cells []rowCell) {
	add := func(id columnID, c rowCell) {
		c.column, c.plain = t.columns.add(id, p), true
		if c.column >= 0 {
			t.columns.fit(&cells, c)
		}
	}
	for _, k := range r.keys {
		add(columnID{kind: keyColumn, name: k.Name}, rowCell{text: p.sanitize(k.Text)})
	}
	if t.title == "" {
		add(columnID{keyColumn, "", "field"}, rowCell{text: p.sanitize(r.field)})
	}
	for _, s := range r.statistics {
		text := p.none
		if s.Text != "" {
			text = formatText(s.Text)
		}
		add(columnID{kind: statColumn, name: s.Name}, rowCell{text: text, number: true})
	}
	if r.counted {
		c := rowCell{text: p.none, number: true}
		if r.anomalies != "" {
			c.text = addCommas(r.anomalies)
			c.anomaly = r.anomalies != "0" && r.fits
		}
		add(columnID{kind: anomalyColumn, name: "anomalies"}, c)
	}
	return cells
}

// sparkline draws the chart over time of a row, one character high: the mean of each column, or if
// it has an anomaly, the extreme that is farther from the mean of all readings. Where the limit
// does not suit the data, most columns have anomalies, and the extremes would show nothing else.
func (r *overviewRow) sparkline(p style, width int) string {
	c := newCanvas(width, 1)
	plot := chart.Plot{Columns: r.spark}
	for x, column := range plot.Fit(width) {
		if !column.Any {
			continue
		}
		v, color := column.Mean, chartColor
		if column.Marked() && r.fits {
			v, color = column.Extreme(r.mean), outlierColor
		}
		c.text(x, 0, p.levels[level(v, r.lo, r.hi, len(p.levels))], color)
	}
	return c.lines(p)[0]
}

// level returns which of n levels v is on: 0 at lo, n-1 at hi; the middle if all values are equal.
// It halves the values first, so that no difference overflows.
func level(v, lo, hi float64, n int) int {
	span := hi/2 - lo/2
	if !(span > 0) || math.IsNaN(v) {
		return n / 2
	}
	return max(0, min(n-1, int((v/2-lo/2)/span*float64(n))))
}

// atColumn adds spaces to a line, so that what follows begins after that many columns.
func (p style) atColumn(line string, columns int) string {
	return line + strings.Repeat(" ", max(0, columns-displayWidth(line)))
}

// more says how the charts of one key are seen, if there are too many, and that the limit suits
// no row or not all, which the charts would say.
func (o *overview) more(p style) (lines []string) {
	text := "charts are for at most " + strconv.Itoa(maxBlocks) + " rows; to see those of one key, add"
	for _, k := range o.keys {
		name, value := k.Name, k.Text
		if strings.ContainsAny(name, `=<>!"`) || strings.TrimSpace(name) != name || p.sanitize(name) != name {
			name = p.quoted(name)
		}
		if p.sanitize(value) != value {
			value = p.quoted(value)
		}
		text += " --where " + shellWord(name+"="+value)
	}
	texts := []string{text}
	if o.unfit > 0 {
		least := ""
		if o.vague {
			least = "at least "
		}
		texts = append(texts, "rows in which more than a third of the readings are anomalies: "+least+chart.FormatCount(o.unfit)+"; --deviation 3sd finds at most one in nine")
	}
	for _, text := range texts {
		for _, s := range p.wrap(text) {
			lines = append(lines, p.paint(faint, strings.TrimRight(s, " ")))
		}
	}
	return lines
}

// quoted returns a text as a JSON string, in which --where finds the characters that sanitize replaces.
func (p style) quoted(s string) string {
	s = strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s)
	return `"` + p.sanitize(s) + `"`
}

// shellWord quotes a text as the shell needs it.
func shellWord(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool {
		return !strings.ContainsRune("=_-.:/@%+,", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	}) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
