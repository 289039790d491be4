// Package ndjson reads newline-delimited JSON and writes it.
//
// Reading finds, in every line, the members that a [Plan] asks for, in one pass
// and without building a tree, and validates the whole line: RFC 8259, valid
// UTF-8, one object, nested at most [jsonscan.MaxDepth] deep. Package jsonscan defines
// which lines are good. This package knows nothing of files, flags or clocks. The filters
// (mavg, winavg, stats) and their commands, pipe, which feeds them, recent, sim,
// httpapi and cli import it.
//
// The types, in the order in which a reader needs them:
//
//   - [Plan] says what is read of every record; a [Path] identifies a member.
//   - [Reader] divides an input into blocks. For one record after the other, its
//     method Next is all that is needed.
//   - [Block] is a batch of lines, and after parsing the records and errors in it.
//   - [Parser] parses blocks. There may be several, in different goroutines.
//   - [Record] is one good line: its bytes, key, time and readings. [Run] is many
//     similar records, with their readings as columns.
//   - [LineError] is what is wrong with a line, and where.
//   - [Writer] writes lines: a record's own bytes with members added, or new ones.
//
// # How a line is parsed
//
// Machines write the same layout again and again, so most of a line is compared
// with what earlier lines had, and only values are read. Take a plan with
// Time "timestamp" and Numbers "duration", and this line of 57 bytes, the last of
// which is the line break:
//
//	{"timestamp":"2018-12-26 18:11:08.509654","duration":20}
//	^            ^                           ^           ^ ^
//	0            13                          41          53 55
//
// Learning. The text before a value (brace or comma, name, colon, white space) is
// a prefix; so is the text up to a closing brace. This line has three:
//
//	{"timestamp":   at  0, 13 bytes: a wanted value follows, the time
//	,"duration":    at 41, 12 bytes: a wanted value follows, number 0
//	}               at 55,  1 byte:  the object ends
//
// When the first such line comes, each prefix is parsed, classified and stored in
// a table (prefix.go), and linked to the one before it as its predicted successor:
// start -> {"timestamp": -> ,"duration": -> }. Such a chain is the template of the
// layout. A prefix has two successors, next and alt, so that layouts that differ in
// optional members share a chain.
//
// Matching. In the lines that follow, the matcher (match.go) compares the bytes at
// 0 with the predicted prefix, the first 24 bytes of it at once and more of a longer
// one in words of 8; they are equal, so the value
// begins at 13. It validates the value while it finds its end at 41 and reads the
// time from it; then it compares at 41 with the predicted ,"duration": and so on. It
// parses no name and looks up none. A prefix other than the predicted one is looked
// up in the table, or learned; or only parsed, while the names of the stream are always
// new. Values that are not wanted are validated and skipped.
//
// The kernel. On amd64 with AVX2, kernel_amd64.s does the same for many lines in one
// call and for 32 bytes at a time: it loads 32 bytes at 0, compares the first 13 of
// them under a mask, finds the end of the string in one or a few such steps, and
// writes the number and the time directly into the block. It handles top-level
// members and simple values, and leaves the rest to the matcher.
//
// The general path. Matcher and kernel accept lines but never reject one: where they
// cannot continue, they give up. Then jsonscan judges the line from its beginning. If
// the value above were 2O, with a letter, no prefix matches at 54; jsonscan reports
// the error with its position:
//
//	in.jsonl:7:54: not a number: 2O
//
// A line that jsonscan finds good, such as one with white space before the record, is
// given to the matcher again. So there is one judge, jsonscan, and one finder, the
// matcher: it accepts every good record by itself, whatever names, values and white
// space it has. The tests in paths_test.go check that kernel, matcher and general path
// find the same; those in oracle_test.go, that it is what encoding/json finds.
//
// What was found is then evaluated in a fixed order: condition, key, time, values.
// A Record keeps the bytes that it came in and a Writer copies them, so text that a
// filter does not change is never formatted again.
//
// The idea is that of Mison (Li et al., VLDB 2017) and of simdjson's on-demand
// parsing (Keiser and Lemire, 2023): parse only what the query needs. Unlike them,
// this package also validates the rest, byte for byte.
package ndjson

import (
	"bytes"
	"fmt"

	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// Plan says what is read of every record. The zero Plan reads nothing: lines
// are only validated.
type Plan struct {
	// Numbers are the named readings: reading slot i is the number at Numbers[i].
	// A record in which the member is missing or null has no reading in that slot.
	// ReportOnly says what happens if it has a value that is not a number.
	Numbers []Path

	// All, instead of Numbers, reads every number at the top level, except the
	// members Exclude, Time and Omit. Slots are numbered in the order in which
	// names first have a number in the input. A value of another type, or a number
	// out of range, is not a reading and not an error.
	All bool

	// Exclude are members that All does not read. Only paths of one name matter.
	Exclude []Path

	// Time is the member that holds the timestamp. If it is empty, no time is
	// read. Record.Judge returns an error for a record without it or with one that
	// cannot be read, unless TimeOptional and IgnoreBadTime allow that.
	Time Path

	// Format is the format of the timestamp.
	Format stamp.Format

	// TimeOptional makes a record good whose time is missing or null. Its
	// Record.Timed is false.
	TimeOptional bool

	// IgnoreBadTime, together with TimeOptional, treats a time that cannot be read
	// as a missing one.
	IgnoreBadTime bool

	// Key are the members by which records are grouped. A missing member counts as
	// null. A record with an object or array there is rejected, unless
	// IgnoreBadKey is set.
	Key []Path

	// IgnoreBadKey treats an object or array in a key member as null.
	IgnoreBadKey bool

	// Where are conditions that must all hold. A record for which one does not is
	// filtered out: Record.Filtered is true, and nothing else of it is read.
	Where []Cond

	// Omit is the name of a top-level member that is never read and that
	// Writer.Record leaves out. Empty means no member.
	Omit string

	// ReportOnly says what happens to a record in which a member of Numbers is
	// neither number nor null, or is out of range. If true, the record is good
	// without that reading, and Record.Reported returns the error. If false,
	// Record.Judge returns it.
	ReportOnly bool

	// MaxFields limits the slots under All; 0: no limit. Numbers of further names
	// are not readings, and Reader.LimitReached reports that there were some.
	MaxFields int
}

// Cond is a condition. It holds for a record whose member at Path is a string
// that decodes to Value, or a number, true, false or null whose text is Value. It
// does not hold if the member is missing, an object or an array.
type Cond struct {
	Path  Path
	Value string
}

// Verdict is what a filter did with a record.
type Verdict uint8

// The verdicts a filter may return.
const (
	Used      Verdict = iota // The record had its effect.
	NoReading                // It has no reading that the filter uses.
	Late                     // It arrived after a row that should have included it.
)

// LineError is an error in one line or array element. It never affects other
// lines.
type LineError struct {
	File   string // The input's name as it was given; "-" is standard input.
	Line   int64  // The line, from 1.
	Column int64  // The position of the error in the line, in bytes, from 1.
	Offset int64  // The offset of the line's or element's first byte in the decompressed input, from 0.
	Reason string // What is wrong, with the offending text, and what to do where that is known.
	Kind   string // Reason without the offending text: equal for errors of the same cause.

	// Text is the text around the error, without line breaks and at most a few
	// hundred bytes. At is the index in it that Column refers to.
	Text []byte
	At   int

	// syntax: in an array, the elements after this one cannot be found.
	syntax bool
}

// Error returns position and reason: "in.jsonl:88:33: not a number: 7l.4".
func (e *LineError) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Reason)
}

// fault is an error before its position in the input is known. Its Offset is an index
// into the text of an entry.
type fault = jsonscan.Error

// contextBytes is how many bytes of text an error keeps on each side of its
// position.
const contextBytes = 200

// contextOf copies the text around text[at], with control characters replaced by
// blanks, and returns the index of text[at] in the copy.
func contextOf(text []byte, at int) ([]byte, int) {
	from, to := max(0, at-contextBytes), min(len(text), at+contextBytes)
	around := bytes.Clone(text[from:to])
	for i, c := range around {
		if c < ' ' {
			around[i] = ' '
		}
	}
	return around, at - from
}
