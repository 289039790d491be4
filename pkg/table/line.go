package table

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"weir/pkg/batch"
)

// line is a parsed line of stats.
type line struct {
	keys       []member // the keys of -g
	field      string
	statistics []member // in the order of the line
	from, to   string   // first and last time, decoded; "" if there is none

	quantileError string // by how much quantiles may be off, a JSON number; "" if they are exact

	hasAnomalies bool      // the line has anomalies or their count, null included
	count        string    // number of anomalies; "" if it is null
	anomalies    []anomaly // nil if the list is null

	columns   []column // of the chart
	histogram histogram

	listRow *anomaly // not nil: a line of stats --list, which has none of the above but keys and field
}

// member is a name and the text of its value.
type member struct {
	name string
	text string // of a statistic: the JSON number, "" for null
}

// anomaly is one reading. What is null or missing is "" or NaN.
type anomaly struct {
	time, location            string // location: FILE:LINE
	value, deviation, percent float64
}

// parser parses lines of stats.
type parser struct {
	tree batch.Tree // The line. Its values are valid until the next line.
	bad  bool       // The line has something that stats does not print.
}

// treeMember is a member of an object in the tree.
type treeMember struct {
	name  string
	value batch.Value
}

// parse interprets a line of stats. It reports false if the line has anything that
// stats does not print: the line is then copied, so that nothing in it is lost.
func (p *parser) parse(text []byte) (l line, ok bool) {
	root, err := p.tree.Parse(text)
	if err != nil {
		return l, false
	}
	p.bad = false
	members, fieldAt := p.object(root), -1
	// The members before "field" are the keys. One of these may be called "field" as
	// well, so the last one counts.
	for i, m := range members {
		if m.name == "field" {
			fieldAt = i
		}
	}
	if fieldAt < 0 {
		return l, false
	}
	for _, m := range members[:fieldAt] {
		l.keys = append(l.keys, member{m.name, p.key(m.value)})
	}
	l.field = p.text(members[fieldAt].value)
	rest := members[fieldAt+1:]
	if slices.ContainsFunc(rest, func(m treeMember) bool { return m.name == "deviation" }) {
		row := p.anomaly(rest)
		l.listRow = &row
		return l, !p.bad
	}
	for _, m := range rest {
		p.set(&l, m)
	}
	return l, len(rest) > 0 && !p.bad
}

// set stores a member that follows the field. A member with an unknown name is a
// statistic, so that new statistics need no change here.
func (p *parser) set(l *line, m treeMember) {
	null := m.value.Kind() == 'n'
	switch m.name {
	case "from":
		l.from = p.time(m.value)
	case "to":
		l.to = p.time(m.value)
	case "quantile_error":
		if !null {
			p.number(m.value)
			l.quantileError = string(m.value.Raw())
		}
	case "anomaly_count":
		l.hasAnomalies = true
		if !null {
			p.count(m.value)
			l.count = string(m.value.Raw())
		}
	case "anomalies":
		l.hasAnomalies = true
		l.anomalies = p.anomalies(m.value)
	case "spark":
		l.columns = p.columns(m.value)
	case "histogram":
		p.histogram(&l.histogram, m.value)
	default:
		s := member{name: m.name}
		if !null {
			p.number(m.value)
			s.text = string(m.value.Raw())
		}
		l.statistics = append(l.statistics, s)
	}
}

// anomalies returns a list of anomalies: nil for null, and a list that is not nil for an
// empty one.
func (p *parser) anomalies(v batch.Value) (all []anomaly) {
	elements := p.array(v)
	if elements == nil {
		return nil
	}
	all = make([]anomaly, len(elements))
	for i, e := range elements {
		all[i] = p.anomaly(p.object(e))
	}
	return all
}

// anomaly returns the anomaly that the members of an object describe.
func (p *parser) anomaly(members []treeMember) anomaly {
	a := anomaly{value: math.NaN(), deviation: math.NaN(), percent: math.NaN()}
	var file, lineNumber string
	for _, m := range members {
		if m.value.Kind() == 'n' {
			continue
		}
		switch m.name {
		case "timestamp":
			a.time = p.time(m.value)
		case "value":
			a.value = p.number(m.value)
		case "deviation":
			a.deviation = p.number(m.value)
		case "percent":
			a.percent = p.number(m.value)
		case "file":
			file = p.text(m.value)
		case "line":
			lineNumber = ":" + strconv.FormatUint(p.count(m.value), 10)
		default:
			p.bad = true
		}
	}
	a.location = file + lineNumber
	return a
}

// The methods below return what a value is, or the zero value of their type after they
// have set bad.

// object returns the members of an object in their order, with duplicates.
func (p *parser) object(v batch.Value) (members []treeMember) {
	p.bad = p.bad || v.Kind() != '{'
	for name, value := range v.Members() {
		members = append(members, treeMember{string(name), value})
	}
	return members
}

// array returns the elements of an array, which are not nil, or nil for null.
func (p *parser) array(v batch.Value) []batch.Value {
	if v.Kind() == '[' {
		return slices.AppendSeq([]batch.Value{}, v.Elements())
	}
	p.bad = p.bad || v.Kind() != 'n'
	return nil
}

// text returns a string, decoded.
func (p *parser) text(v batch.Value) string {
	text, ok := v.Text()
	p.bad = p.bad || !ok
	return string(text)
}

// scalar returns a string decoded, and another scalar as it was spelt.
func (p *parser) scalar(v batch.Value) string {
	text := v.Raw()
	if text == nil {
		return p.text(v)
	}
	return string(text)
}

// key returns the text that is shown for a key. A string has no quotes, unless
// it could be mistaken for another scalar or overlooked: "7", "null", "", " a".
func (p *parser) key(v batch.Value) string {
	s := p.scalar(v)
	if v.Kind() == '"' && (s == "" || json.Valid([]byte(s)) || s[0] == ' ' || s[len(s)-1] == ' ') {
		return strconv.Quote(s)
	}
	return s
}

// time returns a timestamp as it was in the input, "" for null.
func (p *parser) time(v batch.Value) string {
	if v.Kind() == 'n' {
		return ""
	}
	return p.scalar(v)
}

// number returns a number that is not beyond float64.
func (p *parser) number(v batch.Value) float64 {
	f, err := strconv.ParseFloat(string(v.Raw()), 64)
	if err != nil {
		p.bad = true
		return 0
	}
	return f
}

// count returns a whole number.
func (p *parser) count(v batch.Value) uint64 {
	n, err := strconv.ParseUint(string(v.Raw()), 10, 64)
	p.bad = p.bad || err != nil
	return n
}
