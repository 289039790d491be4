package stats_test

import (
	"fmt"
	"math/big"
	"slices"
	"strings"
	"time"

	"weir/pkg/batch"
	"weir/pkg/internal/oracle"
	"weir/pkg/pipe"
)

// The model follows the rules of stats literally: it keeps every reading and
// goes over all of them for every statistic. Arithmetic and JSON are those of
// package oracle, times those of package time.

// rules are the values of the flags.
type rules struct {
	fields    [][]string // nil: all
	by        [][]string
	where     []string // conditions
	stats     []string
	named     bool   // -t
	deviation string // none, 20%, 3sd
	anomalies int
	list      bool
	max       int // --max-groups
	bad       pipe.Bad
}

type file struct{ name, text string }

// reading is a number of a field, when it was read, and where.
type reading struct {
	oracle.Reading
	when  string // the timestamp as it came; "" is no time
	file  string
	line  int64
	seq   int
	field int // index of its field in the record
}

// series is a field of a key.
type series struct {
	key  []string // JSON texts
	name string   // JSON text
	set  []reading
}

func (s *series) readings() (list []oracle.Reading) {
	for _, r := range s.set {
		list = append(list, r.Reading)
	}
	return list
}

type model struct {
	rules
	all          []*series
	seq          int
	ledger       pipe.Ledger
	reported     []string // file:line
	limitReached int      // 1: a field was left out
}

// instant reads a timestamp.
func instant(text string) (time.Time, bool) {
	if text[0] != '"' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		t, err := time.Parse(layout, oracle.Unquote(text))
		if err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// expect returns what the rules give for files.
func expect(r rules, files []file) *model {
	m := &model{rules: r}
	for _, f := range files {
		for i, l := range strings.Split(f.text, "\n") {
			if strings.Trim(l, " \t\r") != "" && !m.read(l, f.name, int64(i+1)) {
				return m
			}
		}
	}
	return m
}

// read counts a line; false: the run ends with it.
func (m *model) read(line, file string, n int64) bool {
	m.seq++
	m.ledger.Read++
	switch m.judge(strings.Trim(line, " \t\r"), file, n) {
	case "used":
		m.ledger.Used++
	case "no reading":
		m.ledger.NoReading++
	case "filtered":
		m.ledger.Filtered++
	default:
		m.ledger.Rejected++
		if m.bad != pipe.Skip {
			m.ledger.Unhandled++
			m.reported = append(m.reported, fmt.Sprintf("%s:%d", file, n))
		}
		return m.bad != pipe.Stop
	}
	return true
}

// matches reports whether a record matches all conditions.
func (m *model) matches(line string) bool {
	for _, text := range m.where {
		c, err := batch.ParseCond(text)
		v, ok := oracle.Find(line, c.Path)
		if err != nil || !oracle.Meets(map[bool]string{true: v.Value}[ok], c.Op.String(), c.Value, c.Quoted) {
			return false
		}
	}
	return true
}

func (m *model) judge(line, file string, n int64) string {
	if !oracle.IsRecord(line) {
		return "rejected"
	}
	if !m.matches(line) {
		return "filtered"
	}
	var key []string
	for _, path := range m.by {
		text, ok := oracle.Key(oracle.Find(line, path))
		if !ok {
			return "rejected"
		}
		key = append(key, text)
	}
	sameKey := func(s *series) bool { return slices.Equal(s.key, key) }
	if !slices.ContainsFunc(m.all, sameKey) && len(m.all) >= m.max {
		return "rejected"
	}
	like := reading{Reading: oracle.Reading{NoTime: true}, file: file, line: n, seq: m.seq}
	if when, ok := oracle.Find(line, []string{"timestamp"}); ok && when.Value != "null" {
		t, ok := instant(when.Value)
		if !ok && m.named {
			return "rejected"
		}
		if ok {
			like.Time, like.NoTime, like.when = t.UnixNano(), false, when.Value
		}
	}
	values, ok := m.values(line)
	if !ok {
		return "rejected"
	}
	return m.keep(key, values, like)
}

// value is the name and the number of a reading.
type value struct {
	name   string
	number *big.Rat
}

// values are the readings of a record; false: it is a bad line.
func (m *model) values(line string) (list []value, ok bool) {
	if m.fields == nil {
		all := oracle.Members(line)
		for i, x := range all {
			repeated := slices.ContainsFunc(all[i+1:], func(y oracle.Member) bool { return y.Name == x.Name })
			if v, ok := oracle.ParseNumber(x.Value); ok && !repeated && x.Name != "timestamp" {
				list = append(list, value{x.Name, v})
			}
		}
		return list, true
	}
	for _, path := range m.fields {
		x, ok := oracle.Find(line, path)
		if !ok || x.Value == "null" {
			continue
		}
		v, ok := oracle.ParseNumber(x.Value)
		if !ok {
			return nil, false
		}
		list = append(list, value{strings.Join(path, "."), v})
	}
	return list, true
}

// keep adds the readings of a record to their series.
func (m *model) keep(key []string, values []value, like reading) string {
	verdict := "no reading"
	for i, v := range values {
		k := slices.IndexFunc(m.all, func(s *series) bool { return slices.Equal(s.key, key) && s.name == oracle.Quote(v.name) })
		if k < 0 {
			if len(m.all) >= m.max {
				m.limitReached = 1
				continue
			}
			k = len(m.all)
			m.all = append(m.all, &series{key: key, name: oracle.Quote(v.name)})
		}
		r := like
		r.Reading = oracle.Read(v.number, like.Time)
		r.NoTime = like.NoTime
		r.field = i
		m.all[k].set = append(m.all[k].set, r)
		verdict = "used"
	}
	return verdict
}

// text is the whole output; incomplete is that without a second pass.
func (m *model) text(incomplete bool) string {
	slices.SortFunc(m.all, func(a, b *series) int {
		c := slices.Compare(a.key, b.key)
		if c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	if m.list {
		if incomplete {
			return ""
		}
		return m.anomalyLines()
	}
	var b strings.Builder
	for _, s := range m.all {
		b.WriteString(m.head(s))
		bits := oracle.Bits(oracle.Sorted(s.readings()))
		for _, stat := range m.stats {
			fmt.Fprintf(&b, `,"%s":%s`, stat, oracle.StatOf(stat, s.readings(), -1, bits))
		}
		b.WriteString(m.quantileError(s, bits))
		from, to := s.period()
		fmt.Fprintf(&b, `,"from":%s,"to":%s`, from, to)
		switch {
		case m.deviation == "none":
		case incomplete:
			b.WriteString(`,"anomaly_count":null,"anomalies":null`)
		default:
			m.writeAnomalies(&b, s)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

// quantileError returns the member for the width of the largest step that a quantile was
// computed from, or nothing if all are exact.
func (m *model) quantileError(s *series, bits int) string {
	step, sorted := 0.0, oracle.Sorted(s.readings())
	for _, stat := range m.stats {
		if stat == "mad" {
			step = max(step, madError(sorted, bits))
		}
		name, isQuantile := strings.CutPrefix(strings.Replace(stat, "median", "p50", 1), "p")
		if isQuantile {
			p := oracle.Number(name)
			k, share := oracle.Rank(len(sorted), p.Quo(p, big.NewRat(100, 1)))
			step = max(step, oracle.Width(oracle.Nearest(sorted[k].Value), bits))
			if share.Sign() > 0 {
				step = max(step, oracle.Width(oracle.Nearest(sorted[k+1].Value), bits))
			}
		}
	}
	if step == 0 {
		return ""
	}
	return `,"quantile_error":` + oracle.FloatText(step)
}

// madError returns by how much a median absolute deviation may be off: the largest step that
// the median is computed from, and the largest at the edges of the readings that are nearest to
// the median, together. These are taken one by one, above the median where two are equally near.
func madError(sorted []oracle.Reading, bits int) float64 {
	width := func(k int) float64 {
		if k < 0 || k >= len(sorted) {
			return 0
		}
		return oracle.Width(oracle.Nearest(sorted[k].Value), bits)
	}
	if bits == oracle.AllBits {
		return 0
	}
	n, median := len(sorted), oracle.Quantile(sorted, big.NewRat(1, 2), bits)
	distance := func(k int) *big.Rat {
		x := oracle.Quantile(sorted, big.NewRat(int64(k), int64(max(1, n-1))), bits)
		d := new(big.Rat).Sub(x, median)
		return d.Abs(d)
	}
	edges := 0.0
	first, end := n/2, n/2 // those taken are from first to before end
	for taken := range n/2 + 1 {
		if end < n && (first == 0 || distance(end).Cmp(distance(first-1)) <= 0) {
			end++
		} else {
			first--
		}
		if taken == (n-1)/2 || taken == n/2 {
			edges = max(edges, width(first-1), width(first), width(end-1), width(end))
		}
	}
	return max(width((n-1)/2), width(n/2)) + edges
}

func (m *model) head(s *series) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, path := range m.by {
		fmt.Fprintf(&b, `%s:%s,`, oracle.Quote(strings.Join(path, ".")), s.key[i])
	}
	return b.String() + `"field":` + s.name
}

// period is the smallest and the largest timestamp as they came; of several
// spellings of one instant the smallest and the largest.
func (s *series) period() (from, to string) {
	set := slices.DeleteFunc(slices.Clone(s.set), func(r reading) bool { return r.NoTime })
	if len(set) == 0 {
		return "null", "null"
	}
	compare := func(a, b reading) int {
		if a.Time != b.Time {
			return map[bool]int{true: -1, false: 1}[a.Time < b.Time]
		}
		return strings.Compare(a.when, b.when)
	}
	return slices.MinFunc(set, compare).when, slices.MaxFunc(set, compare).when
}

// anomaliesOf is the anomalies of a series, in input order.
func (m *model) anomaliesOf(s *series) (list []reading) {
	b := oracle.NewBaseline(m.deviation, s.readings())
	for _, r := range s.set {
		if b.Exceeded(r.Value) {
			list = append(list, r)
		}
	}
	return list
}

func (m *model) writeAnomalies(b *strings.Builder, s *series) {
	list := m.anomaliesOf(s)
	fmt.Fprintf(b, `,"anomaly_count":%d,"anomalies":[`, len(list))
	mean := oracle.Mean(s.readings())
	off := func(r reading) *big.Rat { return new(big.Rat).Abs(new(big.Rat).Sub(r.Value, mean)) }
	slices.SortStableFunc(list, func(a, b reading) int { return off(b).Cmp(off(a)) })
	list = list[:min(len(list), m.anomalies)]
	slices.SortFunc(list, func(a, b reading) int { return a.seq - b.seq })
	for i, r := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("{" + anomaly(r, mean) + "}")
	}
	b.WriteByte(']')
}

// episodesOf is the two members of a plot about episodes: how many runs of consecutive
// readings of a series are all anomalies, and these, the one with the largest deviation
// first.
func (m *model) episodesOf(s *series) string {
	mean, rest := oracle.Mean(s.readings()), m.anomaliesOf(s)
	off := func(r reading) *big.Rat { return new(big.Rat).Abs(new(big.Rat).Sub(r.Value, mean)) }
	var runs [][]reading
	last := -2
	for i, r := range s.set {
		if len(rest) == 0 || rest[0].seq != r.seq {
			continue
		}
		rest = rest[1:]
		if i != last+1 {
			runs = append(runs, nil)
		}
		runs[len(runs)-1] = append(runs[len(runs)-1], r)
		last = i
	}
	worst := func(run []reading) reading {
		return slices.MaxFunc(run, func(a, b reading) int { return off(a).Cmp(off(b)) }) // the first of equal ones
	}
	slices.SortStableFunc(runs, func(a, b []reading) int { return off(worst(b)).Cmp(off(worst(a))) })
	var list []string
	for _, run := range runs {
		from, to := episodePeriod(run)
		list = append(list, fmt.Sprintf(`{"from":%s,"to":%s,"count":%d,"worst":{%s}}`, from, to, len(run), anomaly(worst(run), mean)))
	}
	return fmt.Sprintf(`"episodes":%d,"largest":[%s]`, len(runs), strings.Join(list[:min(len(list), 100)], ","))
}

// episodePeriod is the earliest and the latest time of a run of readings, as they came; of
// several texts of one instant the first.
func episodePeriod(run []reading) (from, to string) {
	set := slices.DeleteFunc(slices.Clone(run), func(r reading) bool { return r.NoTime })
	if len(set) == 0 {
		return "null", "null"
	}
	compare := func(a, b reading) int {
		return map[bool]int{true: -1}[a.Time < b.Time] + map[bool]int{true: 1}[a.Time > b.Time]
	}
	return slices.MinFunc(set, compare).when, slices.MaxFunc(set, compare).when
}

// anomaly is the members of an anomaly.
func anomaly(r reading, mean *big.Rat) string {
	off := new(big.Rat).Sub(r.Value, mean)
	when := r.when
	if when == "" {
		when = "null"
	}
	return fmt.Sprintf(`"timestamp":%s,"value":%s,"deviation":%s,"percent":%s,"file":%s,"line":%d`,
		when, oracle.Exact(r.Value, -1), oracle.Float(off, -1), oracle.Percent(r.Value, mean, -1), oracle.Quote(r.file), r.line)
}

// anomalyLines is the output under --list.
func (m *model) anomalyLines() string {
	type entry struct {
		reading
		text string
	}
	var all []entry
	for _, s := range m.all {
		mean := oracle.Mean(s.readings())
		for _, r := range m.anomaliesOf(s) {
			all = append(all, entry{r, m.head(s) + "," + anomaly(r, mean) + "}\n"})
		}
	}
	slices.SortFunc(all, func(a, b entry) int {
		if a.seq != b.seq {
			return a.seq - b.seq
		}
		return a.field - b.field
	})
	var b strings.Builder
	for _, e := range all {
		b.WriteString(e.text)
	}
	return b.String()
}
