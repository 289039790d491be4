package source

import (
	"bytes"
	"strings"

	"weir/pkg/jsonscan"
)

// This file recognises formats that weir does not read, by the first bytes of an input after
// decompression, so that one message can name the format and the command that converts it.
//
// A binary format ends the reading, with a [*ForeignError]. A text format changes nothing: its
// lines are read, and are good or bad as they are. [Input.Foreign] says what they probably are.

// Foreign is a format that is not one JSON object per line. The zero value is none that is
// recognised.
type Foreign struct {
	Kind      ForeignKind
	Member    string // of Wrapped: the name of the array
	Separator byte   // of CSV
	Headless  bool   // of CSV: the first line has values, not names
	Gzip      bool   // the input is compressed by gzip, and has the format decompressed
	Zstd      bool   // the same by zstd
}

// ForeignKind is a kind of foreign format.
type ForeignKind uint8

// The binary formats.
const (
	NotForeign ForeignKind = iota
	Bzip2
	XZ
	Lzip
	LZ4
	Compress // .Z
	SevenZip
	Zip
	Tar
	Parquet
	UTF16 // with a byte order mark
	UTF16LE
	UTF16BE
	UTF32
	Binary // no text, and none of these
)

// The text formats.
const (
	CSV            ForeignKind = iota + 64
	TextSequence               // RFC 7464: a record separator before each text
	PrettySequence             // the same, with objects that span lines
	CommaLines                 // an object and a comma on each line
	Pretty                     // objects that span lines
	Wrapped                    // an object with a member that is an array of records
	Arrays                     // an array of arrays
	ArrayLines                 // an array of values on each line
	BatchLines                 // an array of objects on each line
	NumberArray                // an array of numbers
	Numbers                    // a number on each line
	Encoded                    // a JSON string on each line that holds an object
	Prefixed                   // text before an object on each line
	EventStream                // server-sent events: "data: " before each object
	Markup                     // HTML or XML
	Colored                    // a JSON text on each line, with the colours of a terminal
	ColoredPretty              // the same, with objects that span lines
)

// ForeignError says that an input is in a binary format that is not read.
type ForeignError struct {
	Name string // of the input
	Foreign
}

// Error names the input, and says that it cannot be read. Package cli knows what to do.
func (e *ForeignError) Error() string { return e.Name + ": data in a format that is not read" }

// maxHead is how many bytes of an input are looked at.
const maxHead = 64 << 10

// recognize returns the format of an input that begins with head; packed is how it was
// compressed.
func recognize(head []byte, packed format) Foreign {
	head = head[:min(len(head), maxHead)]
	f := Foreign{Kind: recognizeBinary(head)}
	if f.Kind == NotForeign {
		f = recognizeText(head)
	}
	f.Gzip, f.Zstd = packed == formatGzip, packed == formatZstd
	return f
}

// binary reports whether Read ends with a ForeignError.
func (f Foreign) binary() bool { return f.Kind > NotForeign && f.Kind < Binary }

// magics are the first bytes of binary formats. None can begin a good line.
var magics = []struct {
	magic string
	kind  ForeignKind
}{
	{"BZh", Bzip2},
	{"\xfd7zXZ\x00", XZ},
	{"LZIP\x01", Lzip},
	{"\x04\x22\x4d\x18", LZ4},
	{"\x1f\x9d", Compress},
	{"7z\xbc\xaf\x27\x1c", SevenZip},
	{"PK\x03\x04", Zip},
	{"PAR1", Parquet},
	{"\xff\xfe\x00\x00", UTF32},
	{"\x00\x00\xfe\xff", UTF32},
	{"\xff\xfe", UTF16},
	{"\xfe\xff", UTF16},
}

// recognizeBinary returns a binary format other than Binary, or NotForeign.
func recognizeBinary(head []byte) ForeignKind {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.magic)) {
			if m.kind == Bzip2 && (len(head) < 4 || head[3] < '1' || head[3] > '9') {
				continue
			}
			return m.kind
		}
	}
	const tarMagic = 257 // POSIX.1-1988, ustar; GNU tar has the same
	if len(head) > tarMagic+5 && string(head[tarMagic:tarMagic+5]) == "ustar" && head[0] != '{' && head[0] != '[' {
		return Tar
	}
	// UTF-16 without a byte order mark: two ASCII characters, the first of which opens a record.
	if len(head) < 4 {
		return NotForeign
	}
	opens := func(c byte) bool { return c == '{' || c == '[' }
	switch {
	case opens(head[0]) && head[1] == 0 && head[2] != 0 && head[3] == 0:
		return UTF16LE
	case head[0] == 0 && opens(head[1]) && head[2] == 0 && head[3] != 0:
		return UTF16BE
	}
	return NotForeign
}

// recognizeText returns a text format, or Binary.
func recognizeText(head []byte) Foreign {
	text := bytes.TrimLeft(head, "\x00")
	text = bytes.TrimLeft(bytes.TrimPrefix(text, []byte("\ufeff")), " \t\r\n")
	if len(text) == 0 {
		return Foreign{}
	}
	line, rest, _ := bytes.Cut(text, []byte{'\n'})
	line = bytes.TrimRight(line, " \t\r")
	if bytes.IndexByte(line, escape) >= 0 {
		f := recognizeColored(text)
		if f.Kind != NotForeign {
			return f
		}
	}
	c := text[0]
	switch {
	case c == '{':
		return recognizeObject(text, line)
	case c == '[' && objectAt(line) == 0:
		return recognizeArray(text, rest)
	case c == 0x1e:
		first := bytes.Trim(line, "\x1e \t\r")
		_, err := value(first)
		if err != nil && err.Offset == len(first) {
			return Foreign{Kind: PrettySequence}
		}
		return Foreign{Kind: TextSequence}
	case c == '<' && objectAt(line) == 0:
		return Foreign{Kind: Markup}
	case notText(text):
		return Foreign{Kind: Binary}
	}
	end, err := value(line)
	switch {
	case err == nil && end == len(line) && line[0] == '"' && bytes.HasPrefix(line, []byte(`"{`)):
		return Foreign{Kind: Encoded}
	case err == nil && end == len(line) && (line[0] == '-' || line[0]-'0' <= 9):
		return Foreign{Kind: Numbers}
	}
	open := objectAt(line)
	switch {
	case open > 0 && strings.TrimSpace(string(line[:open])) == "data:":
		return Foreign{Kind: EventStream}
	case open > 0:
		return Foreign{Kind: Prefixed}
	}
	for _, field := range []string{"event:", "id:", "retry:", ": "} {
		if bytes.HasPrefix(line, []byte(field)) && bytes.Contains(rest, []byte("data:")) {
			return Foreign{Kind: EventStream}
		}
	}
	f := recognizeCSV(line, rest)
	if f.Kind == NotForeign && bytes.IndexByte(line, '{') < 0 && prefixedBelow(rest) {
		f.Kind = Prefixed
	}
	return f
}

// prefixedBelow reports whether the first of a few lines that has a brace is text before an
// object. The lines before it may be a heading, as journalctl prints one.
func prefixedBelow(text []byte) bool {
	const few = 5
	for range few {
		line, rest, more := bytes.Cut(text, []byte{'\n'})
		if !more {
			return false
		}
		if bytes.IndexByte(line, '{') >= 0 {
			return objectAt(bytes.TrimRight(line, " \t\r")) > 0
		}
		text = rest
	}
	return false
}

// objectAt returns the offset of the object that ends a line and has text before it; 0 if there is
// none. A bracket before it may be part of the text ("[INFO] {"), and then does not open an array
// that the object is in.
func objectAt(line []byte) int {
	open := bytes.IndexByte(line, '{')
	if open <= 0 || opensArray(line, open) {
		return 0
	}
	_, err := jsonscan.Object(line[open:])
	if err != nil {
		return 0
	}
	return open
}

// opensArray reports whether a line begins as an array does that goes on at offset open.
func opensArray(line []byte, open int) bool {
	if line[0] != '[' {
		return false
	}
	end, err := value(line)
	return err == nil && end > open || err != nil && err.Offset >= open
}

// ObjectAfterText reports whether a line has text before an object that ends it. Of a line whose
// end is missing (whole false), the object must be good as far as it goes.
func ObjectAfterText(line []byte, whole bool) bool {
	line = bytes.TrimSpace(line)
	if whole || objectAt(line) > 0 {
		return objectAt(line) > 0
	}
	open := bytes.IndexByte(line, '{')
	if open <= 0 || opensArray(line, open) {
		return false
	}
	_, err := jsonscan.Object(line[open:])
	return err != nil && err.Offset == len(line)-open
}

// escape is the control character ESC, which no valid JSON text has.
const escape = 0x1b

// recognizeColored returns the format of a text whose first line has escape characters:
// Colored or ColoredPretty if JSON is left where the control sequences of a terminal are
// removed.
func recognizeColored(text []byte) Foreign {
	plain := removeControls(text)
	if len(plain) == len(text) || len(plain) == 0 || plain[0] != '{' && plain[0] != '[' {
		return Foreign{}
	}
	switch recognizeText(plain).Kind {
	case NotForeign:
		return Foreign{Kind: Colored}
	case Pretty:
		return Foreign{Kind: ColoredPretty}
	}
	return Foreign{}
}

// removeControls returns text without control sequences, such as ESC [ 1 ; 31 m: the
// parameters of ECMA-48 that programs write, and a final letter.
func removeControls(text []byte) []byte {
	var plain []byte
	for i := 0; i < len(text); i++ {
		if text[i] == escape && i+1 < len(text) && text[i+1] == '[' {
			end := i + 2
			for end < len(text) && (text[end]-'0' <= 9 || text[end] == ';' || text[end] == '?') {
				end++
			}
			if end < len(text) && (text[end]|0x20)-'a' < 26 {
				i = end
				continue
			}
		}
		plain = append(plain, text[i])
	}
	return plain
}

// recognizeObject returns the format of a text that begins with a brace. line is its first
// line.
func recognizeObject(text, line []byte) Foreign {
	end, err := value(line)
	switch {
	case err == nil && string(bytes.TrimSpace(line[end:])) == ",":
		return Foreign{Kind: CommaLines}
	case err != nil && err.Offset < len(line):
		return Foreign{} // a bad line
	}
	member := wrapped(text)
	switch {
	case member != "":
		return Foreign{Kind: Wrapped, Member: member}
	case err == nil:
		return Foreign{}
	}
	// The line ends inside the object. Does the text go on with it?
	_, err = value(text)
	if err == nil || err.Offset > len(line)+1 {
		return Foreign{Kind: Pretty}
	}
	return Foreign{}
}

// wrapped returns the name of the first member of the object at the start of text that is an
// array of objects, or "". The object may be longer than text, but must be the only value in
// it.
func wrapped(text []byte) string {
	i, found := 1, ""
	for {
		i = jsonscan.Space(text, i)
		end, err := value(text[i:])
		if err != nil || text[i] != '"' {
			return found
		}
		name := string(jsonscan.AppendDecoded(nil, text[i+1:i+end-1]))
		i = jsonscan.Space(text, i+end)
		if i == len(text) || text[i] != ':' {
			return found
		}
		i = jsonscan.Space(text, i+1)
		if found == "" && i < len(text) && text[i] == '[' {
			first := jsonscan.Space(text, i+1)
			if first < len(text) && text[first] == '{' {
				found = name
			}
		}
		end, err = value(text[i:])
		if err != nil {
			return found // mostly, the text ends here
		}
		i = jsonscan.Space(text, i+end)
		if i == len(text) || text[i] != ',' {
			break
		}
		i++
	}
	if i < len(text) && text[i] == '}' && jsonscan.Space(text, i+1) == len(text) {
		return found
	}
	return ""
}

// recognizeArray returns the format of a text that begins with a bracket. rest is what
// follows its first line.
func recognizeArray(text, rest []byte) Foreign {
	i := jsonscan.Space(text, 1)
	if i == len(text) || text[i] == ']' {
		return Foreign{}
	}
	if text[i] == '[' {
		return Foreign{Kind: Arrays}
	}
	end, err := value(text)
	next := jsonscan.Space(text, end)
	several := err == nil && next < len(text) && text[next] == '[' && next >= len(text)-len(rest)
	switch {
	case several && text[i] == '{':
		return Foreign{Kind: BatchLines}
	case several:
		return Foreign{Kind: ArrayLines}
	}
	_, err = value(text[i:])
	if err == nil && (text[i] == '-' || text[i]-'0' <= 9) {
		return Foreign{Kind: NumberArray}
	}
	return Foreign{}
}

// value is jsonscan.Value for text that may be empty.
func value(text []byte) (end int, err *jsonscan.Error) {
	if len(text) == 0 {
		return 0, &jsonscan.Error{}
	}
	return jsonscan.Value(text, 0)
}

// notText reports whether text has NUL bytes or many other control characters near its start.
// Those of a terminal's colours do not count.
func notText(text []byte) bool {
	text = text[:min(len(text), 512)]
	controls := 0
	for _, c := range text {
		if c == 0 {
			return true
		}
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != escape {
			controls++
		}
	}
	return controls > len(text)/20
}

// separators are what may separate the values of CSV.
const separators = ",;\t|"

// recognizeCSV returns CSV if the first two lines have the same number of separators, at
// least one. rest is what follows the first line.
func recognizeCSV(line, rest []byte) Foreign {
	second, _, _ := bytes.Cut(rest, []byte{'\n'})
	for _, sep := range []byte(separators) {
		n := countOutside(line, sep)
		if n > 0 && n == countOutside(second, sep) {
			return Foreign{Kind: CSV, Separator: sep, Headless: hasNumber(line, sep)}
		}
	}
	return Foreign{}
}

// countOutside returns how often sep is in line, outside quotes.
func countOutside(line []byte, sep byte) (n int) {
	quoted := false
	for _, c := range line {
		if c == '"' {
			quoted = !quoted
		}
		if c == sep && !quoted {
			n++
		}
	}
	return n
}

// hasNumber reports whether a value of a line of CSV is a number.
func hasNumber(line []byte, sep byte) bool {
	for field := range bytes.SplitSeq(line, []byte{sep}) {
		field = bytes.Trim(field, "\" \r")
		end, err := value(field)
		if err == nil && end == len(field) && (field[0] == '-' || field[0]-'0' <= 9) {
			return true
		}
	}
	return false
}
