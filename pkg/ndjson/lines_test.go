package ndjson_test

import (
	"errors"
	"io"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson"
)

// read reads all of in and returns one string for each call of Next: a record's
// bytes, or "line:column reason" of an error.
func read(t rapid.TB, plan batch.Plan, in io.Reader) (results []string) {
	t.Helper()
	rd := ndjson.NewRecords(plan, ndjson.Options{})
	rd.Reset(in, "in")
	for {
		r, err := rd.Next()
		var bad *batch.LineError
		switch {
		case errors.As(err, &bad):
			results = append(results, position(bad))
			checkLineError(t, bad)
		case err != nil:
			if err != io.EOF {
				results = append(results, err.Error())
			}
			return results
		case r.Judge() != nil:
			bad = r.Judge()
			results = append(results, position(bad))
			checkLineError(t, bad)
		default:
			results = append(results, string(r.Raw()))
		}
	}
}

// position returns an error as "line:column reason".
func position(e *batch.LineError) string {
	return strconv.FormatInt(e.Line, 10) + ":" + strconv.FormatInt(e.Column, 10) + " " + e.Reason
}

// checkLineError asserts what holds for every error, so that it can be shown.
func checkLineError(t rapid.TB, e *batch.LineError) {
	t.Helper()
	if e.File != "in" || e.Line < 1 || e.Column < 1 || e.Offset < 0 {
		t.Errorf("an error without a position: %+v", e)
	}
	if e.At < 0 || e.At > len(e.Text) {
		t.Errorf("the caret is outside the text: at %d of %q", e.At, e.Text)
	}
	if !strings.HasPrefix(e.Reason, strings.TrimSuffix(e.Kind, " (the rest of the array is skipped)")) {
		t.Errorf("the reason %q does not begin with its kind %q", e.Reason, e.Kind)
	}
	for _, text := range []string{e.Reason, string(e.Text)} {
		if strings.ContainsFunc(text, func(r rune) bool { return r < ' ' }) {
			t.Errorf("control characters are shown: %q", text)
		}
	}
}

// What happens in an array if one of its elements is one of badLines.
const (
	skipsRest = "skipsRest" // The same error, and the rest of the array is skipped.
	onlyThis  = "onlyThis"  // The same error, and the next element is good.
)

// badLine is an entry of badLines.
type badLine struct {
	line   string
	column int
	reason string
	array  string
}

// allBadLines are those of both tables.
var allBadLines = slices.Concat(badLines, foundLines)

// badLines are lines that are not records, each with the column and the reason of its
// error. "…" stands for the hint of the message: that a line has one object, or that
// the rest of the array is skipped. The last field is what happens inside an array:
// one of the constants, or the results.
var badLines = []badLine{
	{`{"v":7l.4}`, 6, `not a number: 7l.4`, skipsRest},
	{`{"v":01}`, 6, `not a number: 01`, skipsRest},
	{`{"v":-01}`, 6, `not a number: -01`, skipsRest},
	{`{"v":00}`, 6, `not a number: 00`, skipsRest},
	{`{"v":+1}`, 6, `not a number: +1`, skipsRest},
	{`{"v":.5}`, 6, `not a number: .5`, skipsRest},
	{`{"v":-.5}`, 6, `not a number: -.5`, skipsRest},
	{`{"v":1.}`, 6, `not a number: 1.`, skipsRest},
	{`{"v":1e}`, 6, `not a number: 1e`, skipsRest},
	{`{"v":1e+}`, 6, `not a number: 1e+`, skipsRest},
	{`{"v":1.e5}`, 6, `not a number: 1.e5`, skipsRest},
	{`{"v":-}`, 6, `not a number: -`, skipsRest},
	{`{"v":1.0.1}`, 6, `not a number: 1.0.1`, skipsRest},
	{`{"v":0x10}`, 6, `not a number: 0x10`, skipsRest},
	{`{"v":1_000}`, 6, `not a number: 1_000`, skipsRest},
	{`{"v":1,000}`, 8, `names are quoted with " in JSON: 000`, skipsRest},
	{`{"v":1 000}`, 8, `expected ',' or '}': 000`, skipsRest},
	{`{"v":12abc}`, 6, `not a number: 12abc`, skipsRest},
	{`{"v":--1}`, 6, `not a number: --1`, skipsRest},
	{`{"v":1e5.5}`, 6, `not a number: 1e5.5`, skipsRest},
	{`{"v":NaN}`, 6, `not a JSON value (JSON has no NaN; write null): NaN`, skipsRest},
	{`{"v":nan}`, 6, `not a JSON value (JSON has no NaN; write null): nan`, skipsRest},
	{`{"v":Infinity}`, 6, `not a JSON value (JSON has no Infinity; write null): Infinity`, skipsRest},
	{`{"v":-Infinity}`, 6, `not a JSON value (JSON has no Infinity; write null): -Infinity`, skipsRest},
	{`{"v":-inf}`, 6, `not a JSON value (JSON has no Infinity; write null): -inf`, skipsRest},
	{`{"v":-nan}`, 6, `not a JSON value (JSON has no NaN; write null): -nan`, skipsRest},
	{`{"v":+inf}`, 6, `not a JSON value (JSON has no Infinity; write null): +inf`, skipsRest},
	{`{"v":٣}`, 6, `not a JSON value: ٣`, skipsRest},
	{`{"v":1"a"}`, 7, `expected ',' or '}': "a"`, skipsRest},
	{"{\"v\":1\x00}", 6, `not a number: 1\u0000`, skipsRest},
	{`{"v":nul}`, 6, `not a JSON value: nul`, skipsRest},
	{`{"v":nulll}`, 6, `not a JSON value: nulll`, skipsRest},
	{`{"v":Null}`, 6, `not a JSON value (JSON spells it null): Null`, skipsRest},
	{`{"v":None}`, 6, `not a JSON value (JSON has no None; write null): None`, skipsRest},
	{`{"v":undefined}`, 6, `not a JSON value (JSON has no undefined; write null): undefined`, skipsRest},
	{`{"v":True}`, 6, `not a JSON value (JSON spells it true): True`, skipsRest},
	{`{"v":TRUE}`, 6, `not a JSON value (JSON spells it true): TRUE`, skipsRest},
	{`{"v":true1}`, 6, `not a JSON value: true1`, skipsRest},
	{`{"v":tru}`, 6, `not a JSON value: tru`, skipsRest},
	{`{"v":fals}`, 6, `not a JSON value: fals`, skipsRest},
	{`{"v":False}`, 6, `not a JSON value (JSON spells it false): False`, skipsRest},
	{`{"v":n/a}`, 6, `not a JSON value: n/a`, skipsRest},
	{`{"v":yes}`, 6, `not a JSON value: yes`, skipsRest},
	{"{\"v\":\"a\tb\"}", 8, `a control character in a string must be escaped: \u0009`, skipsRest},
	{"{\"v\":\"a\x00b\"}", 8, `a control character in a string must be escaped: \u0000`, skipsRest},
	{"{\"v\":\"a\x1bb\"}", 8, `a control character in a string must be escaped: \u001b`, skipsRest},
	{"{\"a\x01b\":1}", 4, `a control character in a string must be escaped: \u0001`, skipsRest},
	{"{\"v\":\x00}", 6, `not a JSON value: \u0000`, skipsRest},
	{"\x01{\"v\":1}", 1, `not a JSON value: \u0001`, `10 not a JSON value…`},
	{"{\x00\"v\":1}", 2, `expected a name: \u0000`, skipsRest},
	{"{\"v\":1}\x00", 8, `text after the object…: \u0000`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{"{\x1b:1}", 2, `expected a name: \u001b`, skipsRest},
	{`{"v":"\x41"}`, 7, `not a JSON escape: \x`, skipsRest},
	{`{"v":"\'"}`, 7, `not a JSON escape: \'`, skipsRest},
	{`{"v":"\U0041"}`, 7, `not a JSON escape: \U`, skipsRest},
	{`{"v":"\0"}`, 7, `not a JSON escape: \0`, skipsRest},
	{`{"v":"\é"}`, 7, `not a JSON escape: \é`, skipsRest},
	{"{\"v\":\"\\\x01\"}", 7, `not a JSON escape: \\u0001`, skipsRest},
	{`{"v":"\u12"}`, 7, `an escape \u needs four hexadecimal digits: \u12"`, skipsRest},
	{`{"v":"\u12g4"}`, 7, `an escape \u needs four hexadecimal digits: \u12g`, skipsRest},
	{`{"v":"\u"}`, 7, `an escape \u needs four hexadecimal digits: \u"`, skipsRest},
	{`{"\q":1}`, 3, `not a JSON escape: \q`, skipsRest},
	{"{\"v\":\"\\u00\x1b0\"}", 7, `an escape \u needs four hexadecimal digits: \u00\u001b`, skipsRest},
	{`{"v":"\u12`, 6, `unterminated string: "\u12`, `29 the input ends inside an array element…`},
	{`{"v":"ab\`, 6, `unterminated string: "ab\`, `28 the input ends inside an array element…`},
	{`{"v":"abc}`, 6, `unterminated string: "abc}`, `29 the input ends inside an array element…`},
	{`{"v":"abc`, 6, `unterminated string: "abc`, `28 the input ends inside an array element…`},
	{`{"v`, 2, `unterminated string: "v`, `22 the input ends inside an array element…`},
	{`{"v":"`, 6, `unterminated string: "`, `25 the input ends inside an array element…`},
	{`{`, 2, `the line ends inside the object…`, `11 extra comma…`},
	{`{"v"`, 5, `the line ends inside the object…`, `14 expected ':' after a name: ,…`},
	{`{"v":`, 6, `the line ends inside the object…`, `15 a value is missing before: ,…`},
	{`{"v":1`, 7, `the line ends inside the object…`, `17 expected a name: {…`},
	{`{"v":1 `, 7, `the line ends inside the object…`, `18 expected a name: {…`},
	{`{"v":1,`, 8, `the line ends inside the object…`, `17 extra comma…`},
	{`{"v":[`, 7, `the line ends inside the object…`, `25 the input ends inside an array element…`},
	{`{"v":[1`, 8, `the line ends inside the object…`, `26 the input ends inside an array element…`},
	{`{"v":[1,`, 9, `the line ends inside the object…`, `27 the input ends inside an array element…`},
	{`{"v":{"w":1}`, 13, `the line ends inside the object…`, `23 expected a name: {…`},
	{`{"v":tr`, 6, `not a JSON value: tr`, skipsRest},
	{`[1,2`, 5, `the line ends inside the array…`, `10 not an object: [1,2,{"n":2}] | 23 the input ends before the array is closed`},
	{`"abc`, 1, `unterminated string: "abc`, `10 not an object: "abc,{" | 17 expected ',' or ']' after an element…`},
	{`{"v":1,}`, 7, `trailing comma before '}'`, skipsRest},
	{`{"v":[1,]}`, 8, `trailing comma before ']'`, skipsRest},
	{`{,}`, 2, `extra comma`, skipsRest},
	{`{,"v":1}`, 2, `extra comma`, skipsRest},
	{`{"v":1,,"w":2}`, 8, `extra comma`, skipsRest},
	{`{"v":[1,,2]}`, 9, `a value is missing before: ,`, skipsRest},
	{`{"v":[,1]}`, 7, `a value is missing before: ,`, skipsRest},
	{`{"v" 1}`, 6, `expected ':' after a name: 1`, skipsRest},
	{`{"v",1}`, 5, `expected ':' after a name: ,1`, skipsRest},
	{`{"v"}`, 5, `expected ':' after a name: }`, skipsRest},
	{`{"v"=1}`, 5, `expected ':' after a name: =1`, skipsRest},
	{`{"v":}`, 6, `a value is missing before: }`, skipsRest},
	{`{"v":,"w":1}`, 6, `a value is missing before: ,`, skipsRest},
	{`{"v"::1}`, 6, `a value is missing before: :`, skipsRest},
	{`{"v":1 "w":2}`, 8, `expected ',' or '}': "w"`, skipsRest},
	{`{"v":1;"w":2}`, 6, `not a number: 1;`, skipsRest},
	{`{"v":[1 2]}`, 9, `expected ',' or ']': 2`, skipsRest},
	{`{"v":[1}`, 8, `expected ',' or ']': }`, skipsRest},
	{`{"v":1]`, 7, `expected ',' or '}': ]`, skipsRest},
	{`{"v":{"w":1]}`, 12, `expected ',' or '}': ]`, skipsRest},
	{`{:1}`, 2, `expected a name: :1`, skipsRest},
	{`{]`, 2, `expected a name: ]`, skipsRest},
	{`{"v":1}}`, 8, `text after the object…: }`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1}]`, 8, `text after the object…: ]`, `{"v":1} | 18 expected '{' (write one object per line): ,`},
	{`{'v':1}`, 2, `names are quoted with " in JSON: 'v'`, skipsRest},
	{`{"v":'x'}`, 6, `strings are quoted with " in JSON: 'x'`, skipsRest},
	{`{v:1}`, 2, `names are quoted with " in JSON: v`, skipsRest},
	{`{1:2}`, 2, `names are quoted with " in JSON: 1`, skipsRest},
	{`{null:1}`, 2, `names are quoted with " in JSON: null`, skipsRest},
	{`{é:1}`, 2, `expected a name: é`, skipsRest},
	{`{"v":“x”}`, 6, `not a JSON value: “x”`, skipsRest},
	{`{“v”:1}`, 2, `expected a name: “v”`, skipsRest},
	{`{"v":1 /* c */}`, 8, `expected ',' or '}': /*`, skipsRest},
	{`{/*c*/"v":1}`, 2, `expected a name: /*c*/`, skipsRest},
	{`// c`, 1, `not a JSON value: //`, skipsRest},
	{`# c`, 1, `not a JSON value: #`, skipsRest},
	{`{"v":1} // c`, 9, `text after the object…: //`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{`{"v":1,//`, 8, `expected a name: //`, skipsRest},
	{`hello world`, 1, `not a JSON value: hello`, skipsRest},
	{`<xml/>`, 1, `not a JSON value: <xml/>`, skipsRest},
	{`a,b,c`, 1, `not a JSON value: a`, skipsRest},
	{`}`, 1, `expected '{'…: }`, `10 not a JSON value…`},
	{`]`, 1, `expected '{'…: ]`, `10 trailing comma before ']'…`},
	{`,`, 1, `expected '{'…: ,`, `10 extra comma…`},
	{`:`, 1, `expected '{'…: :`, skipsRest},
	{`{"v":1},`, 8, `text after the object…: ,`, `{"v":1} | 18 extra comma…`},
	{`,{"v":1}`, 1, `expected '{'…: ,`, `10 extra comma…`},
	{`{"v":1};`, 8, `text after the object…: ;`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1}{"v":2}`, 8, `text after the object…: {`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1} {"v":2}`, 9, `text after the object…: {`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{`{"v":1},{"v":2}`, 8, `text after the object…: ,`, `{"v":1} | {"v":2} | {"n":2}`},
	{`{"v":1}x`, 8, `text after the object…: x`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{`{"v":1} 7`, 9, `text after the object…: 7`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{"{\"v\":1}\r{\"v\":2}", 9, `text after the object…: {`, `{"v":1} | 18 expected ',' or ']' after an element…`},
	{`1`, 1, `not an object: 1`, onlyThis},
	{`-1.5`, 1, `not an object: -1.5`, onlyThis},
	{`"x"`, 1, `not an object: "x"`, onlyThis},
	{`true`, 1, `not an object: true`, onlyThis},
	{`false`, 1, `not an object: false`, onlyThis},
	{`null`, 1, `not an object: null`, onlyThis},
	{`[]`, 1, `not an object: []`, onlyThis},
	{`[{"v":1}]`, 1, `not an object: [{"v":1}]`, onlyThis},
	{`[1,2]`, 1, `not an object: [1,2]`, onlyThis},
	{`"x" 1`, 5, `text after the value…: 1`, `10 not an object: "x" | 14 expected ',' or ']' after an element…`},
	{`[1] x`, 5, `text after the value…: x`, `10 not an object: [1] | 14 expected ',' or ']' after an element…`},
	{`1 2`, 3, `text after the value…: 2`, `10 not an object: 1 | 12 expected ',' or ']' after an element…`},
	{`01`, 1, `not a number: 01`, skipsRest},
	{`NaN`, 1, `not a JSON value (JSON has no NaN; write null): NaN`, skipsRest},
	{"{\"v\":\"\xff\"}", 7, `not UTF-8: the byte 0xff`, onlyThis},
	{"{\"\xff\":1}", 3, `not UTF-8: the byte 0xff`, onlyThis},
	{"{\"v\":\"\xc0\xaf\"}", 7, `not UTF-8: the byte 0xc0`, onlyThis},
	{"{\"v\":\"\xe0\x80\xaf\"}", 7, `not UTF-8: the byte 0xe0`, onlyThis},
	{"{\"v\":\"\xed\xa0\x80\"}", 7, `not UTF-8: the byte 0xed`, onlyThis},
	{"{\"v\":\"ab\xc3\"}", 9, `not UTF-8: the byte 0xc3`, onlyThis},
	{"{\"v\":\"\xe2\x82\"}", 7, `not UTF-8: the byte 0xe2`, onlyThis},
	{"{\"v\":\"\x80\"}", 7, `not UTF-8: the byte 0x80`, onlyThis},
	{"{\"v\":\"\xf5\x80\x80\x80\"}", 7, `not UTF-8: the byte 0xf5`, onlyThis},
	{"{\"v\":\"\xf4\x90\x80\x80\"}", 7, `not UTF-8: the byte 0xf4`, onlyThis},
	{"{\"v\":\xff}", 6, `not UTF-8: the byte 0xff`, skipsRest},
	{"{\xff:1}", 2, `not UTF-8: the byte 0xff`, skipsRest},
	{"{\"v\":1}\xff", 8, `not UTF-8: the byte 0xff`, `{"v":1} | 17 expected ',' or ']' after an element…`},
	{"{\"v\":1 \xff}", 8, `not UTF-8: the byte 0xff`, skipsRest},
	{"\u200b{\"v\":1}", 1, `not a JSON value: \u200b`, skipsRest},
	{"{\"v\":\ufeff1}", 6, `not a JSON value: \ufeff1`, skipsRest},
	{"{\"v\":\u00a01}", 6, `not a JSON value: \u00a01`, skipsRest},
	{"{\"v\":1\u00a0}", 6, `not a number: 1\u00a0`, skipsRest},
	{"{\u00a0\"v\":1}", 2, `expected a name: \u00a0`, skipsRest},
	{"\u00a0{\"v\":1}", 1, `not a JSON value: \u00a0`, skipsRest},
	{"{\"v\":\u2028 1}", 6, `not a JSON value: \u2028`, skipsRest},
	{"\v{\"v\":1}", 1, `not a JSON value: \u000b`, `10 not a JSON value…`},
	{"{\"v\":1\f}", 6, `not a number: 1\u000c`, skipsRest},
	{`xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`, 1, `not a JSON value: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…`, skipsRest},
	{`{"v":9999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999999x}`, 6, `not a number: 9999999999999999999999999999999999999999…`, skipsRest},
	{`  {"v":01}`, 8, `not a number: 01`, skipsRest},
	{"\t{\"v\":01}", 7, `not a number: 01`, skipsRest},
}

// TestBadLines: every bad line is reported with its position and reason, whatever
// ends it, and the lines before and after it are good.
func TestBadLines(t *testing.T) {
	t.Parallel()
	good, next := `{"n":1}`, `{"n":2}`
	for _, f := range allBadLines {
		reason := spelt(f.reason)
		want := []string{good, "2:" + strconv.Itoa(f.column) + " " + reason, next}
		for _, in := range []string{
			good + "\n" + f.line + "\n" + next + "\n",
			good + "\n" + f.line + "\n" + next,
			good + "\r\n" + f.line + "\r\n" + next + "\r\n",
			good + "\n" + f.line + strings.Repeat(" ", 500) + "\n\n" + next + "\n",
		} {
			if strings.HasPrefix(reason, "unterminated string") && strings.Contains(in, "  ") {
				continue // the blanks are part of the string
			}
			expect(t, in, read(t, batch.Plan{}, strings.NewReader(in)), want)
		}
		last := good + "\n" + f.line
		expect(t, last, read(t, batch.Plan{}, strings.NewReader(last)), want[:2])
		expect(t, "reset", rereads(t, f.line, next), []string{next})
	}
}

// spelt returns a reason of the table with its hint.
func spelt(reason string) string {
	hint := " (write one object per line)"
	for _, compact := range []string{"the line ends inside the object", "text after the object…: {"} {
		if strings.HasPrefix(reason, compact) {
			hint = " (write one object per line; jq -c . does that)"
		}
	}
	for _, kind := range []string{"the line ends", "text after", "expected '{'"} {
		if strings.HasPrefix(reason, kind) {
			return strings.Replace(reason, "…", hint, 1)
		}
	}
	return reason
}

// rereads returns the records that a reader finds in the input after a bad one.
func rereads(t *testing.T, bad, next string) (records []string) {
	t.Helper()
	rd := ndjson.NewRecords(batch.Plan{}, ndjson.Options{})
	rd.Reset(strings.NewReader(bad), "in")
	for _, err := rd.Next(); err != io.EOF; _, err = rd.Next() {
		var reported *batch.LineError
		if err != nil && !errors.As(err, &reported) {
			t.Fatal(err)
		}
	}
	rd.Reset(strings.NewReader(next), "in")
	for r, err := rd.Next(); err == nil; r, err = rd.Next() {
		records = append(records, string(r.Raw()))
	}
	return records
}

// TestBadElements: a bad array element is reported like a line; the elements after it
// are good or skipped, as the table says.
func TestBadElements(t *testing.T) {
	t.Parallel()
	const good, next, rest = `{"n":1}`, `{"n":2}`, " (the rest of the array is skipped)"
	for _, f := range allBadLines {
		in := "[" + good + "," + f.line + "," + next + "]"
		first := "1:" + strconv.Itoa(len(good)+2+f.column) + " " + spelt(f.reason)
		want := []string{good}
		switch f.array {
		case skipsRest:
			want = append(want, first+rest)
		case onlyThis:
			want = append(want, first, next)
		default:
			for result := range strings.SplitSeq(strings.ReplaceAll(f.array, "…", rest), " | ") {
				if result[0] != '{' {
					result = "1:" + result
				}
				want = append(want, result)
			}
		}
		expect(t, in, read(t, batch.Plan{}, strings.NewReader(in)), want)
	}
}

// expect asserts that the results for in are as wanted.
func expect(t rapid.TB, in string, got, want []string) {
	t.Helper()
	g, w := strings.Join(got, "\n\t"), strings.Join(want, "\n\t")
	if g != w {
		t.Errorf("%.300q\ngot\n\t%s\nwant\n\t%s", in, g, w)
	}
}

// TestGoodLines: unusual lines that are valid are good, with any white space around.
func TestGoodLines(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		`{}`, `{ }`, `{"":0}`, `{"":{"":[]}}`, `{"v":[]}`, `{"v":[{}]}`, `{"v":-0}`, `{"v":0e0}`, `{"v":-0.0E-0}`, `{"v":1E+05}`,
		`{"v":1e400}`, `{"v":1e-2000}`, `{"v":"\u0000\ud800\"\\\/\b\f\n\r\t"}`, "{\"v\":\"\x7f\u2028\ufeff\U0010ffff\"}",
		"{\t\"v\" : \r[ 1 , true,false ,null ] }", `{"v":1,"v":2}`, nested(`{"v":`, "}", jsonscan.MaxDepth), nested("[", "]", jsonscan.MaxDepth),
	} {
		expect(t, line, read(t, batch.Plan{}, strings.NewReader(line)), []string{line})
		in := " \n\t" + line + " \t\r\n\r\n\n"
		expect(t, in, read(t, batch.Plan{}, strings.NewReader(in)), []string{line})
	}
}

// nested returns a record of that depth.
func nested(open, end string, depth int) string {
	if open == "[" {
		return `{"v":` + strings.Repeat("[", depth-1) + strings.Repeat("]", depth-1) + "}"
	}
	return strings.Repeat(open, depth-1) + "{}" + strings.Repeat(end, depth-1)
}

// TestDepth: nesting beyond jsonscan.MaxDepth is an error of its line or element only, and deep
// input does not exhaust the stack.
func TestDepth(t *testing.T) {
	t.Parallel()
	for open, column := range map[string]int{"[": 1005, `{"v":`: 5001} {
		end := map[string]string{"[": "]", `{"v":`: "}"}[open]
		deep, good := nested(open, end, jsonscan.MaxDepth+1), `{"n":1}`
		fault := strconv.Itoa(column) + " nested more than 1000 levels deep"
		expect(t, deep, read(t, batch.Plan{}, strings.NewReader(deep+"\n"+good)), []string{"1:" + fault, good})
		in := "[\n" + deep + ",\n" + good + "]"
		expect(t, in, read(t, batch.Plan{}, strings.NewReader(in)), []string{"2:" + fault, good})
	}
	hostile := strings.Repeat(`[{"v":`, 1<<20)
	results := read(t, batch.Plan{}, strings.NewReader("{}\n"+hostile))
	if len(results) != 2 {
		t.Errorf("%.200q", results)
	}
}
