package inputs

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// value appends the text of a value.
type value func(b []byte, r *rand.Rand) []byte

// member is a name, as in the text, with quotes, and the function that makes its
// values. Without one, the value is the time of the line.
type member struct {
	name  string
	value value
}

// maker makes lines of members, with timestamps ten seconds apart.
type maker struct {
	random       *rand.Rand
	at           time.Time
	next         func(r *rand.Rand) []member // returns the members of the next line
	comma, colon func(r *rand.Rand) string
}

func newMaker(next func(r *rand.Rand) []member) *maker {
	return &maker{
		random: random(2),
		at:     time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC),
		next:   next,
		comma:  func(*rand.Rand) string { return "," },
		colon:  func(*rand.Rand) string { return ":" },
	}
}

func (m *maker) line(b []byte) []byte {
	m.at = m.at.Add(10 * time.Second)
	b = append(b, '{')
	for i, member := range m.next(m.random) {
		if i > 0 {
			b = append(b, m.comma(m.random)...)
		}
		b = append(append(b, member.name...), m.colon(m.random)...)
		if member.value == nil {
			b = m.at.AppendFormat(b, `"2006-01-02T15:04:05Z"`)
		} else {
			b = member.value(b, m.random)
		}
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
func oneOf(texts ...string) value {
	return func(b []byte, r *rand.Rand) []byte {
		return append(append(append(b, '"'), texts[r.IntN(len(texts))]...), '"')
	}
}

// eight returns the members of an ordinary line.
func eight() []member {
	return []member{
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

func layouts(n int) Source {
	shuffled := func(r *rand.Rand) []member {
		l := eight()
		r.Shuffle(len(l), func(i, k int) { l[i], l[k] = l[k], l[i] })
		return l
	}
	if n == 0 {
		return newMaker(shuffled).line
	}
	var all [][]member
	r := random(uint64(n))
	seen := map[string]bool{}
	for len(all) < n {
		l := shuffled(r)
		names := ""
		for _, m := range l {
			names += m.name
		}
		if !seen[names] {
			seen[names] = true
			all = append(all, l)
		}
	}
	return newMaker(func(r *rand.Rand) []member { return all[r.IntN(n)] }).line
}

func newNames() Source {
	return newMaker(func(r *rand.Rand) []member {
		l := []member{eight()[0], eight()[2]}
		for range 6 {
			name := []byte(`"_________"`)
			for k := 1; k < len(name)-1; k++ {
				name[k] = 'a' + byte(r.IntN(26))
			}
			l = append(l, member{string(name), wholes})
		}
		r.Shuffle(len(l), func(i, k int) { l[i], l[k] = l[k], l[i] })
		return l
	}).line
}

// Values lists the kinds of values:KIND. The last one has its temperature two
// objects down, at temperature.probe.value.
func Values() []string {
	return []string{"plain", "escapes", "non-ASCII", "17-digits", "exponents", "any-number", "any-length", "space", "any-space", "unread-objects", "two-objects-down"}
}

// values returns the source of values:kind, or nil if there is no such kind.
func values(kind string) Source {
	l := eight()
	m := newMaker(func(*rand.Rand) []member { return l })
	numbers := func(v value) { l[2].value, l[3].value, l[4].value = v, v, v }
	switch kind {
	case "plain":
	case "escapes":
		l[7].value = oneOf(`Kim \"K\", first\tshift`, `Lee \\ Roy,\nnight`, `Ren\u00e9, third`)
	case "non-ASCII":
		l[7].value = oneOf("Jürgen, Frühschicht", "Ångström, natt", "山田、夜勤の班")
	case "17-digits":
		numbers(func(b []byte, r *rand.Rand) []byte {
			return strconv.AppendInt(append(strconv.AppendInt(b, 60+r.Int64N(30), 10), '.'), 100_000_000_000_000+r.Int64N(900_000_000_000_000), 10)
		})
	case "exponents":
		numbers(func(b []byte, r *rand.Rand) []byte {
			return append(tenths(b, r), [...]string{"e0", "E+1", "e-2"}[r.IntN(3)]...)
		})
	case "any-number":
		numbers(anyNumber)
	case "any-length":
		l[7].value = func(b []byte, r *rand.Rand) []byte {
			const text = "the quick brown fox jumps over the lazy dog, and so on and so on"
			return append(append(append(b, '"'), text[:r.IntN(len(text)+1)]...), '"')
		}
	case "space":
		m.comma, m.colon = func(*rand.Rand) string { return ", " }, func(*rand.Rand) string { return ": " }
	case "any-space":
		blank := func(mark string) func(*rand.Rand) string {
			return func(r *rand.Rand) string {
				return strings.Repeat(" ", r.IntN(3)) + mark + strings.Repeat(" ", r.IntN(3))
			}
		}
		m.comma, m.colon = blank(","), blank(":")
	case "unread-objects":
		l[6].value = func(b []byte, r *rand.Rand) []byte {
			b = wholes(append(b, `{"axes":[{"x":`...), r)
			b = tenths(append(b, `,"y":`...), r)
			return append(b, `},{"at":{"by":["a",{"temperature":1}]}}],"on":true}`...)
		}
	case "two-objects-down":
		l[2].value = func(b []byte, r *rand.Rand) []byte {
			return append(tenths(append(b, `{"unit":"C","probe":{"id":"p1","value":`...), r), "}}"...)
		}
	default:
		return nil
	}
	return m.line
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
