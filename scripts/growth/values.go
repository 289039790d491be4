package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// A variant is a stream of one layout whose values are out of the ordinary.
type variant struct {
	name  string
	field string // what is averaged
	maker *maker
}

// with gives a member of the eight other values.
func with(name string, value func([]byte, *rand.Rand) []byte) layout {
	l := eight()
	for i := range l {
		if l[i].name == strconv.Quote(name) {
			l[i].value = value
		}
	}
	return l
}

// oneIn takes special values in one of n lines.
func oneIn(n int, special func([]byte, *rand.Rand) []byte) func([]byte, *rand.Rand) []byte {
	plain := eight()[7].value
	return func(b []byte, r *rand.Rand) []byte {
		if r.IntN(n) == 0 {
			return special(b, r)
		}
		return plain(b, r)
	}
}

// numbers writes all three numbers of the eight otherwise.
func numbers(value func([]byte, *rand.Rand) []byte) layout {
	l := eight()
	l[2].value, l[3].value, l[4].value = value, value, value
	return l
}

var (
	escaped = oneOf(`Kim \"K\", first\tshift`, `Lee \\ Roy,\nnight`, `Ren\u00e9, third`)
	foreign = oneOf("Jürgen, Frühschicht", "Ångström, natt", "山田、夜勤の班")
)

// long are numbers of 17 digits, as a float64 that was computed prints.
func long(b []byte, r *rand.Rand) []byte {
	b = append(strconv.AppendInt(b, 60+r.Int64N(30), 10), '.')
	return strconv.AppendInt(b, 100_000_000_000_000+r.Int64N(900_000_000_000_000), 10)
}

func exponents(b []byte, r *rand.Rand) []byte {
	return append(tenths(b, r), [...]string{"e0", "E+1", "e-2"}[r.IntN(3)]...)
}

// anyNumber is whole or not, small or large, negative, zero or null.
func anyNumber(b []byte, r *rand.Rand) []byte {
	switch r.IntN(5) {
	case 0:
		return append(b, "0"...)
	case 1:
		return append(b, "null"...)
	case 2:
		return tenths(append(b, '-'), r)
	case 3:
		return wholes(b, r)
	}
	return strconv.AppendFloat(b, r.Float64()*1e6, 'f', r.IntN(9), 64)
}

// anyLength are texts of 0 to 64 bytes.
func anyLength(b []byte, r *rand.Rand) []byte {
	const text = "the quick brown fox jumps over the lazy dog, and so on and so on"
	return append(append(append(b, '"'), text[:r.IntN(len(text)+1)]...), '"')
}

// nested is what nobody asks for.
func nested(b []byte, r *rand.Rand) []byte {
	b = append(b, `{"axes":[{"x":`...)
	b = wholes(b, r)
	b = append(b, `,"y":`...)
	b = tenths(b, r)
	return append(b, `},{"at":{"by":["a",{"temperature":1}]}}],"on":true}`...)
}

// reading is an object with a value inside.
func reading(b []byte, r *rand.Rand) []byte {
	b = append(b, `{"unit":"C","probe":{"id":"p1","value":`...)
	return append(tenths(b, r), "}}"...)
}

// variants are what is measured; the first is what the others are compared with.
func variants() []variant {
	random := func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
	of := func(name string, l layout) variant {
		return variant{name, "temperature", newMaker(random(), func() layout { return l })}
	}
	python := of(`a space behind colon and comma`, eight())
	python.maker.comma = func() string { return ", " }
	python.maker.colon = func() string { return ": " }
	wild := of(`white space that changes`, eight())
	blank := func(mark string) func() string {
		return func() string {
			n := wild.maker.random.IntN(9)
			return strings.Repeat(" ", n/3) + mark + strings.Repeat(" ", n%3)
		}
	}
	wild.maker.comma, wild.maker.colon = blank(","), blank(":")
	dotted := of("an asked value two objects down", with("temperature", reading))
	dotted.field = "temperature.probe.value"
	return []variant{
		of("plain", eight()),
		of("escapes in one line of ten", with("operator", oneIn(10, escaped))),
		of("escapes in every line", with("operator", escaped)),
		of("non-ASCII text in one line of ten", with("operator", oneIn(10, foreign))),
		of("non-ASCII text in every line", with("operator", foreign)),
		of("numbers of 17 digits", numbers(long)),
		of("numbers with exponents", numbers(exponents)),
		of("numbers of all kinds, and null", numbers(anyNumber)),
		of("texts of 0 to 64 bytes", with("operator", anyLength)),
		python,
		wild,
		of("nested members that nobody asked for", with("order", nested)),
		dotted,
	}
}

// values: what do lines cost whose values are out of the ordinary?
func (b *bench) values() error {
	lines := b.records / 4
	commands := []string{"winavg -w 10 -f FIELD", "mavg -f FIELD", "mavg"}
	t := &table{title: "Values: nanoseconds a record", head: []string{"", "`winavg -w 10 -f temperature`", "`mavg -f temperature`", "`mavg`"}}
	for i, v := range variants() {
		in, err := b.write(fmt.Sprintf("values%d.jsonl", i), lines, v.maker.line)
		if err != nil {
			return err
		}
		r := row{name: fmt.Sprintf("%s (%d bytes)", v.name, in.bytes/in.lines)}
		for _, words := range commands {
			r.cells = append(r.cells, &cell{words: strings.ReplaceAll(words, "FIELD", v.field), in: in})
		}
		t.rows = append(t.rows, r)
	}
	if err := b.measure("values", t.cells()); err != nil {
		return err
	}
	plain := t.rows[0].cells
	fmt.Fprint(b.out, t.text(nanoseconds, "to plain, by the byte", func(cells []*cell) string {
		var to []string
		for i, c := range cells {
			to = append(to, fmt.Sprintf("%.2f", c.perByte()/plain[i].perByte()))
		}
		return strings.Join(to, " · ")
	}))
	fmt.Fprintf(b.out, "\n%s records of each.\n", count(lines, ""))
	return nil
}
