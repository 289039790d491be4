package table

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/chart"
)

// rowLine makes cells of one line. The columns that it has and that are not known yet are added to
// those of the Rows.
type rowLine struct {
	*Rows
	root    batch.Value
	members []rowMember
	cells   []rowCell
}

// rowMember is a member of a line.
type rowMember struct {
	name  string
	value batch.Value
}

// rowCell is what a line has in a column.
type rowCell struct {
	column  int
	text    string // printable
	number  bool   // it is aligned at its decimal point
	anomaly bool   // it is of a reading that is an anomaly
	plain   bool   // it is not painted, unless it is an anomaly
}

// fixed reads a line of winavg: the time, the keys, and the columns, in this order.
func (l *rowLine) fixed() {
	n := 1 + len(l.options.Keys)
	for i, m := range l.members {
		switch {
		case i == 0:
			l.add(columnID{kind: timeColumn, name: m.name}, m.value)
		case i < n:
			l.add(columnID{kind: keyColumn, name: m.name}, m.value)
		case i-n < len(l.options.Columns):
			c := l.options.Columns[i-n]
			l.add(columnID{statColumn, c.Field, c.Name}, m.value)
		}
	}
}

// record reads a line of mavg: a record, in which the averages are the last member of that name.
// Members that are objects or arrays are left out.
func (l *rowLine) record() {
	used := map[string]bool{l.options.Averages: true}
	averages, _ := l.root.Member(l.options.Averages)
	for _, p := range l.options.Time {
		_, averaged := averages.Member(p.String()) // a time is not averaged unless -f names it
		v, ok := l.at(p)
		if ok && scalar(v) && (!averaged || len(l.options.Time) == 1) {
			used[p.String()] = true
			l.add(columnID{kind: timeColumn, name: p.String()}, v)
			break
		}
	}
	for _, p := range l.options.Keys {
		used[p.String()] = true
		if v, ok := l.at(p); ok {
			l.add(columnID{kind: keyColumn, name: p.String()}, v)
		}
	}
	l.averages(averages, used)
	l.anomalies()
	for _, p := range l.options.Fields {
		_, averaged := l.columns.find[readingID(p.String())] // in other records: here it is no number
		if averaged && !used[p.String()] {
			used[p.String()] = true
			l.reading(p)
		}
	}
	for _, m := range l.members {
		if used[m.name] || !scalar(m.value) {
			continue
		}
		_, averaged := l.columns.find[readingID(m.name)]
		switch {
		case averaged:
			l.add(readingID(m.name), m.value)
		case m.value.Kind() != 'n':
			l.add(columnID{kind: otherColumn, name: m.name}, m.value)
		}
	}
}

// averages adds the averages of a record, and the readings that they are of.
func (l *rowLine) averages(v batch.Value, used map[string]bool) {
	for name, value := range v.Members() {
		field := string(name)
		used[field] = true
		l.reading(l.path(field))
		if scalar(value) {
			l.add(columnID{statColumn, field, l.options.Stat}, value)
		}
		for stat, value := range value.Members() {
			l.add(columnID{statColumn, field, string(stat)}, value)
		}
	}
}

// reading adds the reading at a path.
func (l *rowLine) reading(p batch.Path) {
	v, ok := l.at(p)
	if ok && scalar(v) {
		l.add(readingID(p.String()), v)
	}
}

// readingID returns the column of the readings of a field.
func readingID(field string) columnID { return columnID{readingColumn, field, "reading"} }

// anomalies marks the readings that are anomalies, and adds how far they are from their baselines.
func (l *rowLine) anomalies() {
	if l.options.Anomalies == "" {
		return
	}
	anomalies, _ := l.root.Member(l.options.Anomalies)
	for name, value := range anomalies.Members() {
		field := string(name)
		reading, known := l.columns.find[readingID(field)]
		for i := range l.cells {
			l.cells[i].anomaly = l.cells[i].anomaly || known && l.cells[i].column == reading
		}
		column := l.columns.add(columnID{anomalyColumn, field, "anomaly"}, l.style)
		if column >= 0 {
			s, number := deviationText(value)
			l.columns.fit(&l.cells, rowCell{column: column, text: s, number: number, anomaly: true})
		}
	}
}

// deviationText returns by how many percent a reading differs from its baseline. number is false if
// that is 0, so that there is no percentage.
func deviationText(anomaly batch.Value) (s string, number bool) {
	percent, ok := anomaly.Member("percent")
	if !ok || percent.Kind() != '0' {
		return "from 0", false
	}
	v, _ := strconv.ParseFloat(scalarText(percent), 64)
	return chart.Anomaly{Deviation: v, Percent: v}.Signed(), true
}

// path returns where a record has the field of an average.
func (l *rowLine) path(field string) batch.Path {
	i := slices.IndexFunc(l.options.Fields, func(p batch.Path) bool { return p.String() == field })
	if i < 0 {
		return batch.Path{field}
	}
	return l.options.Fields[i]
}

// at returns the value at a path of the line, or the member that is called like it: mavg --only
// has that in place of a nested one.
func (l *rowLine) at(p batch.Path) (v batch.Value, ok bool) {
	v = l.root
	for _, name := range p {
		v, ok = step(v, name)
		if !ok {
			break
		}
	}
	if !ok && len(p) > 1 {
		return l.root.Member(p.String())
	}
	return v, ok
}

// step returns the member of an object, or the element of an array, that a name of a path selects.
func step(v batch.Value, name string) (batch.Value, bool) {
	if v.Kind() != '[' {
		return v.Member(name)
	}
	i, err := strconv.ParseUint(name, 10, 31)
	if err != nil {
		return v, false
	}
	elements := slices.Collect(v.Elements())
	if i >= uint64(len(elements)) {
		return v, false
	}
	return elements[i], true
}

// scalarText returns a string decoded, and another scalar as it was spelt.
func scalarText(v batch.Value) string {
	if s, ok := v.Text(); ok {
		return string(s)
	}
	return string(v.Raw())
}

// scalar reports whether a value is neither an object nor an array.
func scalar(v batch.Value) bool { return v.Kind() != '{' && v.Kind() != '[' }

// add adds a cell.
func (l *rowLine) add(id columnID, v batch.Value) {
	column := l.columns.add(id, l.style)
	if column < 0 {
		return
	}
	c := rowCell{column: column}
	switch {
	case id.kind == keyColumn && scalar(v):
		c.text = l.style.sanitize(chart.KeyText(scalarText(v), v))
	case v.Kind() == 'n':
		c.text, c.number = l.style.none, true
	case v.Kind() == '0' && id.kind != timeColumn:
		c.text, c.number = l.number(id, v), true
	case scalar(v):
		c.text = l.style.sanitize(scalarText(v))
	}
	l.columns.fit(&l.cells, c)
}

// maxExact is the longest number that is shown as it came, in characters.
const maxExact = 24

// number returns the text of a number. One that is not averaged, such as a serial number, is shown
// as it came.
func (l *rowLine) number(id columnID, v batch.Value) string {
	raw := string(v.Raw())
	f, _ := strconv.ParseFloat(raw, 64) // infinite if it is out of range
	switch {
	case len(raw) <= maxExact && (id.kind == otherColumn || math.IsInf(f, 0)):
		return raw
	case math.IsInf(f, 0):
		return l.style.truncateEnd(raw, maxExact)
	case l.options.Digits >= 0 && len(raw) <= maxExact && !strings.ContainsAny(raw, "eE"):
		return addCommas(raw)
	}
	return formatNumber(f)
}
