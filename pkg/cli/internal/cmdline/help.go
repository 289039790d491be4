package cmdline

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"weir/pkg/agg"
	"weir/pkg/describe"
)

// Help is made from the flags' tags, so that a flag is defined once:
//
//	help         The first sentence is for -h and --help, further ones are for --help
//	             alone. {stats} is replaced by the names of all statistics, and other
//	             names in braces by what several commands say: see fillHelp.
//	default      Printed after the first sentence, as "(default X)". A help text with
//	             the word "default" is left as it is: a flag that has no default value
//	             describes in words what happens without it.
//	placeholder  The kind of value, in capitals, so that it cannot be taken for a value.
//	group        The key of one of the groups below.
//	more         The flag is shown by --help alone. -h has to fit a screen.
//	min, max     Limits of a whole number; see decodeInt.
//	values       Words that the value may be, separated by blanks, for completions: all
//	             that there are, or some if it may be another text as well.

// fillHelp replaces the names in braces in the help of all flags.
//
// Why not by kong's variables: it would replace them in every run, which nearly doubled the time
// that a command takes to begin.
func fillHelp(command *Command, m *kong.Application) {
	texts := strings.NewReplacer(
		"{stats}", agg.Names(command.Stats),
		"{conditions}", conditionsHelp,
		"{time_field}", timeFieldHelp,
		"{time_format}", timeFormatHelp,
		"{clock_changes}", clockChangesHelp,
	)
	for _, f := range m.Flags {
		f.Help = texts.Replace(f.Help)
	}
}

// Sentences of the help of several commands.
const (
	conditionsHelp   = "Use only records that meet this, such as 'speed>=5'. Operators are =, !=, <, <=, > and >=. May be repeated; all conditions must hold. Numbers are compared as numbers (30.0 is 30), times of the timestamp field as times, all else as text. A record without the field meets only !=. A name with an operator in it, or with a blank at its edge, is written as a JSON string, and so is a value that is text even if it looks like a number."
	timeFieldHelp    = "Timestamp field (default timestamp or a usual name). If the first record has no timestamp, it is the first of date, time, ts, @timestamp and datetime that the record has and that holds a time."
	timeFormatHelp   = "Timestamp format: auto, rfc3339, unix, unix_ms, unix_us, unix_ns, or a strftime layout such as '%d.%m.%Y %H:%M'."
	clockChangesHelp = "A time that clocks show twice is the first one; one that they do not show is read with the offset before the change."
)

// groups are the headings of --help, in order. Flags of one group are in the
// order of their declaration.
var groups = []struct{ key, title string }{
	{"server", "Server"},
	{"records", "Records"},
	{"faults", "Faults"},
	{"input", "Input"},
	{"window", "Window"},
	{"statistics", "Statistics"},
	{"anomalies", "Anomalies"},
	{"output", "Output"},
	{"parts", "Parts of a stream, on several machines"},
	{"errors", "Errors and messages"},
	{"general", "General"},
}

// exitLine explains the exit codes in one line, for -h.
func exitLine(m *kong.Application) string {
	badLines := ""
	if has(m, "bad") {
		badLines = "1 bad or late lines, "
	}
	return "exit: 0 ok, " + badLines + "2 wrong usage, 74 I/O error, 128+n signal n\n"
}

// exits explains the exit codes, for --help and the man page.
func exits(m *kong.Application) []describe.Exit {
	list := []describe.Exit{{Code: "0", Meaning: "success, or the reader closed standard output"}}
	if has(m, "bad") {
		list = append(list, describe.Exit{Code: "1", Meaning: "lines were bad or late (see --bad and --rejects), or no record had a field that -f, -g, -t or --where names"})
	}
	usage := "wrong usage, or the command could not start"
	if has(m, "partial") {
		usage = "wrong usage, the command could not start, or a partial was refused"
	}
	list = append(
		list,
		describe.Exit{Code: "2", Meaning: usage},
		describe.Exit{Code: "74", Meaning: "a read or write failed"},
	)
	if has(m, "state") {
		list = append(list, describe.Exit{Code: "75", Meaning: "another run is using the file of --state"})
	}
	return append(list, describe.Exit{Code: "128+n", Meaning: "ended by signal n, after flushing pending output"})
}

// environment explains the variables that the command reads, for the man page.
func environment(m *kong.Application) (list []describe.Entry) {
	if has(m, "color") {
		list = append(
			list,
			describe.Entry{Name: "NO_COLOR", Meaning: "with --color auto: no colours, if it is not empty"},
			describe.Entry{Name: "CLICOLOR_FORCE", Meaning: "with --color auto: colours without a terminal too, if it is neither empty nor 0, and NO_COLOR is not set"},
			describe.Entry{Name: "TERM", Meaning: "with --color auto: no colours, if it is dumb or not set. If it is linux, only ASCII characters are drawn"},
			describe.Entry{Name: "LC_ALL, LC_CTYPE, LANG", Meaning: "the locale: the first that is not empty. If it is not of UTF-8, only ASCII characters are drawn"},
		)
	}
	if has(m, "plot") {
		list = append(
			list,
			describe.Entry{Name: "COLUMNS", Meaning: "the width of what --plot draws without a terminal"},
			describe.Entry{Name: "TMPDIR", Meaning: "the directory of the temporary file for input that is read twice. By default, /tmp"},
		)
	}
	return list
}

// paths explains the files that the command makes beside those that it is given, for the man
// page.
func paths(m *kong.Application) (list []describe.Entry) {
	if has(m, "state") {
		list = append(
			list,
			describe.Entry{Name: "FILE.prev", Meaning: "the state before that of --state FILE. It is used if FILE is damaged"},
			describe.Entry{Name: "FILE.lock", Meaning: "the lock of --state FILE. It stays there"},
		)
	}
	return list
}

// helpWidth is the width of help in columns.
const helpWidth = 80

// shortHelp is the text of -h. It fits 24 lines.
func shortHelp(command *Command, m *kong.Application) []byte {
	fillHelp(command, m)
	var b bytes.Buffer
	heading(&b, command, m)
	column := nameColumn(m, false)
	for _, g := range groups {
		writeRows(&b, groupRows(m, g.key, false), column)
	}
	if len(command.Examples) > 0 {
		fmt.Fprintf(&b, "\nexample: %s\n", command.Examples[0].Command)
	}
	b.WriteString(exitLine(m))
	return b.Bytes()
}

// longHelp is the text of --help.
func longHelp(command *Command, m *kong.Application) []byte {
	fillHelp(command, m)
	var b bytes.Buffer
	heading(&b, command, m)
	if command.About != "" {
		fmt.Fprintf(&b, "%s\n\n", wrap(command.About, helpWidth, ""))
	}
	left := nameColumn(m, true)
	for _, g := range groups {
		rows := groupRows(m, g.key, true)
		if g.key == "input" {
			rows = append(fileRows(m), rows...)
		}
		if len(rows) > 0 {
			fmt.Fprintf(&b, "%s:\n", g.title)
			writeRows(&b, rows, left)
			b.WriteByte('\n')
		}
	}
	if len(command.Examples) > 0 {
		b.WriteString("Examples:\n")
		for _, e := range command.Examples {
			fmt.Fprintf(&b, "  %s\n      %s\n", e.Command, wrap(e.Why, helpWidth-6, "      "))
		}
		b.WriteByte('\n')
	}
	b.WriteString("Exit codes:\n")
	const column = 9
	for _, e := range exits(m) {
		fmt.Fprintf(&b, "  %-*s%s\n", column-len("  "), e.Code, wrap(e.Meaning, helpWidth-column, strings.Repeat(" ", column)))
	}
	return b.Bytes()
}

func heading(b *bytes.Buffer, command *Command, m *kong.Application) {
	files := ""
	if len(m.Positional) > 0 {
		files = " [FILE ...]"
	}
	fmt.Fprintf(b, "%s: %s\nusage: %s [flags]%s\n\n", command.Name, command.Summary, command.Name, files)
}

// row is one flag of a help: the flag with its placeholder, and what it does.
type row struct{ name, text string }

// groupRows returns the flags of a group; those tagged more only if long.
func groupRows(m *kong.Application, key string, long bool) (rows []row) {
	for _, f := range m.Flags {
		if f.Group == nil || f.Group.Key != key || f.Tag.Has("more") && !long {
			continue
		}
		name := "    --" + f.Name
		if f.Short != 0 {
			name = fmt.Sprintf("-%c, --%s", f.Short, f.Name)
		}
		if !f.IsBool() {
			name += " " + f.PlaceHolder
		}
		rows = append(rows, row{name, flagText(f, long)})
	}
	return rows
}

// fileRows returns a row for the FILE arguments.
func fileRows(m *kong.Application) (rows []row) {
	for _, p := range m.Positional {
		rows = append(rows, row{p.Name + " ...", strings.TrimSuffix(p.Help, ".")})
	}
	return rows
}

// flagText returns the description of a flag: the first sentence with the default,
// and the others if long. A single sentence has no full stop.
func flagText(f *kong.Flag, long bool) string {
	first, others, more := strings.Cut(strings.TrimSuffix(f.Help, "."), ". ")
	if f.HasDefault && !strings.Contains(f.Help, "default") {
		first += " (default " + f.Default + ")"
	}
	if long && more {
		return first + ". " + others + "."
	}
	return first
}

// maxNameColumn limits the width of the left column. A longer name has a line of
// its own.
const maxNameColumn = 28

// nameColumn returns the width of the left column, the same for all groups: what
// the names need with at least two blanks after them, up to maxNameColumn.
func nameColumn(m *kong.Application, long bool) int {
	column := 0
	for _, g := range groups {
		for _, r := range groupRows(m, g.key, long) {
			n := len("  ") + utf8.RuneCountInString(r.name) + len("  ")
			if n <= maxNameColumn {
				column = max(column, n)
			}
		}
	}
	return column
}

// writeRows writes rows in two columns.
func writeRows(b *bytes.Buffer, rows []row, column int) {
	indent := strings.Repeat(" ", column)
	for _, r := range rows {
		name := "  " + r.name
		space := column - utf8.RuneCountInString(name)
		if space >= len("  ") {
			name += strings.Repeat(" ", space)
		} else {
			name += "\n" + indent
		}
		fmt.Fprintf(b, "%s%s\n", name, wrap(r.text, helpWidth-column, indent))
	}
}

// wrap breaks text into lines of at most width characters; a longer word has a
// line of its own. All lines but the first are indented. Line breaks in the text
// are kept, and so are blanks at the start of its lines, which indent them further.
func wrap(text string, width int, indent string) string {
	var b strings.Builder
	for i, line := range strings.Split(text, "\n") {
		blanks := line[:len(line)-len(strings.TrimLeft(line, " "))]
		if i > 0 {
			b.WriteString("\n" + indent)
		}
		b.WriteString(blanks)
		n := 0
		for _, word := range strings.Fields(line) {
			size := utf8.RuneCountInString(word)
			switch {
			case n == 0:
			case len(blanks)+n+1+size > width:
				b.WriteString("\n" + indent + blanks)
				n = 0
			default:
				b.WriteByte(' ')
				n++
			}
			b.WriteString(word)
			n += size
		}
	}
	return b.String()
}
