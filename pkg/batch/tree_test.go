package batch_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/valyala/fastjson"
	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
)

// An outline is a canonical form of what a reader finds in a text: structure, decoded
// names and strings, and the raw text of numbers. Each of the functions below makes it by
// means of its own, so that equal outlines mean equal readings.

// treeOutline appends the outline of a value in a Tree.
func treeOutline(dst []byte, v batch.Value) []byte {
	switch v.Kind() {
	case '{':
		dst = append(dst, '{')
		for name, m := range v.Members() {
			dst = treeOutline(append(strconv.AppendQuote(dst, string(name)), ':'), m)
		}
		return append(dst, '}')
	case '[':
		dst = append(dst, '[')
		for e := range v.Elements() {
			dst = append(treeOutline(dst, e), ',')
		}
		return append(dst, ']')
	case '"':
		text, _ := v.Text()
		return strconv.AppendQuote(dst, string(text))
	}
	return append(dst, v.Raw()...)
}

// scanOutline appends the outline of the value at b[i:], found by jsonscan, and returns
// where it ends. It requires valid text.
func scanOutline(dst, b []byte, i int) ([]byte, int) {
	end := func() int {
		n, _ := jsonscan.Value(b[i:], 0)
		return i + n
	}
	open := b[i]
	switch open {
	case '{', '[':
		dst = append(dst, open)
		for i = jsonscan.Space(b, i+1); b[i] != open+2; i = jsonscan.Space(b, i) { // } is { + 2, ] is [ + 2
			if b[i] == ',' {
				i = jsonscan.Space(b, i+1)
			}
			if open == '{' {
				dst, i = scanOutline(dst, b, i)
				i = jsonscan.Space(b, jsonscan.Space(b, i)+1)
				dst = append(dst, ':')
			}
			dst, i = scanOutline(dst, b, i)
			if open == '[' {
				dst = append(dst, ',')
			}
		}
		return append(dst, open+2), i + 1
	case '"':
		to := end()
		return strconv.AppendQuote(dst, string(jsonscan.AppendDecoded(nil, b[i+1:to-1]))), to
	}
	to := end()
	return append(dst, b[i:to]...), to
}

// jsonOutline appends the outline of the next value of a decoder of encoding/json.
func jsonOutline(t rapid.TB, dst []byte, d *json.Decoder) []byte {
	token, err := d.Token()
	if err != nil {
		t.Fatal(err)
	}
	switch token := token.(type) {
	case json.Delim:
		dst = append(dst, byte(token))
		for d.More() {
			dst = jsonOutline(t, dst, d)
			if token == '{' {
				dst = jsonOutline(t, append(dst, ':'), d)
			} else {
				dst = append(dst, ',')
			}
		}
		_, _ = d.Token()
		return append(dst, byte(token)+2)
	case string:
		return strconv.AppendQuote(dst, token)
	case nil:
		return append(dst, "null"...)
	}
	return fmt.Append(dst, token) // a bool, or a json.Number, which is its text
}

// levels returns how many levels of values a valid text has, as MaxTreeDepth counts them.
func levels(text []byte) (most int) {
	depth, inside := 0, false
	for i, c := range text {
		switch {
		case c == '"' && !inside:
			inside = true
			most = max(most, depth+1)
		case inside:
			backslashes := len(text[:i]) - len(bytes.TrimRight(text[:i], `\`))
			inside = c != '"' || backslashes%2 == 1
		case c == '{' || c == '[':
			depth++
			most = max(most, depth)
		case c == '}' || c == ']':
			depth--
		case c > ' ':
			most = max(most, depth+1)
		}
	}
	return most
}

// checkTree holds a Tree to jsonscan and to encoding/json.
func checkTree(t rapid.TB, tree *batch.Tree, text []byte) {
	t.Helper()
	before := bytes.Clone(text)
	v, err := tree.Parse(text)
	valid := json.Valid(text) && utf8.Valid(text)
	if !bytes.Equal(text, before) {
		t.Fatalf("%q became %q", before, text)
	}
	if err != nil {
		deep := levels(text)
		if err.Offset < 0 || err.Offset > len(text) || err.Kind == "" || valid && deep <= batch.MaxTreeDepth {
			t.Fatalf("%q: %v at %d", text, err, err.Offset)
		}
		return
	}
	if !valid {
		t.Fatalf("%q has a tree", text)
	}
	got := string(treeOutline(nil, v))
	want, _ := scanOutline(nil, text, jsonscan.Space(text, 0))
	if got != string(want) {
		t.Fatalf("%q is %s, jsonscan reads %s", text, got, want)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	want = jsonOutline(t, nil, d)
	if got != string(want) {
		t.Fatalf("%q is %s, encoding/json reads %s", text, got, want)
	}
	again := string(treeOutline(nil, v))
	if again != got {
		t.Fatalf("%q is %s when it is read again, not %s", text, again, got)
	}
}

// treeTokens are the parts that texts are made of, good and bad.
var treeTokens = []string{
	"{", "}", "[", "]", ",", ":", " ", "\t\r\n", `"a"`, `"b":`, `,"b":`, `{"a":`, `"\u0061\"\\\/\b\f\n\r\t"`, `"é😀\u2028"`, `"\ud83d\uDE00"`,
	`"\ud800"`, `"\uDC00x\udbff"`, `"\ud800\u0041"`, `"\ud800\ud83d\ude00"`, `"\\ud800"`, `"\\\udfff"`, "\"\xff\"", "\"\x01\"", `"\x"`, `"\u12`, `"`, `\`,
	"0", "-0", "-", "01", "1.50", "1.", "1e5", "-1E+400", "12345678901234567890123", "true", "false", "null", "nan", "-inf", "\x00",
}

// jsonTexts generates valid texts of any type.
func jsonTexts(depth int) *rapid.Generator[string] {
	space := rapid.SampledFrom([]string{"", "", " ", "\n\t", "\r\n"})
	strs := rapid.OneOf(
		rapid.SampledFrom([]string{`""`, `"a"`, `"\u0061"`, `"\ud800"`, `"\udc00"`, `"\ud800\u0041"`, `"\ud83d\ude00"`, `"\ud800\ud800\udc00"`, `"\\ud800"`, `"\\\\"`, `"\""`, "\"\u2028\""}),
		rapid.Map(rapid.String(), func(s string) string { return string(jsonscan.AppendQuoted(nil, s)) }))
	return rapid.Custom(func(t *rapid.T) string {
		s := space.Draw(t, "space")
		most := 6
		if depth == 0 {
			most = 3
		}
		switch rapid.IntRange(0, most).Draw(t, "type") {
		case 0:
			return s + rapid.SampledFrom([]string{"0", "-0", "-0.0e-0", "1.50", "1E+400", "9007199254740993", "0.1000000000000000055511151231257827"}).Draw(t, "number") + s
		case 1:
			return s + rapid.SampledFrom([]string{"null", "true", "false"}).Draw(t, "literal") + s
		case 2, 3:
			return s + strs.Draw(t, "string") + s
		case 4:
			return s + "[" + strings.Join(rapid.SliceOfN(jsonTexts(depth-1), 1, 4).Draw(t, "elements"), ",") + "]" + s
		case 5:
			return s + rapid.SampledFrom([]string{"{}", "[]", "{ }", "[\n]"}).Draw(t, "empty") + s
		}
		member := rapid.Custom(func(t *rapid.T) string {
			return s + strs.Draw(t, "name") + s + ":" + jsonTexts(depth-1).Draw(t, "value")
		})
		return s + "{" + strings.Join(rapid.SliceOfN(member, 1, 4).Draw(t, "members"), ",") + "}" + s
	})
}

// TestTreeAgrees: a Tree has every text that jsonscan and encoding/json accept, down to
// MaxTreeDepth, and no other; and all three read the same structure, the same decoded
// names and strings, duplicates and lone surrogates included, and the same text of
// numbers. It does not matter which texts the tree had before.
func TestTreeAgrees(t *testing.T) {
	t.Parallel()
	var tree batch.Tree // shared by all texts
	rapid.Check(t, func(t *rapid.T) {
		checkTree(t, &tree, []byte(jsonTexts(3).Draw(t, "text")))
		checkTree(t, &tree, []byte(strings.Join(rapid.SliceOfN(rapid.SampledFrom(treeTokens), 0, 12).Draw(t, "tokens"), "")))
	})
}

// FuzzTree is TestTreeAgrees for texts of any kind.
func FuzzTree(f *testing.F) {
	for _, s := range append(treeTokens, ` {"a":[1,{"b":"\u00e9"}],"a":-0.1e5} `, strings.Repeat("[", 300)+strings.Repeat("]", 300)) {
		f.Add([]byte(s))
	}
	var tree batch.Tree
	f.Fuzz(func(t *testing.T, text []byte) { checkTree(t, &tree, text) })
}

// TestTreeErrors: the offset and the text of an error.
func TestTreeErrors(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat(`{"[\"": [`, 150)
	for _, c := range []struct {
		text, want string
		offset     int
		syntax     bool
	}{
		{"", "a value is missing", 0, true},
		{" \n7l.4", "not a number: 7l.4", 2, true},
		{" [1]\n x", "text after the value: x", 6, true},
		{"{\"v\":\n\"\xff\"}", "not UTF-8: the byte 0xff", 7, false},
		{deep + ` "x"` + strings.Repeat("]}", 150), "nested more than 300 levels deep", len(deep) + 1, false},
		{deep + "[]" + strings.Repeat("]}", 150), "nested more than 300 levels deep", len(deep), false},
		{deep + strings.Repeat("]}", 150), "", 0, false},
		{"[" + strings.Repeat(`{"a":`, 299) + ` {"b":1}` + strings.Repeat("}", 299) + "]", "nested more than 300 levels deep", 1 + 5*299 - 4, false},
		{"[" + strings.Repeat(`{"a":`, 299) + ` {}` + strings.Repeat("}", 299) + "]", "nested more than 300 levels deep", 1 + 5*299 - 4, false},
		{strings.Repeat("[", 1001), "nested more than 1000 levels deep", 1000, false},
	} {
		var tree batch.Tree
		_, err := tree.Parse([]byte(c.text))
		switch {
		case (err == nil) != (c.want == ""):
			t.Errorf("%.40q: %v, want %q", c.text, err, c.want)
		case err != nil && (err.Error() != c.want || err.Offset != c.offset || err.Syntax != c.syntax):
			t.Errorf("%.40q: %q at %d (syntax %v), want %q at %d", c.text, err, err.Offset, err.Syntax, c.want, c.offset)
		}
	}
}

// TestTreeMember: of duplicate members the last counts, at the level that is asked;
// names are compared decoded.
func TestTreeMember(t *testing.T) {
	t.Parallel()
	var tree batch.Tree
	v, err := tree.Parse([]byte(`{"a":1,"o":{"a":2},"\u0061":30.0,"\ud800":4,"z":[]}`))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"a": "30.0", "\ufffd": "4", "o": "", "x": "none", "": "none"} {
		m, ok := v.Member(name)
		switch {
		case !ok && want != "none":
			t.Errorf("%q is not found", name)
		case ok && string(m.Raw()) != want:
			t.Errorf("%q is %s, want %s", name, m.Raw(), want)
		}
	}
	z, _ := v.Member("z")
	_, ok := z.Member("a")
	_, isText := z.Text()
	if ok || isText || z.Kind() != '[' {
		t.Errorf("an array has a member, or a text")
	}
	for range v.Members() {
		break // the others are not handed out
	}
	for range v.Elements() {
		t.Errorf("an object has elements")
	}
}

// A Tree reads a text whose layout is not known. Numbers come as text, for package exact.
func ExampleTree() {
	var tree batch.Tree
	for _, body := range []string{`{"status":"ST\u0041RTED","limits":[0.10,1e3]}`, `{"status":}`} {
		v, err := tree.Parse([]byte(body))
		if err != nil {
			fmt.Printf("offset %d: %v\n", err.Offset, err)
			continue
		}
		for name, member := range v.Members() {
			text, ok := member.Text()
			if ok {
				fmt.Printf("%s is %s\n", name, text)
			}
			for e := range member.Elements() {
				fmt.Printf("%s has %s\n", name, e.Raw())
			}
		}
	}
	// Output:
	// status is STARTED
	// limits has 0.10
	// limits has 1e3
	// offset 10: a value is missing before: }
}

// TestTreeKeepsResults: what the methods of a value return stays as it is until the tree
// is used again, even if the text changes.
func TestTreeKeepsResults(t *testing.T) {
	t.Parallel()
	var tree batch.Tree
	text := []byte(`{"n":[` + strings.Repeat("1.25,", 1000) + `2],"s":"\u0061b"}`)
	v, err := tree.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	clear(text)
	list, _ := v.Member("n")
	s, _ := v.Member("s")
	name, _ := s.Text()
	var all [][]byte
	for e := range list.Elements() {
		all = append(all, e.Raw())
	}
	got := string(bytes.Join(all, []byte{' '}))
	if got != strings.Repeat("1.25 ", 1000)+"2" || string(name) != "ab" {
		t.Errorf("%.40s, %s", got, name)
	}
	n, numErr := exact.Parse(all[0])
	if numErr != nil || n.Cmp(exact.FromUnits(125, 2)) != 0 {
		t.Errorf("1.25 is %v, %v", n, numErr)
	}
}

// newRecord returns a record with a text, in line 7 of a file.
func newRecord(text string) batch.Record {
	b := &batch.Batch{Text: []byte(text), Rows: []batch.Row{{To: uint32(len(text)), Note: -1}}}
	b.File, b.Line = "in.jsonl", 7
	batch.NewFold(batch.Plan{}).Begin(b)
	return b.Record(0)
}

// TestRecordTree: a record has its members in a Tree, or an error that says where it is
// too deep.
func TestRecordTree(t *testing.T) {
	t.Parallel()
	var tree batch.Tree
	r := newRecord(`{"k":"m1","v":0.10}`)
	v, err := r.Tree(&tree)
	if err != nil {
		t.Fatal(err)
	}
	got := string(treeOutline(nil, v))
	if got != `{"k":"m1""v":0.10}` {
		t.Error(got)
	}
	r = newRecord(`{"k":` + strings.Repeat("[", 300) + strings.Repeat("]", 300) + "}")
	_, err = r.Tree(&tree)
	if err == nil || err.Error() != "in.jsonl:7:305: nested more than 300 levels deep" || err.Syntax {
		t.Error(err)
	}
}

// TestTreeDoesNotAllocate: a Tree that has held a text of the same layout reads the next
// one without an allocation, escapes and lone surrogates included. (Not parallel:
// allocations of the whole process are counted.)
func TestTreeDoesNotAllocate(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the start of a collection allocates
	texts := make([][]byte, 100)
	for i := range texts {
		texts[i] = fmt.Appendf(nil, `{"timestamp":"2025-01-01T00:00:%02dZ","m":{"id":"caf\u00e9 \ud800","name":"é"},"values":[%.3f,%d,[],null],"on":true}`,
			i%60, rand.Float64(), rand.IntN(1000))
	}
	var tree batch.Tree
	r := newRecord(string(texts[0]))
	read := func(v batch.Value, texts int) {
		members := 0
		for _, m := range v.Members() {
			members++
			for e := range m.Elements() {
				if e.Kind() == '0' {
					_, err := exact.Parse(e.Raw())
					if err != nil {
						t.Fatal(err)
					}
				}
			}
		}
		m, _ := v.Member("m")
		id, _ := m.Member("id")
		s, ok := id.Text()
		if members != 4 || !ok || string(s) != "café \ufffd" {
			t.Fatalf("text %d: %d members, %q", texts, members, s)
		}
	}
	pass := func() {
		for i, text := range texts {
			v, err := tree.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			read(v, i)
			v, lineErr := r.Tree(&tree)
			if lineErr != nil {
				t.Fatal(lineErr)
			}
			read(v, i)
		}
	}
	pass()
	n := testing.AllocsPerRun(5, pass)
	if n != 0 {
		t.Errorf("%v allocations in %d texts", n, 2*len(texts))
	}
}

// TestFastjsonDiffers: where fastjson by itself reads valid text differently from
// jsonscan and encoding/json. A Tree hides all but the depth. If fastjson changes, this
// test fails.
func TestFastjsonDiffers(t *testing.T) {
	t.Parallel()
	text := func(s string) string {
		v, err := fastjson.Parse(s)
		if err != nil {
			return err.Error()
		}
		if v.Type() == fastjson.TypeString {
			return string(v.GetStringBytes())
		}
		return strconv.FormatFloat(v.GetFloat64("a"), 'g', -1, 64)
	}
	for _, c := range []struct{ text, want string }{
		{`"\ud800"`, `\ud800`},                     // a lone surrogate keeps its escape, as if it were "\\ud800"; U+FFFD elsewhere
		{`"\udc00x"`, `\udc00x`},                   //
		{`"\ud800\u0041"`, "\ufffd"},               // the escape after one is lost; elsewhere "A" follows
		{`"\ud800\ud83d\ude00"`, `�\ude00`},        // and so is half of the pair after one
		{`{"a":1,"a":2}`, "1"},                     // the first of duplicates; elsewhere the last
		{`{"a":8.41e21}`, "8.410000000000001e+21"}, // a number may be a neighbour of the nearest float64
	} {
		got := text(c.text)
		if got != c.want {
			t.Errorf("fastjson has changed: %s is %q, not %q", c.text, got, c.want)
		}
	}
	v, err := fastjson.Parse(`"\u0007"`) // once decoded, text is printed as Go, not as JSON
	if err != nil || v.Type() != fastjson.TypeString || v.String() != `"\a"` {
		t.Errorf("fastjson has changed: %v, %v", v, err)
	}
	size := reflect.TypeFor[fastjson.Value]().Size()
	if strconv.IntSize == 64 && size != 80 {
		t.Errorf("fastjson has changed: a value takes %d bytes", size)
	}
}
