package mavg_test

import (
	"bytes"
	"math/big"
	"slices"
	"strings"

	"weir/pkg/internal/oracle"
)

// The model computes what mavg must print only from the rules of the README: it
// keeps every reading and goes over the last N of them for every average.
// Arithmetic and JSON are those of package oracle.

// rules are the values of the flags.
type rules struct {
	n      int
	fields [][]string // nil: all
	by     [][]string
	time   string
	stats  []string
	as     string
	max    int // --max-groups
	digits int

	deviation     string // "": none
	onlyAnomalies bool
}

type file struct {
	name, text string
}

// position is where an error must be reported; column 0 is not compared.
type position struct {
	file         string
	line, column int64
}

// result is what a run must print and report.
type result struct {
	lines        []line
	used         int64
	noReading    int64
	rejected     int64
	withErrors   int64 // records that were passed on with a value error
	reported     []position
	limitReached bool
}

// line is one of the output. Where a member was removed, the white space around it
// is not defined: then JSON is compared, not bytes.
type line struct {
	text  string
	exact bool
}

type class int

const (
	nothing class = iota
	number
	noNumber
)

// reading is how mavg treats a value.
func reading(value string) (class, *big.Rat) {
	if value == "null" {
		return nothing, nil
	}
	r, ok := oracle.ParseNumber(value)
	if !ok {
		return noNumber, nil
	}
	return number, r
}

// model is the state of one run.
type model struct {
	rules
	past  map[string]map[string][]oracle.Reading // by key and field: at most the last n
	pairs int                                    // of key and field
	out   result
}

func (r rules) expect(files []file) result {
	m := model{rules: r, past: map[string]map[string][]oracle.Reading{}}
	for _, f := range files {
		text := strings.TrimPrefix(f.text, "\ufeff")
		for i, l := range strings.Split(text, "\n") {
			if strings.Trim(l, " \t\r") != "" {
				m.record(position{file: f.name, line: int64(i + 1)}, l)
			}
		}
	}
	return m.out
}

func (m *model) reject(p position) {
	m.out.rejected++
	m.out.reported = append(m.out.reported, p)
}

func (m *model) record(p position, text string) {
	if !oracle.IsRecord(text) {
		m.reject(p)
		return
	}
	key, ok := m.key(text)
	if !ok || m.past[key] == nil && m.pairs == m.max {
		m.reject(p)
		return
	}
	added, anomalies, used := m.averages(p, text, key)
	if anomalies != "" || !m.onlyAnomalies {
		m.out.lines = append(m.out.lines, m.line(text, added, anomalies))
	}
	if used {
		m.out.used++
	} else {
		m.out.noReading++
	}
}

func (m *model) key(text string) (key string, ok bool) {
	for _, path := range m.by {
		part, ok := oracle.Key(oracle.Find(text, path))
		if !ok {
			return "", false
		}
		key += part + "\x00"
	}
	return key, true
}

// averages returns the values of the added members; anomalies is "" if there are none.
func (m *model) averages(p position, text, key string) (added, anomalies string, used bool) {
	var parts, unusual []string
	invalid := false
	add := func(name string, x oracle.Member, named bool) {
		c, v := reading(x.Value)
		if c == noNumber && named {
			invalid = true
			m.out.reported = append(m.out.reported, position{p.file, p.line, int64(x.From) + 1})
		}
		if c != number {
			return
		}
		if m.past[key][name] == nil {
			if m.pairs == m.max {
				m.out.limitReached = true
				return
			}
			m.pairs++
		}
		if m.past[key] == nil {
			m.past[key] = map[string][]oracle.Reading{}
		}
		window := m.past[key][name]
		next := int64(0)
		if len(window) > 0 {
			next = window[len(window)-1].Time + 1
		}
		if m.deviation != "" && len(window) == m.n {
			a := m.anomaly(window, v)
			if a != "" {
				unusual = append(unusual, oracle.Quote(name)+":"+a)
			}
		}
		window = append(window, oracle.Read(v, next))
		window = window[max(0, len(window)-m.n):]
		m.past[key][name] = window
		parts = append(parts, oracle.Quote(name)+":"+m.statistics(window))
	}
	if m.fields == nil {
		list := oracle.Members(text)
		for i, x := range list {
			repeated := slices.ContainsFunc(list[i+1:], func(y oracle.Member) bool { return y.Name == x.Name })
			if !repeated && x.Name != m.time && !m.replaces(x.Name) {
				add(x.Name, x, false)
			}
		}
	}
	for _, path := range m.fields {
		if x, ok := oracle.Find(text, path); ok {
			add(strings.Join(path, "."), x, true)
		}
	}
	if invalid {
		m.out.withErrors++
	}
	if unusual != nil {
		anomalies = "{" + strings.Join(unusual, ",") + "}"
	}
	return "{" + strings.Join(parts, ",") + "}", anomalies, len(parts) > 0
}

// replaces reports whether an existing member of that name is taken out.
func (m *model) replaces(name string) bool {
	return name == m.as || m.deviation != "" && name == anomaliesName
}

const anomaliesName = "anomalies"

// anomaly returns what is printed of v if it is too far from the readings before it, else "".
func (m *model) anomaly(before []oracle.Reading, v *big.Rat) string {
	b := oracle.NewBaseline(m.deviation, before)
	if !b.Exceeded(v) {
		return ""
	}
	return `{"baseline":` + oracle.Float(b.Center, m.digits) + `,"percent":` + oracle.Percent(v, b.Center, m.digits) + "}"
}

// statistics returns one statistic as a number, several as an object.
func (m *model) statistics(window []oracle.Reading) string {
	if len(m.stats) == 1 {
		return oracle.Stat(m.stats[0], window, m.digits)
	}
	var parts []string
	for _, s := range m.stats {
		parts = append(parts, oracle.Quote(s)+":"+oracle.Stat(s, window, m.digits))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

// line returns the record with the new members, and without members that had their names.
func (m *model) line(text, added, anomalies string) line {
	added = oracle.Quote(m.as) + ":" + added
	if anomalies != "" {
		added += `,"anomalies":` + anomalies
	}
	list := oracle.Members(text)
	var others []string
	for _, x := range list {
		if !m.replaces(x.Name) {
			others = append(others, oracle.Quote(x.Name)+":"+x.Value)
		}
	}
	if len(others) < len(list) {
		return line{"{" + strings.Join(append(others, added), ",") + "}", false}
	}
	if len(others) > 0 {
		added = "," + added
	}
	end := strings.LastIndexByte(text, '}')
	before := strings.TrimRight(text[:end], " \t\r")
	return line{strings.TrimLeft(before, " \t\r") + added + text[len(before):end+1], true}
}

// compact returns a record without white space and with names in one spelling.
func compact(record string) string {
	var b bytes.Buffer
	for _, x := range oracle.Members(record) {
		b.WriteString("," + oracle.Quote(x.Name) + ":" + x.Value)
	}
	return b.String()
}
