// Package messages is what a person reads on stderr: the messages of a run, and its progress.
//
// A [Reporter] prints the messages; it implements pipe.Reporter, and so learns of bad lines, late
// events and names that no record has. A [Progress] draws a line, which the reporter erases before
// each message. A [KeyHint] looks for a member that -g could name. [Refused] makes the message of
// an error of package partial, which does not know flags.
//
// badlines.go has what is said of lines, names.go of names, and summary.go at the end of a run.
package messages

import (
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"unicode"

	"weir/pkg/jsonscan"
	"weir/pkg/lines"
	"weir/pkg/pipe"
	"weir/pkg/source"
	"weir/pkg/stamp"
)

// Reporter prints messages for a person on stderr. It implements pipe.Reporter.
//
// A message is one line: the tool's name, then where and what. It begins without
// a capital and ends without a full stop. Bad lines are followed by the line
// itself and a caret under the error. An error that repeats is printed a few
// times and then counted; Summary prints the counts.
//
// Print, PrintVerbose and PrintUnlessQuiet may be called by any goroutine, if the writer allows
// it; the other methods by one at a time.
type Reporter struct {
	tool          string
	out           writer
	verbose       bool // -v: every error, and the ledger
	quiet         bool // -q: only what ended the run
	options       Options
	input         input
	progressShown atomic.Bool            // a progress line is on the screen and must be erased before a message
	groups        map[string]*errorGroup // by file and kind
	late          lateEvents
	names         nameMessages
}

// Options are what a Reporter has to know of the run of a filter.
type Options struct {
	Flags       Flags
	Files       []string    // the FILE arguments
	Width       int         // of stderr in columns; 0: not known, or not a terminal
	Terminal    bool        // stderr is a terminal
	Continued   bool        // --state: an array is not taken apart
	StopAtBad   bool        // --bad stop
	Interrupted func() bool // whether a signal has come; nil: none has
}

// Flags are the flags of a command, by their long names, without hyphens.
type Flags interface {
	// FlagName returns a flag as the user typed it, "-w" or "--window", or its shortest form.
	FlagName(name string) string
	// Given reports whether a flag was given, even if with its default.
	Given(name string) bool
}

// input is the input that is being read.
type input struct {
	name    string
	foreign func() source.Foreign // what its format is; nil: not known
}

// New returns a reporter of a command that prints to out. tool is the name of the command, with
// which each message begins. An error of out is ignored: it cannot be reported anywhere.
func New(tool string, out io.Writer) *Reporter {
	return &Reporter{tool: tool, out: writer{to: out}, groups: map[string]*errorGroup{}}
}

// SetLevel sets whether more is printed than usual, as with -v, or less, as with -q. At first
// neither is so.
func (r *Reporter) SetLevel(verbose, quiet bool) { r.verbose, r.quiet = verbose, quiet }

// Verbose reports whether more is printed than usual.
func (r *Reporter) Verbose() bool { return r.verbose }

// Quiet reports whether only what ended the run is printed.
func (r *Reporter) Quiet() bool { return r.quiet }

// Begin begins the run of a filter.
func (r *Reporter) Begin(o Options) { r.options = o }

// BeginInput begins an input. name is its name, "-" for standard input; foreign says what its
// format is, and nil that this is not known.
func (r *Reporter) BeginInput(name string, foreign func() source.Foreign) {
	r.input = input{name, foreign}
}

// Print prints one message, also with -q: for what ends the run. Characters that could change the
// screen are replaced.
func (r *Reporter) Print(text string) {
	if r.progressShown.Load() {
		r.write("\r\x1b[K")
	}
	r.write("%s: %s\n", r.tool, printable(text))
}

// PrintUnlessQuiet prints one message, but not with -q.
func (r *Reporter) PrintUnlessQuiet(text string) {
	if !r.quiet {
		r.Print(text)
	}
}

// PrintVerbose prints one message with -v only.
func (r *Reporter) PrintVerbose(text string) {
	if r.verbose {
		r.Print(text)
	}
}

// write prints to stderr.
func (r *Reporter) write(format string, args ...any) { _, _ = fmt.Fprintf(&r.out, format, args...) }

// LimitReached implements pipe.Reporter.
func (r *Reporter) LimitReached() {
	r.PrintUnlessQuiet("the limit of --max-groups (key/field pairs) is reached: further fields are ignored")
}

// Replaced implements pipe.Reporter.
func (r *Reporter) Replaced(name, file string, line int64) {
	switch {
	case r.quiet:
	case r.options.Flags != nil && r.options.Flags.Given("deviation") && name == lines.AnomaliesName:
		r.Print(fmt.Sprintf("%s:%d: the member %q is removed and lost: it is not an object of anomalies, which --deviation adds under this name", file, line, name))
	default:
		r.Print(fmt.Sprintf("%s:%d: the member %q is replaced and lost: it is not an object of averages (--as NAME adds them under another name)", file, line, name))
	}
}

// Incomplete implements pipe.Reporter.
func (r *Reporter) Incomplete() {
	r.PrintUnlessQuiet(r.cause("interrupted: anomalies are missing (they need a second pass over the input)",
		"anomalies are missing: they need a second pass over the input, which was not possible or not complete"))
}

// cause returns what ended a run early: signal if that was a signal, else other.
func (r *Reporter) cause(signal, other string) string {
	if r.options.Interrupted != nil && r.options.Interrupted() {
		return signal
	}
	return other
}

// FirstTime prints what the format auto took the first time of the input for. text is its JSON
// text and t the time; z is the zone in which that is printed, nil for UTC. flag says that the
// command has --time-format.
func (r *Reporter) FirstTime(text []byte, t stamp.Time, z *stamp.Zone, flag bool) {
	format := stamp.AutoFormat([]byte(strings.Trim(string(text), `"`)))
	read := string(z.Append(nil, stamp.Time{Sec: t.Sec}))
	if z == nil {
		read += " UTC"
	}
	name := "--time-format"
	if !flag {
		name = "format"
	}
	r.Print(fmt.Sprintf("the first time, %s, is read as %s (%s %v)", jsonscan.Truncate(text), read, name, format))
}

// Ledger prints what became of every record.
func (r *Reporter) Ledger(l pipe.Ledger) {
	var parts []string
	for _, part := range l.Parts() {
		parts = append(parts, fmt.Sprintf("%s %d", part.Name, part.Count))
	}
	r.Print(fmt.Sprintf("read %d = %s; lines printed: %d", l.Read, strings.Join(parts, " + "), l.Printed))
}

// printable replaces what must not reach a terminal from the input or from a file
// name: control characters, which could move the cursor or change settings,
// characters that change the direction of the text after them, and bytes that are
// not UTF-8.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			return unicode.ReplacementChar
		}
		return r // strings.Map yields unicode.ReplacementChar for a byte that is not UTF-8
	}, s)
}
