package chart

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"weir/pkg/batch"
)

// Line is a line of stats.
type Line struct {
	Keys       []Member // The keys of -g.
	Field      string
	Statistics []Member // In the order of the line.
	From, To   string   // First and last time, as texts of the input; "" if there is none.

	QuantileError string // By how much quantiles may be off, a JSON number; "" if they are exact.

	HasAnomalies bool      // The line has anomalies or their count, null included.
	Count        string    // Number of anomalies; "" if it is null.
	Anomalies    []Anomaly // Nil if the list is null.

	Plot *Plot // Nil if the line has none.

	ListRow *Anomaly // Not nil: a line of stats --list, which has none of the above but keys and field.
}

// Member is a name and the text of its value.
type Member struct {
	Name string
	Text string // Of a statistic: the JSON number, "" for null.
}

// Anomaly is one reading that is an anomaly. What is null or missing is "" or NaN.
type Anomaly struct {
	Time, Location            string // Location: FILE:LINE.
	Value, Deviation, Percent float64
}

// Distance returns the absolute deviation from the mean. An unknown deviation is
// one that float64 cannot hold, and so is the largest.
func (a Anomaly) Distance() float64 {
	if math.IsNaN(a.Deviation) {
		return math.Inf(1)
	}
	return math.Abs(a.Deviation)
}

// Parser parses lines of stats.
type Parser struct {
	tree batch.Tree // The line. Its values are valid until the next line.
	bad  bool       // The line has something that stats does not print.
}

// treeMember is a member of an object in the tree.
type treeMember struct {
	name  string
	value batch.Value
}

// Parse interprets a line of stats, with or without its line break. It reports false if
// the line has anything that stats does not print.
func (p *Parser) Parse(text []byte) (l Line, ok bool) {
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
		l.Keys = append(l.Keys, Member{m.name, p.key(m.value)})
	}
	l.Field = p.text(members[fieldAt].value)
	rest := members[fieldAt+1:]
	if slices.ContainsFunc(rest, func(m treeMember) bool { return m.name == "deviation" }) {
		row := p.anomaly(rest)
		l.ListRow = &row
		return l, !p.bad
	}
	for _, m := range rest {
		p.set(&l, m)
	}
	if l.Plot != nil {
		l.Plot.Period = l.Plot.Period.in(l.From, l.To)
	}
	return l, len(rest) > 0 && !p.bad
}

// set stores a member that follows the field. A member with an unknown name is a
// statistic, so that new statistics need no change here.
func (p *Parser) set(l *Line, m treeMember) {
	null := m.value.Kind() == 'n'
	switch m.name {
	case "from":
		l.From = p.time(m.value)
	case "to":
		l.To = p.time(m.value)
	case "quantile_error":
		if !null {
			p.number(m.value)
			l.QuantileError = string(m.value.Raw())
		}
	case "anomaly_count":
		l.HasAnomalies = true
		if !null {
			p.count(m.value)
			l.Count = string(m.value.Raw())
		}
	case "anomalies":
		l.HasAnomalies = true
		l.Anomalies = p.anomalies(m.value)
	case "plot":
		l.Plot = p.plot(m.value)
	default:
		s := Member{Name: m.name}
		if !null {
			p.number(m.value)
			s.Text = string(m.value.Raw())
		}
		l.Statistics = append(l.Statistics, s)
	}
}

// anomalies returns a list of anomalies: nil for null, and a list that is not nil for an
// empty one.
func (p *Parser) anomalies(v batch.Value) (all []Anomaly) {
	elements := p.array(v)
	if elements == nil {
		return nil
	}
	all = make([]Anomaly, len(elements))
	for i, e := range elements {
		all[i] = p.anomaly(p.object(e))
	}
	return all
}

// anomaly returns the anomaly that the members of an object describe.
func (p *Parser) anomaly(members []treeMember) Anomaly {
	a := Anomaly{Value: math.NaN(), Deviation: math.NaN(), Percent: math.NaN()}
	var file, lineNumber string
	for _, m := range members {
		if m.value.Kind() == 'n' {
			continue
		}
		switch m.name {
		case "timestamp":
			a.Time = p.time(m.value)
		case "value":
			a.Value = p.number(m.value)
		case "deviation":
			a.Deviation = p.number(m.value)
		case "percent":
			a.Percent = p.number(m.value)
		case "file":
			file = p.text(m.value)
		case "line":
			lineNumber = ":" + strconv.FormatUint(p.count(m.value), 10)
		default:
			p.bad = true
		}
	}
	a.Location = file + lineNumber
	return a
}

// The methods below return what a value is, or the zero value of their type after they
// have set bad.

// object returns the members of an object in their order, with duplicates.
func (p *Parser) object(v batch.Value) (members []treeMember) {
	p.bad = p.bad || v.Kind() != '{'
	for name, value := range v.Members() {
		members = append(members, treeMember{string(name), value})
	}
	return members
}

// array returns the elements of an array, which are not nil, or nil for null.
func (p *Parser) array(v batch.Value) []batch.Value {
	if v.Kind() == '[' {
		return slices.AppendSeq([]batch.Value{}, v.Elements())
	}
	p.bad = p.bad || v.Kind() != 'n'
	return nil
}

// text returns a string, decoded.
func (p *Parser) text(v batch.Value) string {
	text, ok := v.Text()
	p.bad = p.bad || !ok
	return string(text)
}

// scalar returns a string decoded, and another scalar as it was spelt.
func (p *Parser) scalar(v batch.Value) string {
	text := v.Raw()
	if text == nil {
		return p.text(v)
	}
	return string(text)
}

// key returns the text that is shown for a key.
func (p *Parser) key(v batch.Value) string {
	return KeyText(p.scalar(v), v)
}

// KeyText returns the text that is shown for a key whose value is v, and s once decoded. A string
// has no quotes, unless it could be mistaken for another scalar or overlooked: "7", "null", "", " a".
func KeyText(s string, v batch.Value) string {
	if v.Kind() == '"' && (s == "" || json.Valid([]byte(s)) || s[0] == ' ' || s[len(s)-1] == ' ') {
		return strconv.Quote(s)
	}
	return s
}

// time returns a timestamp as it was in the input, "" for null.
func (p *Parser) time(v batch.Value) string {
	if v.Kind() == 'n' {
		return ""
	}
	return p.scalar(v)
}

// number returns a number that is not beyond float64.
func (p *Parser) number(v batch.Value) float64 {
	f, err := strconv.ParseFloat(string(v.Raw()), 64)
	if err != nil {
		p.bad = true
		return 0
	}
	return f
}

// count returns a whole number that is not negative.
func (p *Parser) count(v batch.Value) uint64 {
	n, err := strconv.ParseUint(string(v.Raw()), 10, 64)
	p.bad = p.bad || err != nil
	return n
}

// signed is count for a number that an int64 holds.
func (p *Parser) signed(v batch.Value) int64 {
	n, err := strconv.ParseInt(string(v.Raw()), 10, 64)
	p.bad = p.bad || err != nil || n < 0
	return max(n, 0)
}
