package pipe

import (
	"io"

	"weir/pkg/batch"
)

// Input is a file or standard input. The pipe reads it to its end or to an error.
//
// If it also implements io.Closer, the pipe closes it when the next input begins, or,
// with a second pass, at the end of Run; errors of Close are ignored. If it implements
// [Rewinder], a second pass may read it again instead of spooling it.
type Input interface {
	io.Reader
	// Name is the name that errors and rejects give: the path as the user wrote it, or
	// "-" for standard input.
	Name() string
}

// Rewinder is an [Input] that can perhaps be read a second time.
type Rewinder interface {
	// Regular reports whether it can: whether the input is a regular file. The answer
	// must not change.
	Regular() bool
	// Rewind makes Read begin at the first byte again. It is called only if Regular
	// returned true. Its error ends the second pass.
	Rewind() error
}

// Output receives what the filter prints.
type Output interface {
	// Write takes one or more whole lines, in output order. p is valid until it returns.
	io.Writer
	// Flush passes on all that was written. It is called before each wait for input and
	// at the end of Run. An error of either method ends the run as a [WriteError].
	Flush() error
}

// Bad is the policy for bad and late lines (the flag --bad).
type Bad uint8

// The policies. With each, bad and late lines are also appended to Rejects, if there
// are any.
const (
	Report Bad = iota // report each bad or late line and continue
	Skip              // only count them
	Stop              // report them, and end the run at the first bad line
)

// Reporter tells the user about problems of the data. Its methods are called in input
// order. They may keep the errors they are given. Bad, Late and Skipped are not called
// under [Skip].
type Reporter interface {
	// Bad is called for each line that the filter could not use, and for each named
	// value of another type in a record that was passed on (Plan.ReportOnly).
	Bad(e *batch.LineError)
	// Late is called for each late record.
	Late(e *batch.LineError)
	// Notice is called for a record that was used, but has an effect that the user should
	// know of (batch.Held.Notice).
	Notice(e *batch.LineError)
	// Skipped is called when bytes have been skipped that are no part of a line: NUL bytes
	// before it. No line is bad for that.
	Skipped(e *batch.LineError)
	// LimitReached is called once, when the first field has been ignored because of
	// Plan.MaxFields or, by Batch.LimitReached, by the filter.
	LimitReached()
	// Replaced is called once for each name, for the first record in which a member that an Appender
	// appends replaces one that is not an object of numbers. name is the member's.
	Replaced(name, file string, line int64)
	// Incomplete is called once, before Finish, if the filter needs a second pass and
	// it was not completed.
	Incomplete()
	// FoundTime is called if Plan.FindTime has found another time field than the plan's,
	// before anything is reported of the record in which it was found. leftOut says that
	// a number is not averaged for that.
	FoundTime(p batch.Path, leftOut bool)
	// Missing is called once for each member that the plan names and none of that many
	// records had: after 1,000 records, after 20 when the stream waits, or at the end of
	// the first pass, before Finish, with records 0.
	Missing(m batch.Missing, records int64)
	// NoNumber is called at the end of the first pass if records were accepted, none had
	// a reading, and nothing else was reported that explains it. See batch.Fold.NoNumber.
	NoNumber(u batch.Unread)
}

// Rejects receives bad and late lines for later use (the flag --rejects).
type Rejects interface {
	// Line appends one entry: a JSON object and a newline. p is valid until Line returns.
	// An error ends the run as a [WriteError].
	Line(p []byte) error
}
