package jsonscan_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
	"weir/pkg/jsonscan"
)

// tokens are the parts that texts are made of, good and bad.
var tokens = []string{
	"{", "}", "[", "]", ",", ":", " ", "\t", "\r", "\n", `"a"`, `"b":`, `{"a":`, `"\u0061"`, `"\ud800"`, `"é"`, "\"\xff\"", "\"\x01\"", `"\x"`, `"\u12`, `"`, `\`,
	"0", "-0", "-", "01", "1.5", "1.", ".5", "1e5", "1E+", "12345678901234567890123", "true", "false", "null", "tru", "nulls", "NaN", "x", "é", "\xe2\x82", "\x00",
}

// TestObjectAgreesWithOracle: for all texts, Object accepts what encoding/json, UTF-8 and
// the limit of the depth allow, and nothing else. An error is in the text, and the same
// text has the same one.
func TestObjectAgreesWithOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := strings.Join(rapid.SliceOfN(rapid.SampledFrom(tokens), 0, 12).Draw(t, "tokens"), "")
		if rapid.Bool().Draw(t, "object") {
			text = `{"a":` + text + "}"
		}
		check(t, text)
	})
}

func check(t rapid.TB, text string) {
	t.Helper()
	b := []byte(text)
	end, err := jsonscan.Object(b)
	good := strings.Trim(text, " \t\r\n") != "" && oracle.IsRecord(text)
	switch {
	case good != (err == nil):
		t.Fatalf("%q: %v, want good %v", text, err, good)
	case good && (end == 0 || b[end-1] != '}' || strings.Trim(text[end:], " \t\r\n") != ""):
		t.Fatalf("%q ends at %d", text, end)
	case !good && (end != 0 || err.Offset < 0 || err.Offset > len(b) || err.Kind == "" || !utf8.ValidString(err.Error())):
		t.Fatalf("%q: %#v, end %d", text, err, end)
	}
	// The value alone, which may be of any type, and with text after it.
	from := jsonscan.Space(b, 0)
	end, err = jsonscan.Value(b[from:], 0)
	if err == nil && (end == 0 || !json.Valid(b[from:from+end])) {
		t.Fatalf("%q has the value %q", text, b[from:from+end])
	}
	if err != nil && json.Valid(b) && utf8.Valid(b) {
		t.Fatalf("%q: %v", text, err)
	}
}

// FuzzObject is TestObjectAgreesWithOracle for texts of any kind.
func FuzzObject(f *testing.F) {
	for _, s := range append(tokens, `{"a":[1,{"b":"\u00e9"}],"c":-0.1e5} `) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) { check(t, text) })
}

// TestDepth: the limit of the depth is exact, for objects and arrays, and counts what
// contains a Value. Deeper text does not exhaust the stack.
func TestDepth(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ open, end string }{{`{"a":`, "}"}, {`[`, "]"}} {
		nested := func(n int) []byte {
			return []byte(strings.Repeat(c.open, n) + "0" + strings.Repeat(c.end, n))
		}
		for outside := range 3 {
			_, err := jsonscan.Value(nested(jsonscan.MaxDepth-outside), outside)
			if err != nil {
				t.Errorf("%d levels of %s: %v", jsonscan.MaxDepth-outside, c.open, err)
			}
			_, err = jsonscan.Value(nested(jsonscan.MaxDepth-outside+1), outside)
			if err == nil || err.Syntax || err.Offset != len(c.open)*(jsonscan.MaxDepth-outside) {
				t.Errorf("%d levels of %s: %#v", jsonscan.MaxDepth-outside+1, c.open, err)
			}
		}
	}
	_, err := jsonscan.Object([]byte(strings.Repeat(`{"a":[`, 1<<20)))
	if err == nil {
		t.Error("a million levels are accepted")
	}
}

// TestErrors: the offset, the text and the kind of an error. (The tests of ndjson have
// the long list.)
func TestErrors(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text, want string
		offset     int
		syntax     bool
	}{
		{``, "an empty line", 0, true},
		{` [1]`, "not an object: [1]", 1, false},
		{`{"v":7l.4}`, "not a number: 7l.4", 5, true},
		{`{"v":1`, "the line ends inside the object (write one object per line; jq -c . does that)", 6, true},
		{`{"v":1} {}`, "text after the object (write one object per line; jq -c . does that): {", 8, true},
		{"{\"v\":\"\xff\"}", "not UTF-8: the byte 0xff", 6, false},
		{"{\"v\":\xff}", "not UTF-8: the byte 0xff", 5, true},
		{`{"v":"` + strings.Repeat("x", 50) + `\q"}`, `not a JSON escape: \q`, 56, true},
		{`{"v":` + strings.Repeat("x", 50) + `}`, "not a JSON value: " + strings.Repeat("x", 40) + "…", 5, true},
	} {
		_, err := jsonscan.Object([]byte(c.text))
		if err == nil || err.Error() != c.want || err.Offset != c.offset || err.Syntax != c.syntax {
			t.Errorf("%q: %#v, want %d %s", c.text, err, c.offset, c.want)
		}
	}
}

// TestTruncatedIsError: a text that is cut anywhere is an error at or before its end.
func TestTruncatedIsError(t *testing.T) {
	t.Parallel()
	text := `{"a":[1,-2.5e+3,{"b":"\u00e9é\n"}],"c":true,"d":null , "e":{} }`
	for n := range len(text) {
		_, err := jsonscan.Object([]byte(text[:n]))
		if err == nil || err.Offset > n {
			t.Errorf("%q: %#v", text[:n], err)
		}
	}
}

// TestValidTextDoesNotAllocate: judging a valid text allocates nothing.
func TestValidTextDoesNotAllocate(t *testing.T) {
	text := []byte(`{"a":[1,-2.5e+3,{"b":"\u00e9é\n"}],"c":true,"d":null , "e":{} }`)
	n := testing.AllocsPerRun(10, func() {
		_, err := jsonscan.Object(text)
		_, also := jsonscan.Value(text, 5)
		if err != nil || also != nil {
			t.Error(err, also)
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestFindAgreesWithOracle: for all objects and paths, Find finds the value that
// encoding/json finds, of duplicates the last, and Names lists the members.
func TestFindAgreesWithOracle(t *testing.T) {
	t.Parallel()
	names := []string{"a", "b", "é", "\n", ""}
	rapid.Check(t, func(t *rapid.T) {
		var value func(depth int) string
		value = func(depth int) string {
			n := rapid.IntRange(0, 3).Draw(t, "members")
			if depth == 0 || n == 0 && depth < 3 {
				return rapid.SampledFrom([]string{"1", "-2.5", "null", `"}"`, "[]", `[{"a":1}]`, "{}"}).Draw(t, "value")
			}
			var list []string
			for range n {
				name := oracle.Quote(rapid.SampledFrom(names).Draw(t, "name"))
				if rapid.Bool().Draw(t, "escaped") {
					name = strings.NewReplacer("a", `\u0061`, "é", `\u00E9`, `\n`, `\u000a`).Replace(name)
				}
				list = append(list, name+rapid.SampledFrom([]string{":", " : "}).Draw(t, "colon")+value(depth-1))
			}
			return "{" + strings.Join(list, rapid.SampledFrom([]string{",", " ,\t"}).Draw(t, "comma")) + " }"
		}
		text := value(3)
		path := rapid.SliceOfN(rapid.SampledFrom(names), 1, 3).Draw(t, "path")
		if !strings.HasPrefix(text, "{") {
			text = `{"a":` + text + "}"
		}
		from, to, ok := jsonscan.Find([]byte(text), path)
		want, found := oracle.Find(text, path)
		if ok != found || ok && (from != want.From || to != want.To) {
			t.Fatalf("%q in %s is %q, %v, want %q, %v", path, text, text[from:to], ok, want.Value, found)
		}
		var all []string
		for _, m := range oracle.Members(text) {
			all = append(all, m.Name)
		}
		list := jsonscan.Names([]byte(text))
		if !slices.Equal(list, all) {
			t.Fatalf("%s has the names %q, want %q", text, list, all)
		}
	})
	from, to, ok := jsonscan.Find([]byte(" \n"+`{"a":1}`), []string{"a"})
	if !ok || from != 7 || to != 8 {
		t.Errorf("with white space before the object: %d, %d, %v", from, to, ok)
	}
	_, _, ok = jsonscan.Find([]byte(`{"a":1}`), nil)
	if ok {
		t.Error("an empty path finds something")
	}
}

// TestFindEntersArrays: an index is that of an element, in digits without zeros before it.
func TestFindEntersArrays(t *testing.T) {
	t.Parallel()
	const text = ` {"a":[ 1 , [ "x" , {"b":[ ] , "0":7} ] ],"0":2}`
	for path, want := range map[string]string{
		"a 0": "1", "a 1 0": `"x"`, "a 1 1 0": "7", "a 1 1 b": "[ ]", "0": "2",
		"a 2": "", "a 00": "", "a 1 1 b 0": "", "a -1": "", "a b": "", "a 0 0": "", "a 9999999999": "",
	} {
		from, to, ok := jsonscan.Find([]byte(text), strings.Fields(path))
		if text[from:to] != want || ok != (want != "") {
			t.Errorf("%s: %q %v, want %q", path, text[from:to], ok, want)
		}
	}
}

// TestFindInInvalidText: Find and Names do not panic on text that breaks their contract.
func TestFindInInvalidText(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := "{" + strings.Join(rapid.SliceOfN(rapid.SampledFrom(tokens), 0, 12).Draw(t, "tokens"), "")
		_, _, _ = jsonscan.Find([]byte(text), []string{"a", "b"})
		_, _, _ = jsonscan.Find([]byte(text), []string{"a", "1", "0"})
		_ = jsonscan.Names([]byte(text))
	})
}

// TestTruncate: what Truncate returns is short, printable and begins like the text.
func TestTruncate(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                        "",
		"7l.4":                    "7l.4",
		"a\x00b\n":                `a\u0000b\u000a`,
		strings.Repeat("é", 30):   strings.Repeat("é", 20) + "…",
		strings.Repeat("x", 1000): strings.Repeat("x", 40) + "…",
	} {
		got := jsonscan.Truncate([]byte(text))
		if got != want {
			t.Errorf("%s: %s, want %s", fmt.Sprintf("%.20q", text), got, want)
		}
	}
}
