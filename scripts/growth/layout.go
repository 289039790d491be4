package main

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

// member is a name and the function that makes its values.
type member struct {
	name  string                              // as in the text, with quotes
	value func(b []byte, r *rand.Rand) []byte // nil: the time of the line
}

// layout is the members of a line, in order.
type layout []member

// maker makes lines with timestamps ten seconds apart.
type maker struct {
	random *rand.Rand
	next   func() layout // chooses the layout of the next line
	comma  func() string
	colon  func() string
	at     time.Time
}

func newMaker(random *rand.Rand, next func() layout) *maker {
	return &maker{
		random: random,
		next:   next,
		comma:  func() string { return "," },
		colon:  func() string { return ":" },
		at:     time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC),
	}
}

// line is a [source].
func (m *maker) line(b []byte) []byte {
	m.at = m.at.Add(10 * time.Second)
	for i, member := range m.next() {
		if i == 0 {
			b = append(b, '{')
		} else {
			b = append(b, m.comma()...)
		}
		b = append(append(b, member.name...), m.colon()...)
		if member.value == nil {
			b = m.at.AppendFormat(b, `"2006-01-02T15:04:05Z"`)
			continue
		}
		b = member.value(b, m.random)
	}
	return append(b, "}\n"...)
}

// tenths appends a number from 60.0 to 89.9.
func tenths(b []byte, r *rand.Rand) []byte {
	b = append(strconv.AppendInt(b, 60+r.Int64N(30), 10), '.')
	return strconv.AppendInt(b, r.Int64N(10), 10)
}

// wholes appends a whole number from 100 to 999.
func wholes(b []byte, r *rand.Rand) []byte { return strconv.AppendInt(b, 100+r.Int64N(900), 10) }

// oneOf appends one of the given texts.
func oneOf(texts ...string) func([]byte, *rand.Rand) []byte {
	return func(b []byte, r *rand.Rand) []byte {
		return append(append(append(b, '"'), texts[r.IntN(len(texts))]...), '"')
	}
}

// eight returns the basic layout of eight members.
func eight() layout {
	return layout{
		{`"timestamp"`, nil},
		{`"machine"`, oneOf("m11", "m12", "m13")},
		{`"temperature"`, tenths},
		{`"speed"`, wholes},
		{`"pressure"`, tenths},
		{`"status"`, oneOf("STARTED", "RUNNING", "STOPPED")},
		{`"order"`, oneOf("A-17-0432", "A-17-0433", "B-09-1120")},
		{`"operator"`, oneOf("Kim, first shift", "Lee, night shift", "Roy, third shift")},
	}
}

// kind is a way to make layouts at random. All layouts have the members timestamp
// and temperature.
type kind struct {
	name    string
	draw    func(r *rand.Rand) layout
	endless bool // every layout has names of its own
}

func kinds() []kind {
	return []kind{
		{"eight members in another order", permuted, false},
		{"half of fourteen optional members", halved, false},
		{"other names, but for two members", renamed, true},
	}
}

func permuted(r *rand.Rand) layout {
	l := eight()
	r.Shuffle(len(l), func(i, k int) { l[i], l[k] = l[k], l[i] })
	return l
}

// halved adds seven of fourteen optional members: each occurs with probability 1/2,
// and the length of lines hardly varies.
func halved(r *rand.Rand) layout {
	present := r.Perm(14)[:7]
	l := layout{eight()[0], eight()[2]}
	for i := range 14 {
		if slices.Contains(present, i) {
			l = append(l, numbered("optional", i, 10+i))
		}
	}
	return l
}

// renamed adds six members with random names and shuffles the eight.
func renamed(r *rand.Rand) layout {
	l := layout{eight()[0], eight()[2]}
	for i := range 6 {
		name := make([]byte, 9)
		for k := range name {
			name[k] = 'a' + byte(r.IntN(26))
		}
		l = append(l, numbered(string(name), i, 10+i))
	}
	r.Shuffle(len(l), func(i, k int) { l[i], l[k] = l[k], l[i] })
	return l
}

// numbered returns a member with a whole number, or with a text where i is uneven.
func numbered(name string, i, suffix int) member {
	m := member{name: fmt.Sprintf(`"%s%d"`, name, suffix), value: wholes}
	if i%2 == 1 {
		m.value = oneOf("open", "shut", "half")
	}
	return m
}

// names returns the names of all members: the identity of a layout.
func (l layout) names() string {
	var b strings.Builder
	for _, m := range l {
		b.WriteString(m.name)
	}
	return b.String()
}

// anyOf returns a function that chooses one of the given number of layouts at
// random. With 0 it makes a new layout for every line.
func (k kind) anyOf(layouts int, r *rand.Rand) func() layout {
	if layouts == 0 {
		return func() layout { return k.draw(r) }
	}
	var all []layout
	seen := map[string]bool{}
	for len(all) < layouts {
		l := k.draw(r)
		names := l.names()
		if !seen[names] {
			seen[names] = true
			all = append(all, l)
		}
	}
	return func() layout { return all[r.IntN(len(all))] }
}

// layouts measures streams whose lines have different layouts.
func (b *bench) layouts() error {
	lines := b.records / 4
	sizes := []int{1, 2, 4, 16, 1000, 0}
	t := &table{title: "Layouts of lines, at random: nanoseconds per record", head: []string{""}}
	for _, n := range sizes {
		t.head = append(t.head, count(n, "new each time"))
	}
	for number, k := range kinds() {
		var inputs []input
		for _, n := range sizes {
			r := rand.New(rand.NewPCG(1, uint64(number)))
			in, err := b.write(fmt.Sprintf("layouts%d-%d.jsonl", number, n), lines, newMaker(r, k.anyOf(n, r)).line)
			if err != nil {
				return err
			}
			inputs = append(inputs, in)
		}
		for _, command := range []string{"winavg -f temperature -w 10", "mavg -f temperature", "mavg"} {
			r := row{name: fmt.Sprintf("%s: `%s`", k.name, command)}
			for _, in := range inputs {
				r.cells = append(r.cells, &cell{command: command, in: in})
			}
			if k.endless && command == "mavg" {
				r.cells[len(r.cells)-1] = nil // mavg would keep a window for each name, up to --max-groups
			}
			t.rows = append(t.rows, r)
		}
	}
	if err := b.measure("layouts", t.cells()); err != nil {
		return err
	}
	thousand := slices.Index(sizes, 1000)
	fmt.Fprint(b.out, t.text(nanoseconds, "1,000 / 1, per byte", func(cells []*cell) string {
		return fmt.Sprintf("%.2f", cells[thousand].perByte()/cells[0].perByte())
	}))
	first := t.rows[0].cells[0].in
	fmt.Fprintf(b.out, "\n%s records of about %d bytes. The last column should be at most 4.\n", count(lines, ""), first.bytes/first.lines)
	return nil
}
