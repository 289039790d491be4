package ndjson_test

import (
	"errors"
	"io"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/ndjson"
)

// read reads all of in and tells it as one word a call of Next: a record is its
// bytes, a fault "line:column reason".
func read(t rapid.TB, plan ndjson.Plan, in io.Reader) (told []string) {
	t.Helper()
	rd := ndjson.NewReader(plan, ndjson.Options{})
	rd.Reset(in, "in")
	for {
		r, err := rd.Next()
		var bad *ndjson.LineError
		switch {
		case errors.As(err, &bad):
			told = append(told, tell(bad))
			checkFault(t, bad)
		case err != nil:
			if err != io.EOF {
				told = append(told, err.Error())
			}
			return told
		case r.Judge() != nil:
			errors.As(r.Judge(), &bad)
			told = append(told, tell(bad))
			checkFault(t, bad)
		default:
			told = append(told, string(r.Raw()))
		}
	}
}

func tell(e *ndjson.LineError) string {
	return strconv.FormatInt(e.Line, 10) + ":" + strconv.FormatInt(e.Column, 10) + " " + e.Reason
}

// checkFault asserts what every fault owes to those who show it.
func checkFault(t rapid.TB, e *ndjson.LineError) {
	t.Helper()
	if e.File != "in" || e.Line < 1 || e.Column < 1 || e.Offset < 0 {
		t.Errorf("a fault without a place: %+v", e)
	}
	if e.At < 0 || e.At > len(e.Text) {
		t.Errorf("the caret is beside the text: at %d of %q", e.At, e.Text)
	}
	if !strings.HasPrefix(e.Reason, strings.TrimSuffix(e.Kind, " (the rest of the array is lost)")) {
		t.Errorf("the reason %q is not of the kind %q", e.Reason, e.Kind)
	}
	for _, text := range []string{e.Reason, string(e.Text)} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			t.Errorf("control characters come through: %q", text)
		}
	}
}

// What becomes of an element that holds the line, where it is not as told here:
// see faulty.
const (
	lost = "lost" // the same fault, and the rest of the array with it
	one  = "one"  // the same fault, and its neighbour is good
)

// faulty are lines that are no records, each with the column and the reason of
// its fault. "…" stands for the hint that this room gives: of one object a line,
// or of the array's rest. The last column is what happens inside an array.
var faulty = []struct {
	line   string
	column int
	reason string
	array  string
}{
	{`{"v":7l.4}`, 6, `not a number: 7l.4`, lost},
	{`{"v":01}`, 6, `not a number: 01`, lost},
	{`{"v":-01}`, 6, `not a number: -01`, lost},
	{`{"v":00}`, 6, `not a number: 00`, lost},
	{`{"v":+1}`, 6, `not a number: +1`, lost},
	{`{"v":.5}`, 6, `not a number: .5`, lost},
	{`{"v":-.5}`, 6, `not a number: -.5`, lost},
	{`{"v":1.}`, 6, `not a number: 1.`, lost},
	{`{"v":1e}`, 6, `not a number: 1e`, lost},
	{`{"v":1e+}`, 6, `not a number: 1e+`, lost},
	{`{"v":1.e5}`, 6, `not a number: 1.e5`, lost},
	{`{"v":-}`, 6, `not a number: -`, lost},
	{`{"v":1.0.1}`, 6, `not a number: 1.0.1`, lost},
	{`{"v":0x10}`, 6, `not a number: 0x10`, lost},
	{`{"v":1_000}`, 6, `not a number: 1_000`, lost},
	{`{"v":1,000}`, 8, `names are quoted with " in JSON: 000`, lost},
	{`{"v":1 000}`, 8, `expected ',' or '}': 000`, lost},
	{`{"v":12abc}`, 6, `not a number: 12abc`, lost},
	{`{"v":--1}`, 6, `not a number: --1`, lost},
	{`{"v":1e5.5}`, 6, `not a number: 1e5.5`, lost},
	{`{"v":NaN}`, 6, `not a JSON value (JSON writes null for no number): NaN`, lost},
	{`{"v":nan}`, 6, `not a JSON value (JSON writes null for no number): nan`, lost},
	{`{"v":Infinity}`, 6, `not a JSON value (JSON writes null for no number): Infinity`, lost},
	{`{"v":-Infinity}`, 6, `not a JSON value (JSON writes null for no number): -Infinity`, lost},
	{`{"v":-inf}`, 6, `not a JSON value (JSON writes null for no number): -inf`, lost},
	{`{"v":-nan}`, 6, `not a JSON value (JSON writes null for no number): -nan`, lost},
	{`{"v":+inf}`, 6, `not a JSON value (JSON writes null for no number): +inf`, lost},
	{`{"v":٣}`, 6, `not a JSON value: ٣`, lost},
	{`{"v":1"a"}`, 7, `expected ',' or '}': "a"`, lost},
	{"{\"v\":1\x00}", 6, `not a number: 1\u0000`, lost},
	{`{"v":nul}`, 6, `not a JSON value: nul`, lost},
	{`{"v":nulll}`, 6, `not a JSON value: nulll`, lost},
	{`{"v":Null}`, 6, `not a JSON value (JSON writes null for no number): Null`, lost},
	{`{"v":None}`, 6, `not a JSON value (JSON writes null for no number): None`, lost},
	{`{"v":undefined}`, 6, `not a JSON value (JSON writes null for no number): undefined`, lost},
	{`{"v":True}`, 6, `not a JSON value (JSON writes true and false): True`, lost},
	{`{"v":TRUE}`, 6, `not a JSON value (JSON writes true and false): TRUE`, lost},
	{`{"v":true1}`, 6, `not a JSON value: true1`, lost},
	{`{"v":tru}`, 6, `not a JSON value: tru`, lost},
	{`{"v":fals}`, 6, `not a JSON value: fals`, lost},
	{`{"v":False}`, 6, `not a JSON value (JSON writes true and false): False`, lost},
	{`{"v":n/a}`, 6, `not a JSON value: n/a`, lost},
	{`{"v":yes}`, 6, `not a JSON value: yes`, lost},
	{"{\"v\":\"a\tb\"}", 8, `a raw control character in a string (it must be escaped): \u0009`, lost},
	{"{\"v\":\"a\x00b\"}", 8, `a raw control character in a string (it must be escaped): \u0000`, lost},
	{"{\"v\":\"a\x1bb\"}", 8, `a raw control character in a string (it must be escaped): \u001b`, lost},
	{"{\"a\x01b\":1}", 4, `a raw control character in a string (it must be escaped): \u0001`, lost},
	{"{\"v\":\x00}", 6, `not a JSON value: \u0000`, lost},
	{"\x00{\"v\":1}", 1, `not a JSON value: \u0000`, `10 not a JSON value…`},
	{"{\"v\":1}\x00", 8, `text after the object…: \u0000`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{"{\x1b:1}", 2, `expected a name: \u001b`, lost},
	{`{"v":"\x41"}`, 7, `no such escape in JSON: \x`, lost},
	{`{"v":"\'"}`, 7, `no such escape in JSON: \'`, lost},
	{`{"v":"\U0041"}`, 7, `no such escape in JSON: \U`, lost},
	{`{"v":"\0"}`, 7, `no such escape in JSON: \0`, lost},
	{`{"v":"\é"}`, 7, `no such escape in JSON: \é`, lost},
	{"{\"v\":\"\\\x01\"}", 7, `no such escape in JSON: \\u0001`, lost},
	{`{"v":"\u12"}`, 7, `an escape \u needs four hexadecimal digits: \u12"`, lost},
	{`{"v":"\u12g4"}`, 7, `an escape \u needs four hexadecimal digits: \u12g`, lost},
	{`{"v":"\u"}`, 7, `an escape \u needs four hexadecimal digits: \u"`, lost},
	{`{"\q":1}`, 3, `no such escape in JSON: \q`, lost},
	{"{\"v\":\"\\u00\x1b0\"}", 7, `an escape \u needs four hexadecimal digits: \u00\u001b`, lost},
	{`{"v":"\u12`, 6, `a string that does not end on its line: "\u12`, `29 the array ends inside an element…`},
	{`{"v":"ab\`, 6, `a string that does not end on its line: "ab\`, `28 the array ends inside an element…`},
	{`{"v":"abc}`, 6, `a string that does not end on its line: "abc}`, `29 the array ends inside an element…`},
	{`{"v":"abc`, 6, `a string that does not end on its line: "abc`, `28 the array ends inside an element…`},
	{`{"v`, 2, `a string that does not end on its line: "v`, `22 the array ends inside an element…`},
	{`{"v":"`, 6, `a string that does not end on its line: "`, `25 the array ends inside an element…`},
	{`{`, 2, `the line ends inside the object…`, `11 a comma too many…`},
	{`{"v"`, 5, `the line ends inside the object…`, `14 expected ':' after a name: ,…`},
	{`{"v":`, 6, `the line ends inside the object…`, `15 a value is missing before: ,…`},
	{`{"v":1`, 7, `the line ends inside the object…`, `17 expected a name: {…`},
	{`{"v":1 `, 7, `the line ends inside the object…`, `18 expected a name: {…`},
	{`{"v":1,`, 8, `the line ends inside the object…`, `17 a comma too many…`},
	{`{"v":[`, 7, `the line ends inside the object…`, `25 the array ends inside an element…`},
	{`{"v":[1`, 8, `the line ends inside the object…`, `26 the array ends inside an element…`},
	{`{"v":[1,`, 9, `the line ends inside the object…`, `27 the array ends inside an element…`},
	{`{"v":{"w":1}`, 13, `the line ends inside the object…`, `23 expected a name: {…`},
	{`{"v":tr`, 6, `not a JSON value: tr`, lost},
	{`[1,2`, 5, `the line ends inside the array…`, `10 not an object: [1,2,{"n":2}] | 23 the array is not closed`},
	{`"abc`, 1, `a string that does not end on its line: "abc`, `10 not an object: "abc,{" | 17 expected ',' or ']' after an element…`},
	{`{"v":1,}`, 7, `a comma before '}'`, lost},
	{`{"v":[1,]}`, 8, `a comma before ']'`, lost},
	{`{,}`, 2, `a comma too many`, lost},
	{`{,"v":1}`, 2, `a comma too many`, lost},
	{`{"v":1,,"w":2}`, 8, `a comma too many`, lost},
	{`{"v":[1,,2]}`, 9, `a value is missing before: ,`, lost},
	{`{"v":[,1]}`, 7, `a value is missing before: ,`, lost},
	{`{"v" 1}`, 6, `expected ':' after a name: 1`, lost},
	{`{"v",1}`, 5, `expected ':' after a name: ,1`, lost},
	{`{"v"}`, 5, `expected ':' after a name: }`, lost},
	{`{"v"=1}`, 5, `expected ':' after a name: =1`, lost},
	{`{"v":}`, 6, `a value is missing before: }`, lost},
	{`{"v":,"w":1}`, 6, `a value is missing before: ,`, lost},
	{`{"v"::1}`, 6, `a value is missing before: :`, lost},
	{`{"v":1 "w":2}`, 8, `expected ',' or '}': "w"`, lost},
	{`{"v":1;"w":2}`, 6, `not a number: 1;`, lost},
	{`{"v":[1 2]}`, 9, `expected ',' or ']': 2`, lost},
	{`{"v":[1}`, 8, `expected ',' or ']': }`, lost},
	{`{"v":1]`, 7, `expected ',' or '}': ]`, lost},
	{`{"v":{"w":1]}`, 12, `expected ',' or '}': ]`, lost},
	{`{:1}`, 2, `expected a name: :1`, lost},
	{`{]`, 2, `expected a name: ]`, lost},
	{`{"v":1}}`, 8, `text after the object…: }`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1}]`, 8, `text after the object…: ]`, `{"v":1} | 18 expected '{' (one object a line; jq -c . makes it so): ,`},
	{`{'v':1}`, 2, `names are quoted with " in JSON: 'v'`, lost},
	{`{"v":'x'}`, 6, `strings are quoted with " in JSON: 'x'`, lost},
	{`{v:1}`, 2, `names are quoted with " in JSON: v`, lost},
	{`{1:2}`, 2, `names are quoted with " in JSON: 1`, lost},
	{`{null:1}`, 2, `names are quoted with " in JSON: null`, lost},
	{`{é:1}`, 2, `expected a name: é`, lost},
	{`{"v":“x”}`, 6, `not a JSON value: “x”`, lost},
	{`{“v”:1}`, 2, `expected a name: “v”`, lost},
	{`{"v":1 /* c */}`, 8, `expected ',' or '}': /*`, lost},
	{`{/*c*/"v":1}`, 2, `expected a name: /*c*/`, lost},
	{`// c`, 1, `not a JSON value: //`, lost},
	{`# c`, 1, `not a JSON value: #`, lost},
	{`{"v":1} // c`, 9, `text after the object…: //`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{`{"v":1,//`, 8, `expected a name: //`, lost},
	{`hello world`, 1, `not a JSON value: hello`, lost},
	{`<xml/>`, 1, `not a JSON value: <xml/>`, lost},
	{`a,b,c`, 1, `not a JSON value: a`, lost},
	{`}`, 1, `expected '{'…: }`, `10 not a JSON value…`},
	{`]`, 1, `expected '{'…: ]`, `10 a comma before ']'…`},
	{`,`, 1, `expected '{'…: ,`, `10 a comma too many…`},
	{`:`, 1, `expected '{'…: :`, lost},
	{`{"v":1},`, 8, `text after the object…: ,`, `{"v":1} | 18 a comma too many…`},
	{`,{"v":1}`, 1, `expected '{'…: ,`, `10 a comma too many…`},
	{`{"v":1};`, 8, `text after the object…: ;`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1}{"v":2}`, 8, `text after the object…: {`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1} {"v":2}`, 9, `text after the object…: {`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{`{"v":1},{"v":2}`, 8, `text after the object…: ,`, `{"v":1} | {"v":2} | {"n":2}`},
	{`{"v":1}x`, 8, `text after the object…: x`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1} 7`, 9, `text after the object…: 7`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{"{\"v\":1}\r{\"v\":2}", 9, `text after the object…: {`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{`1`, 1, `not an object: 1`, one},
	{`-1.5`, 1, `not an object: -1.5`, one},
	{`"x"`, 1, `not an object: "x"`, one},
	{`true`, 1, `not an object: true`, one},
	{`false`, 1, `not an object: false`, one},
	{`null`, 1, `not an object: null`, one},
	{`[]`, 1, `not an object: []`, one},
	{`[{"v":1}]`, 1, `not an object: [{"v":1}]`, one},
	{`[1,2]`, 1, `not an object: [1,2]`, one},
	{`"x" 1`, 5, `text after the value…: 1`, `10 not an object: "x" | 14 expected ',' or ']' after an element…`},
	{`[1] x`, 5, `text after the value…: x`, `10 not an object: [1] | 14 expected ',' or ']' after an element…`},
	{`1 2`, 3, `text after the value…: 2`, `10 not an object: 1 | 12 expected ',' or ']' after an element…`},
	{`01`, 1, `not a number: 01`, lost},
	{`NaN`, 1, `not a JSON value (JSON writes null for no number): NaN`, lost},
	{"{\"v\":\"\xff\"}", 7, `not UTF-8: the byte 0xff`, one},
	{"{\"\xff\":1}", 3, `not UTF-8: the byte 0xff`, one},
	{"{\"v\":\"\xc0\xaf\"}", 7, `not UTF-8: the byte 0xc0`, one},
	{"{\"v\":\"\xe0\x80\xaf\"}", 7, `not UTF-8: the byte 0xe0`, one},
	{"{\"v\":\"\xed\xa0\x80\"}", 7, `not UTF-8: the byte 0xed`, one},
	{"{\"v\":\"ab\xc3\"}", 9, `not UTF-8: the byte 0xc3`, one},
	{"{\"v\":\"\xe2\x82\"}", 7, `not UTF-8: the byte 0xe2`, one},
	{"{\"v\":\"\x80\"}", 7, `not UTF-8: the byte 0x80`, one},
	{"{\"v\":\"\xf5\x80\x80\x80\"}", 7, `not UTF-8: the byte 0xf5`, one},
	{"{\"v\":\"\xf4\x90\x80\x80\"}", 7, `not UTF-8: the byte 0xf4`, one},
	{"{\"v\":\xff}", 6, `not UTF-8: the byte 0xff`, lost},
	{"{\xff:1}", 2, `not UTF-8: the byte 0xff`, lost},
	{"{\"v\":1}\xff", 8, `not UTF-8: the byte 0xff`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{"{\"v\":1 \xff}", 8, `not UTF-8: the byte 0xff`, lost},
	{"\ufeff{\"v\":1}", 1, `not a JSON value: \ufeff`, lost},
	{"{\"v\":\ufeff1}", 6, `not a JSON value: \ufeff1`, lost},
	{"{\"v\":\u00a01}", 6, `not a JSON value: \u00a01`, lost},
	{"{\"v\":1\u00a0}", 6, `not a number: 1\u00a0`, lost},
	{"{\u00a0\"v\":1}", 2, `expected a name: \u00a0`, lost},
	{"\u00a0{\"v\":1}", 1, `not a JSON value: \u00a0`, lost},
	{"{\"v\":\u2028 1}", 6, `not a JSON value: \u2028`, lost},
	{"\v{\"v\":1}", 1, `not a JSON value: \u000b`, `10 not a JSON value…`},
	{"{\"v\":1\f}", 6, `not a number: 1\u000c`, lost},
	{`xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`, 1, `not a JSON value: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`, lost},
	{`{"v":9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999x}`, 6, `not a number: 9999999999999999999999999999999999999999…`, lost},
	{`  {"v":01}`, 8, `not a number: 01`, lost},
	{"\t{\"v\":01}", 7, `not a number: 01`, lost},
}

func TestFaultyLines(t *testing.T) {
	good, next := `{"n":1}`, `{"n":2}`
	for _, f := range faulty {
		reason := spelt(f.reason)
		want := []string{good, "2:" + strconv.Itoa(f.column) + " " + reason, next}
		for _, in := range []string{
			good + "\n" + f.line + "\n" + next + "\n",
			good + "\n" + f.line + "\n" + next,
			good + "\r\n" + f.line + "\r\n" + next + "\r\n",
			good + "\n" + f.line + strings.Repeat(" ", 500) + "\n\n" + next + "\n",
		} {
			if strings.HasPrefix(reason, "a string that does not end") && strings.Contains(in, "  ") {
				continue // the blanks are of the string
			}
			expect(t, in, read(t, ndjson.Plan{}, strings.NewReader(in)), want)
		}
		last := good + "\n" + f.line
		expect(t, last, read(t, ndjson.Plan{}, strings.NewReader(last)), want[:2])
		expect(t, "reset", rereads(t, f.line, next), []string{next})
	}
}

// spelt is a reason of the table with its hint.
func spelt(reason string) string {
	for _, kind := range []string{"the line ends", "text after", "expected '{'"} {
		if strings.HasPrefix(reason, kind) {
			return strings.Replace(reason, "…", " (one object a line; jq -c . makes it so)", 1)
		}
	}
	return reason
}

// rereads is what a reader tells of the input after a faulty one.
func rereads(t *testing.T, faulty, next string) (told []string) {
	t.Helper()
	rd := ndjson.NewReader(ndjson.Plan{}, ndjson.Options{})
	rd.Reset(strings.NewReader(faulty), "in")
	for _, err := rd.Next(); err != io.EOF; _, err = rd.Next() {
		var bad *ndjson.LineError
		if err != nil && !errors.As(err, &bad) {
			t.Fatal(err)
		}
	}
	rd.Reset(strings.NewReader(next), "in")
	for r, err := rd.Next(); err == nil; r, err = rd.Next() {
		told = append(told, string(r.Raw()))
	}
	return told
}

func TestFaultyElements(t *testing.T) {
	const good, next, rest = `{"n":1}`, `{"n":2}`, " (the rest of the array is lost)"
	for _, f := range faulty {
		in := "[" + good + "," + f.line + "," + next + "]"
		place := "1:" + strconv.Itoa(len(good)+2+f.column) + " " + spelt(f.reason)
		want := []string{good}
		switch f.array {
		case lost:
			want = append(want, place+rest)
		case one:
			want = append(want, place, next)
		default:
			for told := range strings.SplitSeq(strings.ReplaceAll(f.array, "…", rest), " | ") {
				if told[0] != '{' {
					told = "1:" + told
				}
				want = append(want, told)
			}
		}
		expect(t, in, read(t, ndjson.Plan{}, strings.NewReader(in)), want)
	}
}

func expect(t rapid.TB, in string, got, want []string) {
	t.Helper()
	if g, w := strings.Join(got, "\n\t"), strings.Join(want, "\n\t"); g != w {
		t.Errorf("%.300q\ngot\n\t%s\nwant\n\t%s", in, g, w)
	}
}

// Lines that look odd and are good.
func TestGoodLines(t *testing.T) {
	for _, line := range []string{
		`{}`, `{ }`, `{"":0}`, `{"":{"":[]}}`, `{"v":[]}`, `{"v":[{}]}`, `{"v":-0}`, `{"v":0e0}`, `{"v":-0.0E-0}`, `{"v":1E+05}`,
		`{"v":1e400}`, `{"v":1e-2000}`, `{"v":"\u0000\ud800\"\\\/\b\f\n\r\t"}`, "{\"v\":\"\x7f\u2028\ufeff\U0010ffff\"}",
		"{\t\"v\" : \r[ 1 , true,false ,null ] }", `{"v":1,"v":2}`, nested(`{"v":`, "}", ndjson.MaxDepth), nested("[", "]", ndjson.MaxDepth),
	} {
		expect(t, line, read(t, ndjson.Plan{}, strings.NewReader(line)), []string{line})
		in := " \n\t" + line + " \t\r\n\r\n\n"
		expect(t, in, read(t, ndjson.Plan{}, strings.NewReader(in)), []string{line})
	}
}

// nested is a record of that depth.
func nested(open, end string, depth int) string {
	if open == "[" {
		return `{"v":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "}"
	}
	return strings.Repeat(open, depth-1) + "{}" + strings.Repeat(end, depth-1)
}

func TestDepth(t *testing.T) {
	for open, column := range map[string]int{"[": 1005, `{"v":`: 5001} {
		end := map[string]string{"[": "]", `{"v":`: "}"}[open]
		deep, good := nested(open, end, ndjson.MaxDepth+1), `{"n":1}`
		fault := strconv.Itoa(column) + " nested more than 1000 deep"
		expect(t, deep, read(t, ndjson.Plan{}, strings.NewReader(deep+"\n"+good)), []string{"1:" + fault, good})
		in := "[\n" + deep + ",\n" + good + "]"
		expect(t, in, read(t, ndjson.Plan{}, strings.NewReader(in)), []string{"2:" + fault, good})
	}
	hostile := strings.Repeat(`[{"v":`, 1<<20)
	if told := read(t, ndjson.Plan{}, strings.NewReader("{}\n"+hostile)); len(told) != 2 {
		t.Errorf("%.200q", told)
	}
}
