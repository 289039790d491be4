package stats_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"time"

	"weir/pkg/pipe"
)

// The oracle is the rules of stats, word for word: it keeps every
// reading and looks at all of them. Tokens are those of encoding/json, numbers
// those of math/big, times those of package time.

// rules are what the flags say.
type rules struct {
	fields    [][]string // nil: all
	by        [][]string
	where     [][2]string // name and value
	stats     []string
	named     bool   // -t
	deviation string // none, 20%, 3sd
	anomalies int
	list      bool
	room      int
	bad       pipe.Bad
}

type file struct{ name, text string }

// series is a field of a key.
type series struct {
	key  []string // JSON texts
	name string   // JSON text
	set  []reading
}

type oracle struct {
	rules
	all     []*series
	seq     int
	ledger  pipe.Ledger
	told    []string // file:line
	crowded int
}

type member struct {
	name string
	text string // of the value
}

// members are those of a good object, in order, with duplicates.
func members(text string) (list []member) {
	d := json.NewDecoder(strings.NewReader(text))
	if _, err := d.Token(); err != nil {
		panic(err)
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			panic(err)
		}
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			panic(err)
		}
		list = append(list, member{name.(string), string(v)})
	}
	return list
}

// at is the value at a path, "" if there is none; of duplicates the last counts.
func at(text string, path []string) (found string) {
	if text == "" || text[0] != '{' {
		return ""
	}
	for _, m := range members(text) {
		if m.name == path[0] {
			found = m.text
		}
	}
	if len(path) == 1 {
		return found
	}
	return at(found, path[1:])
}

// quoted is the one spelling of names and keys.
func quoted(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func decoded(text string) (s string) {
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	return s
}

// number reads a value: nil, true is without a reading; nil, false a fault.
func number(text string) (*big.Rat, bool) {
	if text == "" || text == "null" {
		return nil, true
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || text[0] != '-' && (text[0] < '0' || text[0] > '9') {
		return nil, false
	}
	if f, _ := r.Float64(); math.IsInf(f, 0) {
		return nil, false
	}
	fine := new(big.Int).Exp(big.NewInt(10), big.NewInt(1100), nil)
	return r, new(big.Rat).Mul(r, new(big.Rat).SetInt(fine)).IsInt()
}

// instant reads a timestamp.
func instant(text string) (time.Time, bool) {
	if text[0] != '"' {
		return time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339, time.DateTime} {
		if t, err := time.Parse(layout, decoded(text)); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}

// expect is what the rules make of files.
func expect(r rules, files []file) *oracle {
	o := &oracle{rules: r}
	for _, f := range files {
		for i, l := range strings.Split(f.text, "\n") {
			if strings.Trim(l, " \t\r") != "" && !o.read(l, f.name, int64(i+1)) {
				return o
			}
		}
	}
	return o
}

// read counts a line; false is the end.
func (o *oracle) read(line, file string, n int64) bool {
	o.seq++
	o.ledger.Read++
	switch o.judge(strings.Trim(line, " \t\r"), file, n) {
	case "used":
		o.ledger.Used++
	case "no reading":
		o.ledger.NoReading++
	case "filtered":
		o.ledger.Filtered++
	default:
		o.ledger.Rejected++
		if o.bad != pipe.Skip {
			o.ledger.Unhandled++
			o.told = append(o.told, fmt.Sprintf("%s:%d", file, n))
		}
		return o.bad != pipe.Stop
	}
	return true
}

func (o *oracle) judge(line, file string, n int64) string {
	if !json.Valid([]byte(line)) || line[0] != '{' {
		return "rejected"
	}
	for _, c := range o.where {
		v := at(line, c[:1])
		if v == "" || v[0] == '{' || v[0] == '[' || v[0] != '"' && v != c[1] || v[0] == '"' && decoded(v) != c[1] {
			return "filtered"
		}
	}
	var key []string
	for _, path := range o.by {
		v := at(line, path)
		switch {
		case v == "":
			v = "null"
		case v[0] == '"':
			v = quoted(decoded(v))
		case v[0] == '{' || v[0] == '[':
			return "rejected"
		}
		key = append(key, v)
	}
	isOurs := func(s *series) bool { return slices.Equal(s.key, key) }
	if !slices.ContainsFunc(o.all, isOurs) && len(o.all) >= o.room {
		return "rejected"
	}
	like := reading{file: file, line: n, seq: o.seq}
	if when := at(line, []string{"timestamp"}); when != "" && when != "null" {
		t, ok := instant(when)
		if !ok && o.named {
			return "rejected"
		}
		if ok {
			like.at, like.when = t, when
		}
	}
	values, ok := o.values(line)
	if !ok {
		return "rejected"
	}
	return o.keep(key, values, like)
}

// values are the names and texts of the readings.
func (o *oracle) values(line string) (list []member, good bool) {
	if o.fields == nil {
		all := members(line)
		for i, m := range all {
			again := slices.ContainsFunc(all[i+1:], func(n member) bool { return n.name == m.name })
			if v, ok := number(m.text); v != nil && ok && !again && m.name != "timestamp" {
				list = append(list, m)
			}
		}
		return list, true
	}
	for _, path := range o.fields {
		text := at(line, path)
		v, ok := number(text)
		if !ok {
			return nil, false
		}
		if v != nil {
			list = append(list, member{strings.Join(path, "."), text})
		}
	}
	return list, true
}

// keep files the readings of a record.
func (o *oracle) keep(key []string, values []member, like reading) string {
	verdict := "no reading"
	for i, m := range values {
		k := slices.IndexFunc(o.all, func(s *series) bool { return slices.Equal(s.key, key) && s.name == quoted(m.name) })
		if k < 0 {
			if len(o.all) >= o.room {
				o.crowded = 1
				continue
			}
			k = len(o.all)
			o.all = append(o.all, &series{key: key, name: quoted(m.name)})
		}
		like.v, _ = number(m.text)
		like.field = i
		o.all[k].set = append(o.all[k].set, like)
		verdict = "used"
	}
	return verdict
}

// text is the whole output; unseen is that without a second look.
func (o *oracle) text(unseen bool) string {
	slices.SortFunc(o.all, func(a, b *series) int {
		if c := slices.Compare(a.key, b.key); c != 0 {
			return c
		}
		return strings.Compare(a.name, b.name)
	})
	if o.list {
		if unseen {
			return ""
		}
		return o.listed()
	}
	var b strings.Builder
	for _, s := range o.all {
		b.WriteString(o.head(s))
		for _, stat := range o.stats {
			fmt.Fprintf(&b, `,"%s":%s`, stat, figure(stat, s.set))
		}
		from, to := s.ends()
		fmt.Fprintf(&b, `,"from":%s,"to":%s`, from, to)
		switch {
		case o.deviation == "none":
		case unseen:
			b.WriteString(`,"anomaly_count":null,"anomalies":null`)
		default:
			o.found(&b, s)
		}
		b.WriteString("}\n")
	}
	return b.String()
}

func (o *oracle) head(s *series) string {
	var b strings.Builder
	b.WriteByte('{')
	for i, path := range o.by {
		fmt.Fprintf(&b, `%s:%s,`, quoted(strings.Join(path, ".")), s.key[i])
	}
	return b.String() + `"field":` + s.name
}

// ends are the smallest and largest timestamp as they came; of several
// spellings of one instant the smallest and the largest.
func (s *series) ends() (from, to string) {
	set := timed(s.set)
	if len(set) == 0 {
		return "null", "null"
	}
	order := func(a, b reading) int {
		if c := a.at.Compare(b.at); c != 0 {
			return c
		}
		return strings.Compare(a.when, b.when)
	}
	return slices.MinFunc(set, order).when, slices.MaxFunc(set, order).when
}

// outliers are the readings that stand out, in input order.
func (o *oracle) outliers(s *series) (list []reading) {
	for _, r := range s.set {
		if standsOut(o.deviation, new(big.Rat).Sub(r.v, mean(s.set)), s.set) {
			list = append(list, r)
		}
	}
	return list
}

func (o *oracle) found(b *strings.Builder, s *series) {
	list := o.outliers(s)
	fmt.Fprintf(b, `,"anomaly_count":%d,"anomalies":[`, len(list))
	m := mean(s.set)
	off := func(r reading) *big.Rat { return new(big.Rat).Abs(new(big.Rat).Sub(r.v, m)) }
	slices.SortStableFunc(list, func(a, b reading) int { return off(b).Cmp(off(a)) })
	list = list[:min(len(list), o.anomalies)]
	slices.SortFunc(list, func(a, b reading) int { return a.seq - b.seq })
	for i, r := range list {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString("{" + anomaly(r, m) + "}")
	}
	b.WriteByte(']')
}

func anomaly(r reading, mean *big.Rat) string {
	off := new(big.Rat).Sub(r.v, mean)
	percent := "null"
	if mean.Sign() != 0 {
		p := new(big.Rat).Quo(off, new(big.Rat).Abs(mean))
		percent = float(p.Mul(p, big.NewRat(100, 1)))
	}
	when := r.when
	if when == "" {
		when = "null"
	}
	return fmt.Sprintf(`"timestamp":%s,"value":%s,"deviation":%s,"percent":%s,"file":%s,"line":%d`,
		when, plain(r.v), float(off), percent, quoted(r.file), r.line)
}

// listed is the output under --list.
func (o *oracle) listed() string {
	type entry struct {
		reading
		text string
	}
	var all []entry
	for _, s := range o.all {
		m := mean(s.set)
		for _, r := range o.outliers(s) {
			all = append(all, entry{r, o.head(s) + "," + anomaly(r, m) + "}\n"})
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
