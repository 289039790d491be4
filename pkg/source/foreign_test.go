package source

import (
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// TestRecognize: formats that a test of package cmd does not make with real tools, and inputs
// that look foreign and are not.
func TestRecognize(t *testing.T) {
	t.Parallel()
	for head, want := range map[string]Foreign{
		"":                                    {},
		"\n":                                  {},
		"{\"x\":1}\n{\"x\":2}\n":              {},
		"{\"x\":1}":                           {},
		"\ufeff{\"x\":1}\r\n":                 {},
		"[{\"x\":1},\n{\"x\":2}]\n":           {}, // one array is read
		"[\n  {\n    \"x\": 1\n  }\n]\n":      {},
		"[]":                                  {},
		"[INFO] started\n{\"x\":1}\n":         {},
		"{\"x\":1\n{\"x\":2}\n":               {}, // a torn line
		"{\"x\":1,}\n":                        {},
		"{\"x\":1}{\"x\":2}\n":                {},
		"{\"tags\":[{\"a\":1}]}\n{\"x\":1}\n": {}, // two records
		"{\"x\":":                             {},
		"{":                                   {},
		"{\n":                                 {},
		"hello, world\n{\"x\":1}\n":           {},
		"hello\nworld\n":                      {},
		"BZh is no magic number\n":            {},
		"PK, three\n":                         {},
		"\x00{\"x\":1}\n":                     {}, // a hole of one byte
		"\x00\x00\x00\x00{\"x\":1}\n":         {},
		"\x00":                                {},

		"BZh91AY&SY":                                           {Kind: Bzip2},
		"LZIP\x01":                                             {Kind: Lzip},
		"\x1f\x9d\x90":                                         {Kind: Compress},
		"7z\xbc\xaf\x27\x1c\x00":                               {Kind: SevenZip},
		"PAR1\x15\x04":                                         {Kind: Parquet},
		"\x00\x00\xfe\xff\x00\x00\x00{":                        {Kind: UTF32},
		"\x7fELF\x02\x01\x01\x00\x00":                          {Kind: Binary},
		"<!DOCTYPE html>\n":                                    {Kind: Markup},
		"<?xml version=\"1.0\"?>":                              {Kind: Markup},
		"event: m\ndata: {\"x\":1}\n\n":                        {Kind: EventStream},
		"m1 | {\"x\":1}\nm2 | {\"x\":2}\n":                     {Kind: Prefixed},
		"-1.5\n2\n":                                            {Kind: Numbers},
		"{\n  \"rows\": [\n    {\"x\": 1},\n ":                 {Kind: Wrapped, Member: "rows"}, // cut off
		"{\"n\":1,\"a\":[{\"x\":1}],\"b\":[{}]}":               {Kind: Wrapped, Member: "a"},
		"\x1b[1m{\x1b[0m\"x\":1}\n":                            {Kind: Colored},
		"{\"msg\":\"\x1b[31mred\x1b[0m\"}\n":                   {Kind: Colored},
		"\x1b[1;39m[{\"x\":1}]\x1b[0m\n":                       {Kind: Colored},
		"\x1b[34mINFO\x1b[0m {\"x\":1}\n":                      {Kind: Prefixed},
		"\x1b]11;?\x1b\\\x1b[6n{\"x\":1}\r\n":                  {Kind: Prefixed}, // a question to the terminal
		"\x1b[31mfailed\x1b[0m\n{\"x\":1}\n":                   {},
		"\x1b{\"x\":1}\n":                                      {Kind: Prefixed},
		"{\"x\":\"\x1b[31\"}\n":                                {}, // an unfinished sequence
		"2024-05-06T08:00:01 INFO {\"x\":1}\n":                 {Kind: Prefixed},
		"[2024-05-06 08:00:01] {\"x\":1}\n":                    {Kind: Prefixed},
		"[INFO] {\"x\":1}\n":                                   {Kind: Prefixed},
		"[7] {\"x\":1}\n":                                      {Kind: Prefixed},
		"[7] [main] {\"x\":[1]}\n":                             {Kind: Prefixed},
		"1234 {\"x\":1}\n":                                     {Kind: Prefixed},
		"<34>1 2024-05-06T08:00:01Z h su - ID47 - {\"x\":1}\n": {Kind: Prefixed},
		"-- Logs begin at Mon. --\nMay 06 08:00:01 h app[7]: {\"x\":1}\n": {Kind: Prefixed},
		"hello\n[{\"x\":1}]\n":      {},
		"[{\"x\":1}\n,{\"x\":2}]\n": {}, // one array
		"[[1],{\"x\":1}]\n":         {Kind: Arrays},
		"[7,{\"x\":1}\n]\n":         {Kind: NumberArray},
		"[null, {\"x\":1}\n]\n":     {},
		"<p>{\"x\":1}</p>\n":        {Kind: Markup},
		"1,2\n3,4\n":                {Kind: CSV, Separator: ',', Headless: true},
		"a;b;c\n1,5;2;3\n":          {Kind: CSV, Separator: ';'},
	} {
		got := recognize([]byte(head), formatPlain)
		if got != want {
			t.Errorf("%q: %+v, want %+v", head, got, want)
		}
	}
}

// TestObjectAfterText: a line with text before an object, of which the end may be missing.
func TestObjectAfterText(t *testing.T) {
	t.Parallel()
	for line, want := range map[string][2]bool{ // with its end, and without
		`INFO {"x":1}`:        {true, true},
		` INFO {"x":{"y":1}}`: {true, true},
		`INFO {"x":1`:         {false, true},
		`INFO {"x":1} done`:   {false, false},
		`INFO {x:1`:           {false, false},
		`[INFO] {"x":1}`:      {true, true},
		`[7, {"x":1}`:         {false, false},
		`{"x":1}`:             {false, false},
		`INFO`:                {false, false},
		``:                    {false, false},
	} {
		got := [2]bool{ObjectAfterText([]byte(line), true), ObjectAfterText([]byte(line), false)}
		if got != want {
			t.Errorf("%q: %v, want %v", line, got, want)
		}
	}
}

// TestGoodLinesAreNotBinary: an input of records is read, whatever is in them. recognize does
// not panic, wherever its text is cut off.
func TestGoodLinesAreNotBinary(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		record := map[string]any{rapid.String().Draw(t, "name"): rapid.OneOf(rapid.String().AsAny(), rapid.Float64Range(-1, 1).AsAny()).Draw(t, "value")}
		line, err := json.Marshal(record)
		if err != nil {
			t.Skip()
		}
		in := string(line) + "\n" + strings.Repeat(string(line)+"\n", rapid.IntRange(0, 3).Draw(t, "more"))
		for end := range len(in) {
			f := recognize([]byte(in[:end]), formatPlain)
			if f != (Foreign{}) {
				t.Fatalf("%q: %+v", in[:end], f)
			}
		}
		recognize(rapid.SliceOf(rapid.SampledFrom([]byte("{}[]\",: \n\r\x00\x1e1-.ae\xff\xfe"))).Draw(t, "bytes"), formatGzip)
	})
}

// TestBinaryEndsReading: no byte of a binary format is returned, however the input is packed.
func TestBinaryEndsReading(t *testing.T) {
	t.Parallel()
	for name := range packers() {
		got, err := readBytes(t, pack(t, name, []byte("\xff\xfe{\x00}\x00\n\x00")), 512)
		var foreign *ForeignError
		if len(got) > 0 || err == io.EOF || !errors.As(err, &foreign) || foreign.Kind != UTF16 || foreign.Gzip != (name == "gzip") || foreign.Zstd != (name == "zstd") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}
