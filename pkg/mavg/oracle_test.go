package mavg_test

import (
	"bytes"
	"encoding/json"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode/utf8"
)

// What follows computes, from the README's semantics alone and as slowly as it
// likes, what mavg must print: tokens by encoding/json, numbers by math/big.

// asked is what the flags say.
type asked struct {
	n      int
	fields [][]string // nil: all
	by     [][]string
	time   string
	stats  []string
	as     string
	max    int
	digits int
}

type file struct {
	name, text string
}

// place is a fault that must be told; column 0 is not looked at.
type place struct {
	file         string
	line, column int64
}

type answer struct {
	lines                             []line
	used, noReading, rejected, oddOut int64
	told                              []place
	crowded                           bool
}

// line is one of the output. Where a member was taken out, the white space
// around it is nobody's business: then JSON is compared, not bytes.
type line struct {
	text  string
	exact bool
}

type member struct {
	name     string
	value    []byte
	from, to int // of the value in the line
}

// members are those of the object in text[from:], with duplicates.
func members(text []byte, from int) (list []member) {
	d := json.NewDecoder(bytes.NewReader(text[from:]))
	must(d.Token())
	for d.More() {
		name := must(d.Token()).(string)
		var v json.RawMessage
		if err := d.Decode(&v); err != nil {
			panic(err)
		}
		to := from + int(d.InputOffset())
		list = append(list, member{name, text[to-len(v) : to], to - len(v), to})
	}
	return list
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// at follows a path; the last of duplicate members counts.
func at(text []byte, from int, path []string) (member, bool) {
	var found *member
	for _, m := range members(text, from) {
		if m.name == path[0] {
			found = &m
		}
	}
	switch {
	case found == nil:
		return member{}, false
	case len(path) == 1:
		return *found, true
	case found.value[0] != '{':
		return member{}, false
	}
	return at(text, found.from, path[1:])
}

type class int

const (
	nothing class = iota
	number
	odd
)

// reading is what a value means to an average.
func reading(v []byte) (class, *big.Rat) {
	switch c := v[0]; {
	case c == 'n':
		return nothing, nil
	case c != '-' && (c < '0' || c > '9'):
		return odd, nil
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(string(v)), "e")
	if strings.Trim(mantissa, "-0.") == "" {
		return number, new(big.Rat)
	}
	if len(strings.TrimLeft(exponent, "+-0")) > 4 {
		return odd, nil // far out of range, or far too fine
	}
	r, ok := new(big.Rat).SetString(string(v))
	if !ok {
		panic("no number: " + string(v))
	}
	if f, _ := r.Float64(); math.IsInf(f, 0) {
		return odd, nil
	}
	fine := new(big.Int).Exp(big.NewInt(10), big.NewInt(1100), nil)
	if !new(big.Rat).Mul(r, new(big.Rat).SetInt(fine)).IsInt() {
		return odd, nil
	}
	return number, r
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

// oracle is the state of one run.
type oracle struct {
	asked
	past map[string]map[string][]*big.Rat
	held int
	out  answer
}

func (a asked) answer(files []file) answer {
	o := oracle{asked: a, past: map[string]map[string][]*big.Rat{}}
	for _, f := range files {
		text := strings.TrimPrefix(f.text, "\ufeff")
		for i, l := range strings.Split(text, "\n") {
			if strings.Trim(l, " \t\r") != "" {
				o.record(place{file: f.name, line: int64(i + 1)}, []byte(l))
			}
		}
	}
	return o.out
}

func (o *oracle) reject(p place) {
	o.out.rejected++
	o.out.told = append(o.out.told, p)
}

func (o *oracle) record(p place, text []byte) {
	body := bytes.TrimLeft(text, " \t\r")
	if !json.Valid(text) || !utf8.Valid(text) || body[0] != '{' {
		o.reject(p)
		return
	}
	from := len(text) - len(body)
	key, ok := o.key(text, from)
	if !ok {
		o.reject(p)
		return
	}
	if o.past[key] == nil && o.held == o.max {
		o.reject(p)
		return
	}
	added, used := o.averages(p, text, from, key)
	o.out.lines = append(o.out.lines, o.line(text, from, added))
	if used {
		o.out.used++
	} else {
		o.out.noReading++
	}
}

func (o *oracle) key(text []byte, from int) (key string, ok bool) {
	for _, path := range o.by {
		m, found := at(text, from, path)
		switch {
		case !found:
			key += "null\x00"
		case m.value[0] == '{' || m.value[0] == '[':
			return "", false
		case m.value[0] == '"':
			var s string
			if err := json.Unmarshal(m.value, &s); err != nil {
				panic(err)
			}
			key += quoted(s) + "\x00"
		default:
			key += string(m.value) + "\x00"
		}
	}
	return key, true
}

// averages is the value of the added member.
func (o *oracle) averages(p place, text []byte, from int, key string) (added string, used bool) {
	var parts []string
	told := false
	one := func(name string, m member, named bool) {
		c, r := reading(m.value)
		if c == odd && named {
			told = true
			o.out.told = append(o.out.told, place{p.file, p.line, int64(m.from) + 1})
		}
		if c != number {
			return
		}
		if o.past[key][name] == nil {
			if o.held == o.max {
				o.out.crowded = true
				return
			}
			o.held++
		}
		if o.past[key] == nil {
			o.past[key] = map[string][]*big.Rat{}
		}
		all := append(o.past[key][name], r)
		all = all[max(0, len(all)-o.n):]
		o.past[key][name] = all
		parts = append(parts, quoted(name)+":"+o.statistics(all))
	}
	if o.fields == nil {
		list := members(text, from)
		for i, m := range list {
			again := slices.ContainsFunc(list[i+1:], func(later member) bool { return later.name == m.name })
			if !again && m.name != o.time && m.name != o.as {
				one(m.name, m, false)
			}
		}
	}
	for _, path := range o.fields {
		if m, ok := at(text, from, path); ok {
			one(strings.Join(path, "."), m, true)
		}
	}
	if told {
		o.out.oddOut++
	}
	return "{" + strings.Join(parts, ",") + "}", len(parts) > 0
}

// line is the record with the member put in, and an old one of that name out.
func (o *oracle) line(text []byte, from int, added string) line {
	added = quoted(o.as) + ":" + added
	list := members(text, from)
	var kept []string
	for _, m := range list {
		if m.name != o.as {
			kept = append(kept, quoted(m.name)+":"+string(m.value))
		}
	}
	if len(kept) < len(list) {
		return line{"{" + strings.Join(append(kept, added), ",") + "}", false}
	}
	if len(kept) > 0 {
		added = "," + added
	}
	end := bytes.LastIndexByte(text, '}')
	before := bytes.TrimRight(text[from:end], " \t\r")
	return line{string(before) + added + string(text[from+len(before):end+1]), true}
}

func (o *oracle) statistics(all []*big.Rat) string {
	if len(o.stats) == 1 {
		return o.statistic(o.stats[0], all)
	}
	var parts []string
	for _, s := range o.stats {
		parts = append(parts, quoted(s)+":"+o.statistic(s, all))
	}
	return "{" + strings.Join(parts, ",") + "}"
}

func (o *oracle) statistic(name string, all []*big.Rat) string {
	n := new(big.Rat).SetInt64(int64(len(all)))
	sorted := slices.SortedFunc(slices.Values(all), (*big.Rat).Cmp)
	sum := new(big.Rat)
	for _, r := range all {
		sum.Add(sum, r)
	}
	mean := new(big.Rat).Quo(sum, n)
	switch name {
	case "count":
		return o.print(n, true)
	case "sum":
		return o.print(sum, true)
	case "min":
		return o.print(sorted[0], true)
	case "max":
		return o.print(sorted[len(sorted)-1], true)
	case "first":
		return o.print(all[0], true)
	case "last":
		return o.print(all[len(all)-1], true)
	case "mean":
		return o.print(mean, false)
	case "median":
		return o.print(quantile(sorted, big.NewRat(1, 2)), false)
	case "var", "sd":
		if len(all) < 2 {
			return "null"
		}
		v := new(big.Rat)
		for _, r := range all {
			d := new(big.Rat).Sub(r, mean)
			v.Add(v, d.Mul(d, d))
		}
		v.Quo(v, n.Sub(n, big.NewRat(1, 1)))
		if name == "sd" {
			return o.printRoot(v)
		}
		return o.print(v, false)
	}
	p, ok := new(big.Rat).SetString(name[1:])
	if !ok {
		panic(name)
	}
	return o.print(quantile(sorted, p.Quo(p, big.NewRat(100, 1))), false)
}

// quantile interpolates linearly between neighbours.
func quantile(sorted []*big.Rat, p *big.Rat) *big.Rat {
	h := new(big.Rat).Mul(p, new(big.Rat).SetInt64(int64(len(sorted)-1)))
	i := int(new(big.Int).Quo(h.Num(), h.Denom()).Int64())
	if i == len(sorted)-1 {
		return sorted[i]
	}
	h.Sub(h, new(big.Rat).SetInt64(int64(i)))
	d := new(big.Rat).Sub(sorted[i+1], sorted[i])
	return d.Add(d.Mul(d, h), sorted[i])
}

// print writes a result: plain is one that prints exactly.
func (o *oracle) print(r *big.Rat, plain bool) string {
	if o.digits >= 0 {
		return orFloat(rounded(r, o.digits))
	}
	if plain {
		return orFloat(r)
	}
	return float(r)
}

// printRoot writes the root of v.
func (o *oracle) printRoot(v *big.Rat) string {
	if o.digits < 0 {
		f, _ := new(big.Float).Sqrt(new(big.Float).SetPrec(3000).SetRat(v)).Float64()
		return floatText(f)
	}
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(o.digits)), nil)
	v = new(big.Rat).Mul(v, new(big.Rat).SetInt(new(big.Int).Mul(scale, scale)))
	c := new(big.Int).Sqrt(new(big.Int).Quo(v.Num(), v.Denom()))
	half := new(big.Rat).SetInt(c)
	half.Add(half, big.NewRat(1, 2))
	switch half.Mul(half, half).Cmp(v) {
	case -1:
		c.Add(c, big.NewInt(1))
	case 0:
		c.Add(c, big.NewInt(int64(c.Bit(0))))
	}
	return orFloat(new(big.Rat).SetFrac(c, scale))
}

// rounded is r with so many decimals, half to even.
func rounded(r *big.Rat, digits int) *big.Rat {
	scale := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(digits)), nil)
	up := new(big.Rat).Mul(r, new(big.Rat).SetInt(scale))
	c, rest := new(big.Int).DivMod(up.Num(), up.Denom(), new(big.Int))
	switch rest.Lsh(rest, 1).Cmp(up.Denom()) {
	case 1:
		c.Add(c, big.NewInt(1))
	case 0:
		c.Add(c, big.NewInt(int64(c.Bit(0))))
	}
	return new(big.Rat).SetFrac(c, scale)
}

// orFloat is the decimal r, plain if 40 digits are enough.
func orFloat(r *big.Rat) string {
	text := r.FloatString(1200)
	text = strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
	if text == "" || text == "-" || text == "-0" {
		return "0"
	}
	digits := strings.TrimPrefix(strings.TrimPrefix(text, "-"), "0.")
	if len(strings.Replace(digits, ".", "", 1)) <= 40 {
		return text
	}
	return float(r)
}

func float(r *big.Rat) string {
	f, _ := r.Float64()
	return floatText(f)
}

func floatText(f float64) string {
	if math.IsInf(f, 0) {
		return "null"
	}
	if f == 0 {
		return "0" // never -0
	}
	return string(must(json.Marshal(f)))
}
