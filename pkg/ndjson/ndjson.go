// Package ndjson turns lines into records and results into lines. It is the
// only judge of what a good line is: RFC 8259, valid UTF-8, an object, nested
// at most 1,000 deep. Filters and the pipe stand on it; it knows nothing of
// files, flags or clocks.
//
// A [Reader] cuts an input into blocks of lines; a [Parser], of which several may
// work at once, validates each line of a [Block] and finds the members that a
// [Plan] asks for, in one pass and without a tree. Machines write the same line
// again and again, so what stands between the values of a line is compared with
// leads that were learned from lines before (prefix.go), and the values are proven
// good as they are passed. There are three ways to do that. Where the processor has
// AVX2, lines are walked many at a time (kernel_amd64.s), 32 bytes at once;
// where a line has something that is rare, or the processor is another, it goes a
// short way in plain Go (match.go); and what is new or bad goes the long way through
// the scanner (scan.go), which is the judge. A law holds the three together. What was
// found is read afterwards, in the order in which a record is judged: condition,
// key, time, values. A [Record] keeps the bytes it came in, and a [Writer] copies
// them, so what a filter does not change is never printed again.
//
// The idea is that of Mison (Li et al., VLDB 2017) and of simdjson's on-demand
// parsing (Keiser and Lemire, 2023): look only where the query looks. Here the rest
// is still validated, byte for byte.
package ndjson

import (
	"bytes"
	"fmt"

	"weir/pkg/stamp"
)

// MaxDepth is the deepest nesting of objects and arrays in a good line; the
// record itself is depth 1.
const MaxDepth = 1000

// Plan says what is read of every record. The zero Plan reads nothing: lines
// are validated only.
type Plan struct {
	Numbers []Path // named readings: slot i is Numbers[i]
	All     bool   // instead of Numbers: every numeric member at the top level, but Aside and Time
	Exclude []Path // members that All passes over

	Time          Path         // where the timestamp stands; empty: time is not read
	Format        stamp.Format // how it is written
	TimeOptional  bool         // a record without a time is good
	IgnoreBadTime bool         // with Untimed: a time that cannot be read is none

	Key          []Path // what records are grouped by
	IgnoreBadKey bool   // a key that is an object or an array is null; otherwise it condemns the record
	Where        []Cond // all must hold, else the record is filtered out

	Omit string // a member at the top level that is never read, and is left out by Writer.Record

	// Tell is what a named value of another type, or out of range, means:
	// true, the record has no reading there and Record.Told says so; false,
	// it condemns the record by way of Record.Judge.
	ReportOnly bool

	MaxFields int // under All, members beyond that many names are no readings; 0 is no limit
}

// Cond holds for a record whose member at Path is a string that decodes to
// Value, or another scalar whose text is Value.
type Cond struct {
	Path  Path
	Value string
}

// Verdict is what became of a record that a filter was handed.
type Verdict uint8

// The verdicts a filter may give.
const (
	Used      Verdict = iota // it had its effect
	NoReading                // nothing in it to measure
	Late                     // it came after a row that should have held it
)

// LineError is a fault of one line or element: its good neighbours are not
// touched by it.
type LineError struct {
	File   string // as it was given; "-" for standard input
	Line   int64  // from 1
	Column int64  // in bytes, from 1
	Offset int64  // of the line's or element's first byte in the (decompressed) input, from 0
	Reason string // what is wrong and, where it helps, what to do
	Kind   string // Reason without its particulars: the same for like faults

	// Text is the line around the fault, on one line, and At the index in it
	// that Column means. Text is cut to a few hundred bytes.
	Text []byte
	At   int

	syntax bool // inside an array, the elements after it cannot be told apart
}

// Error gives place and reason: "in.jsonl:88:33: not a number: 7l.4".
func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// fault is a LineError before its place is known: at is an index into the
// scanned text.
type fault struct {
	at     int
	kind   string
	detail string
	syntax bool
}

func (f *fault) reason() string {
	if f.detail == "" {
		return f.kind
	}
	return f.kind + ": " + f.detail
}

// textAround is how much of a line is kept on each side of a fault.
const contextBytes = 200

// excerpt copies what surrounds text[at], with line breaks blanked.
func contextOf(text []byte, at int) ([]byte, int) {
	from, to := max(0, at-contextBytes), min(len(text), at+contextBytes)
	cut := bytes.Clone(text[from:to])
	for i, c := range cut {
		if c < ' ' {
			cut[i] = ' '
		}
	}
	return cut, at - from
}
