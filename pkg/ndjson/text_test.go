package ndjson_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/internal/oracle"
	"weir/pkg/ndjson"
)

// units draws UTF-16, which is what JSON's escapes denote. Lone surrogates, pairs and
// characters with a short escape are all likely.
var units = rapid.SliceOfN(rapid.OneOf(
	rapid.SampledFrom([]uint16{'a', 'b', '"', '\\', '/', '\b', '\f', '\n', '\r', '\t', 0, 0x1f, 0x7f, 0xe9, 0x2027, 0x2028, 0x2029, 0xd83d, 0xde00, 0xd800, 0xdfff, 0xfffd, 0xfeff}),
	rapid.Uint16(),
), 0, 12)

// shortEscapes are the escapes of two characters.
var shortEscapes = map[uint16]string{'"': `\"`, '\\': `\\`, '/': `\/`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// spellUnits draws one of the spellings of a string.
func spellUnits(t *rapid.T, u []uint16) string {
	b := []byte{'"'}
	for i := 0; i < len(u); i++ {
		form := rapid.IntRange(0, 3).Draw(t, "form")
		pair := i+1 < len(u) && utf16.DecodeRune(rune(u[i]), rune(u[i+1])) != utf8.RuneError
		c := u[i]
		switch {
		case form == 0 && shortEscapes[c] != "":
			b = append(b, shortEscapes[c]...)
		case form == 1 && pair:
			b = utf8.AppendRune(b, utf16.DecodeRune(rune(c), rune(u[i+1])))
			i++
		case form <= 2 && c >= ' ' && c != '"' && c != '\\' && !utf16.IsSurrogate(rune(c)):
			b = utf8.AppendRune(b, rune(c))
		case form == 3:
			b = fmt.Appendf(b, `\u%04X`, c)
		default:
			b = fmt.Appendf(b, `\u%04x`, c)
		}
	}
	return string(append(b, '"'))
}

// key returns the key of a record whose member k has that JSON text.
func key(t rapid.TB, text string) string {
	t.Helper()
	rd := ndjson.NewRecords(batch.Plan{Key: []batch.Path{{"k"}}}, ndjson.Options{})
	rd.Reset(strings.NewReader(`{"k":`+text+`}`), "in")
	r, err := rd.Next()
	if err != nil {
		t.Fatal(text, err)
	}
	return string(r.Key())
}

// TestCanonicalSpelling: for all strings, two spellings are one key if and only if they
// are equal once decoded. The key's spelling is encoding/json's; a lone surrogate, which
// has none there, keeps its escape.
func TestCanonicalSpelling(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := units.Draw(t, "a"), units.Draw(t, "b")
		one := key(t, spellUnits(t, a))
		other := key(t, spellUnits(t, a))
		if other != one {
			t.Fatalf("two keys of one string: %q and %q", one, other)
		}
		if (key(t, spellUnits(t, b)) == one) != slices.Equal(a, b) {
			t.Fatalf("%04x and %04x are %q", a, b, one)
		}
		runes := utf16.Decode(a)
		if slices.Equal(utf16.Encode(runes), a) {
			want := oracle.Quote(string(runes))
			if one != want {
				t.Fatalf("%q, encoding/json %q", one, want)
			}
		} else if !json.Valid([]byte(one)) || oracle.Unquote(one) != string(runes) {
			t.Fatalf("%q does not decode to %q", one, string(runes))
		}
	})
	got := key(t, `"\uD83D\uD83D\uDE00"`)
	if got != `"\ud83d😀"` {
		t.Errorf("a lone surrogate before a pair: %s", got)
	}
}

// TestDecodedComparison: for all spellings, names match and conditions hold if the decoded
// text is equal.
func TestDecodedComparison(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name, value := rapid.String().Draw(t, "name"), rapid.String().Draw(t, "value")
		line := "{" + spell(t, name) + ":{" + spell(t, value) + ":7}," + spell(t, "w"+name) + ":" + spell(t, value) + "}"
		plan := batch.Plan{Numbers: []batch.Path{{name, value}}, Where: []batch.Cond{{Path: batch.Path{"w" + name}, Value: value}}}
		rd := newReader(plan, ndjson.Options{})
		rd.reset(strings.NewReader(line))
		b, row, err := rd.next()
		if err != nil || b.Error(row) != nil || b.Rows[row].Filtered {
			t.Fatalf("%s: %v", line, err)
		}
		r := b.Record(row)
		if r.Len() != 1 {
			t.Fatalf("%s: %d readings", line, r.Len())
		}
	})
}

// TestMaxFields: numbers of names beyond MaxFields are not readings, and LimitRow and
// Names.State report that there were some.
func TestMaxFields(t *testing.T) {
	t.Parallel()
	rd := newReader(batch.Plan{All: true, MaxFields: 2}, ndjson.Options{})
	rd.reset(strings.NewReader(`{"a":1,"s":"x","b":2}` + "\n" + `{"c":3,"b":4,"a":5,"s":6}`))
	var got []string
	for range 2 {
		_, limitReached := rd.fold.Names().State()
		if limitReached || rd.block.LimitRow() >= 0 {
			t.Error("the limit is reached too early")
		}
		b, row, err := rd.next()
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, describe(b, row))
	}
	expect(t, "max", got, []string{`key "" time {0 0}  "a"=1 "b"=2`, `key "" time {0 0}  "b"=4 "a"=5`})
	_, limitReached := rd.fold.Names().State()
	if !limitReached || rd.block.LimitRow() != rd.row {
		t.Error("the limit is not reached", rd.block.LimitRow())
	}
}

// TestManyFields: objects with many members, and names too long for the prefix table, are
// read like any other.
func TestManyFields(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 600 {
		fmt.Fprintf(&b, `,"n%03d":%d`, i, i)
	}
	long := strings.Repeat("x", 1000)
	wide := `{"` + long + `":7` + b.String() + `,"n599":0,"n000":1}`
	rd := ndjson.NewRecords(batch.Plan{All: true, Omit: []string{"n300"}}, ndjson.Options{})
	for range 3 {
		rd.Reset(strings.NewReader(wide+"\n{}\n"), "in")
		r, err := rd.Next()
		if err != nil || r.Len() != 600 {
			t.Fatal(err, r.Len())
		}
		slot, num := r.At(0)
		if num.Float() != 7 || string(r.Name(slot)) != `"`+long+`"` {
			t.Error(slot, num)
		}
		for i, want := range map[int]float64{1: 1, 2: 2, 597: 598, 598: 0, 599: 1} {
			_, num := r.At(i)
			if num.Float() != want {
				t.Errorf("reading %d is %v, want %v", i, num.Float(), want)
			}
		}
		r, err = rd.Next()
		if err != nil || r.Len() != 0 {
			t.Error("readings of the record before", err, r.Len())
		}
	}
}
