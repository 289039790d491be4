// Package foreign says what an input in a foreign format is, and names the command that
// converts it to lines of JSON objects. Package source recognises the formats.
package foreign

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"weir/pkg/source"
)

// conversion says what a foreign format is, and how it becomes lines of JSON objects.
type conversion struct {
	what string // completes "this is …"

	// command writes the converted input to standard output. %s is the name of the file, with
	// a blank before it, or nothing: most commands then read standard input. It may be empty.
	command string

	// needsFile says that command cannot read standard input.
	needsFile bool
}

// removeColors is the command that removes the control sequences of a terminal.
const removeColors = `sed "s/$(printf '\033')\[[0-9;?]*[A-Za-z]//g"%s`

// conversions has the formats whose conversion does not depend on more than the kind.
var conversions = map[source.ForeignKind]conversion{
	source.Bzip2:          {what: "bzip2 data", command: "bzcat%s"},
	source.XZ:             {what: "xz data", command: "xzcat%s"},
	source.Lzip:           {what: "lzip data", command: "lzip -dc%s"},
	source.LZ4:            {what: "lz4 data", command: "lz4 -dc%s"},
	source.Compress:       {what: "data of compress(1)", command: "gzip -dc%s"},
	source.SevenZip:       {what: "a 7z archive", command: "7z e -so%s", needsFile: true},
	source.Zip:            {what: "a zip archive", command: "unzip -p%s", needsFile: true},
	source.Tar:            {what: "a tar archive", command: "tar -xOf%s"},
	source.Parquet:        {what: "a Parquet file", command: "mlr --iparquet --ojsonl cat%s"},
	source.UTF16:          {what: "UTF-16 text", command: "iconv -f UTF-16 -t UTF-8%s"},
	source.UTF16LE:        {what: "UTF-16 text", command: "iconv -f UTF-16LE -t UTF-8%s"},
	source.UTF16BE:        {what: "UTF-16 text", command: "iconv -f UTF-16BE -t UTF-8%s"},
	source.UTF32:          {what: "UTF-32 text", command: "iconv -f UTF-32 -t UTF-8%s"},
	source.Binary:         {what: "not text"},
	source.TextSequence:   {what: "a JSON text sequence (RFC 7464)", command: `cat%s | tr -d '\036'`},
	source.PrettySequence: {what: "a JSON text sequence (RFC 7464)", command: `cat%s | tr -d '\036' | jq -c .`},
	source.CommaLines:     {what: "JSON with a comma after each line", command: `sed 's/,[[:space:]]*$//'%s`},
	source.Pretty:         {what: "JSON over several lines", command: "jq -c .%s"},
	source.Arrays:         {what: "an array of arrays, not of objects", command: "jq -c '.[] | {a: .[0], b: .[1]}'%s"},
	source.ArrayLines:     {what: "an array on each line, not an object", command: "jq -c '{a: .[0], b: .[1]}'%s"},
	source.BatchLines:     {what: "an array on each line, not an object", command: "jq -c '.[]'%s"},
	source.NumberArray:    {what: "an array of numbers, not of objects", command: "jq -c '.[] | {x: .}'%s"},
	source.Numbers:        {what: "a number on each line, not an object", command: "jq -c '{x: .}'%s"},
	source.Encoded:        {what: "JSON in strings", command: "jq -c fromjson%s"},
	source.Prefixed:       {what: "text before a JSON object on each line", command: "sed 's/^[^{]*//'%s"},
	source.EventStream:    {what: "a stream of server-sent events", command: "sed -n 's/^data: *//p'%s"},
	source.Markup:         {what: "HTML or XML, not JSON"},
	source.Colored:        {what: "JSON with the colours of a terminal", command: removeColors},
	source.ColoredPretty:  {what: "JSON with the colours of a terminal", command: removeColors + " | jq -c ."},
}

// convert returns the conversion of a format; ok is false for none.
func convert(f source.Foreign) (c conversion, ok bool) {
	switch f.Kind {
	case source.CSV:
		return conversion{what: "CSV, not JSON", command: csvCommand(f)}, true
	case source.Wrapped:
		member := "." + f.Member
		if !plainName.MatchString(f.Member) {
			member = fmt.Sprintf(".[%q]", f.Member)
		}
		return conversion{what: "one object around all records", command: "jq -c " + quoteShell(strings.ReplaceAll(member, "%", "%%")+"[]") + "%s"}, true
	}
	c, ok = conversions[f.Kind]
	return c, ok
}

// csvCommand returns the command that converts CSV.
func csvCommand(f source.Foreign) string {
	command := "mlr --icsv"
	switch f.Separator {
	case '\t':
		command = "mlr --itsv"
	case ',':
	default:
		command += " --ifs '" + string(f.Separator) + "'"
	}
	if f.Headless {
		command += " --implicit-csv-header"
	}
	return command + " --ojsonl cat%s"
}

// Text says what an input is, and the command that helps: "in.bz2: this is bzip2 data: try bzcat
// in.bz2 | mavg". tool is the command that the converted input is for, as it is typed; name is the
// name of the input, "-" for standard input. It returns "" for a format that is not foreign.
func Text(tool, name string, f source.Foreign) string {
	c, ok := convert(f)
	if !ok {
		return ""
	}
	return c.text(tool, name, f)
}

// ContinuedArray says the same of an array of objects, which is not foreign, where it cannot be
// read: under --state. Of f, only the compression is used.
func ContinuedArray(tool, name string, f source.Foreign) string {
	c := conversion{what: "an array, which cannot be continued with --state", command: "jq -c '.[]'%s"}
	return c.text(tool, name, f)
}

// Prefixed says that some lines of an input have text before an object, and the command that
// helps.
func Prefixed(tool, name string) string {
	c := conversions[source.Prefixed]
	return name + ": some lines have text before a JSON object: try " + c.pipeline(tool, name, source.Foreign{})
}

// BeginsArray reports whether a text begins an array of objects, or of nothing yet. Blanks
// before either are ignored.
func BeginsArray(text []byte) bool {
	rest, ok := bytes.CutPrefix(bytes.TrimSpace(text), []byte{'['})
	rest = bytes.TrimSpace(rest)
	return ok && (len(rest) == 0 || rest[0] == '{')
}

// text says what an input is, and how it is converted.
func (c conversion) text(tool, name string, f source.Foreign) string {
	text := name + ": this is " + c.what
	if c.command == "" {
		return text
	}
	return text + ": try " + c.pipeline(tool, name, f)
}

// pipeline returns what converts an input and passes it to the tool. Requires that there is a
// command.
func (c conversion) pipeline(tool, name string, f source.Foreign) string {
	file, first := "", ""
	if name != "-" {
		file = " " + quoteShell(name)
	}
	switch {
	case f.Gzip:
		first, file = "gzip -dc"+file+" | ", ""
	case f.Zstd:
		first, file = "zstd -dc"+file+" | ", ""
	}
	switch {
	case file == "" && c.needsFile:
		file = " FILE"
	case file == "" && strings.HasPrefix(c.command, "tar"):
		file = " -"
	}
	command := strings.TrimPrefix(fmt.Sprintf(c.command, file), "cat | ")
	return first + command + " | " + tool
}

var (
	plainName  = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	plainShell = regexp.MustCompile(`^[A-Za-z0-9_./+=,@%:][A-Za-z0-9_./+=,@%:-]*$`)
)

// quoteShell returns a word for a shell that stands for s, a file name if it begins with a
// minus.
func quoteShell(s string) string {
	if strings.HasPrefix(s, "-") {
		s = "./" + s
	}
	if plainShell.MatchString(s) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
