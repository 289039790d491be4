package main

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// variant is a stream of one layout with unusual values.
type variant struct {
	name  string
	field string // the field that is averaged
	maker *maker
}

// with returns the layout eight with other values in one member.
func with(name string, value func([]byte, *rand.Rand) []byte) layout {
	l := eight()
	for i := range l {
		if l[i].name == strconv.Quote(name) {
			l[i].value = value
		}
	}
	return l
}

// oneIn returns special values in one of n lines, and those of operator in the
// others.
func oneIn(n int, special func([]byte, *rand.Rand) []byte) func([]byte, *rand.Rand) []byte {
	ordinary := eight()[7].value
	return func(b []byte, r *rand.Rand) []byte {
		if r.IntN(n) == 0 {
			return special(b, r)
		}
		return ordinary(b, r)
	}
}

// numbers returns the layout eight with other values in its three numbers.
func numbers(value func([]byte, *rand.Rand) []byte) layout {
	l := eight()
	l[2].value, l[3].value, l[4].value = value, value, value
	return l
}

var (
	escaped  = oneOf(`Kim \"K\", first\tshift`, `Lee \\ Roy,\nnight`, `Ren\u00e9, third`)
	nonASCII = oneOf("Jürgen, Frühschicht", "Ångström, natt", "山田、夜勤の班")
)

// long appends a number of 17 digits, as a computed float64 prints.
func long(b []byte, r *rand.Rand) []byte {
	b = append(strconv.AppendInt(b, 60+r.Int64N(30), 10), '.')
	return strconv.AppendInt(b, 100_000_000_000_000+r.Int64N(900_000_000_000_000), 10)
}

func exponents(b []byte, r *rand.Rand) []byte {
	return append(tenths(b, r), [...]string{"e0", "E+1", "e-2"}[r.IntN(3)]...)
}

// anyNumber appends null or a number of any kind: zero, negative, whole, with a
// fraction, small or large.
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

// anyLength appends a text of 0 to 64 bytes.
func anyLength(b []byte, r *rand.Rand) []byte {
	const text = "the quick brown fox jumps over the lazy dog, and so on and so on"
	return append(append(append(b, '"'), text[:r.IntN(len(text)+1)]...), '"')
}

// nested appends an object of some depth, which no command reads.
func nested(b []byte, r *rand.Rand) []byte {
	b = append(b, `{"axes":[{"x":`...)
	b = wholes(b, r)
	b = append(b, `,"y":`...)
	b = tenths(b, r)
	return append(b, `},{"at":{"by":["a",{"temperature":1}]}}],"on":true}`...)
}

// reading appends an object with the value two levels down.
func reading(b []byte, r *rand.Rand) []byte {
	b = append(b, `{"unit":"C","probe":{"id":"p1","value":`...)
	return append(tenths(b, r), "}}"...)
}

// variants returns what is measured. The first is the one the others are compared
// with.
func variants() []variant {
	random := func() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
	of := func(name string, l layout) variant {
		return variant{name, "temperature", newMaker(random(), func() layout { return l })}
	}
	python := of(`a space after colon and comma`, eight())
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
	dotted := of("the averaged value two objects down", with("temperature", reading))
	dotted.field = "temperature.probe.value"
	return []variant{
		of("plain", eight()),
		of("escapes in one line of ten", with("operator", oneIn(10, escaped))),
		of("escapes in every line", with("operator", escaped)),
		of("non-ASCII text in one line of ten", with("operator", oneIn(10, nonASCII))),
		of("non-ASCII text in every line", with("operator", nonASCII)),
		of("numbers of 17 digits", numbers(long)),
		of("numbers with exponents", numbers(exponents)),
		of("numbers of all kinds, and null", numbers(anyNumber)),
		of("texts of 0 to 64 bytes", with("operator", anyLength)),
		python,
		wild,
		of("nested members that are not read", with("order", nested)),
		dotted,
	}
}

// values measures lines with unusual values.
func (b *bench) values() error {
	lines := b.records / 4
	commands := []string{"winavg -w 10 -f FIELD", "mavg -f FIELD", "mavg"}
	t := &table{title: "Values: nanoseconds per record", head: []string{"", "`winavg -w 10 -f temperature`", "`mavg -f temperature`", "`mavg`"}}
	for i, v := range variants() {
		in, err := b.write(fmt.Sprintf("values%d.jsonl", i), lines, v.maker.line)
		if err != nil {
			return err
		}
		r := row{name: fmt.Sprintf("%s (%d bytes)", v.name, in.bytes/in.lines)}
		for _, command := range commands {
			r.cells = append(r.cells, &cell{command: strings.ReplaceAll(command, "FIELD", v.field), in: in})
		}
		t.rows = append(t.rows, r)
	}
	if err := b.measure("values", t.cells()); err != nil {
		return err
	}
	plain := t.rows[0].cells
	fmt.Fprint(b.out, t.text(nanoseconds, "relative to plain, per byte", func(cells []*cell) string {
		var to []string
		for i, c := range cells {
			to = append(to, fmt.Sprintf("%.2f", c.perByte()/plain[i].perByte()))
		}
		return strings.Join(to, " · ")
	}))
	fmt.Fprintf(b.out, "\n%s records of each.\n", count(lines, ""))
	return nil
}
