package partial

import (
	"errors"
	"fmt"
)

// ErrDamaged is the error of a line that is not, or not any more, what a Writer has written.
var ErrDamaged = errors.New("the line is not one of a partial, or was cut or changed")

// VersionError is the error of a line of another version of the format.
type VersionError struct{ Version int64 }

// Error returns what is wrong.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the partial has version %d, and this program reads version %d", e.Version, Version)
}

// The errors of Done, beside those that are types of their own.
var (
	// ErrNoSeal is that there is no seal.
	ErrNoSeal = errors.New("there is no seal: a partial was cut, or the run that wrote it failed")
	// ErrIncomplete is that the rows are not those of the seals.
	ErrIncomplete = errors.New("the partials are not whole")
	// ErrNotMerged is that rows cannot be merged, and no seal says why.
	ErrNotMerged = errors.New("the partials were made with other flags")
)

// FlagError is the error of a partial that was made with another value of a flag, or by
// another tool.
type FlagError struct {
	Name    string   // The long name, without hyphens; "" if it is the tool.
	Theirs  string   // The value that the partial was made with.
	Source  string   // The name of one of its sources, or where a row is.
	Ours    string   // The value of this run, or of the other partial.
	Other   string   // The name of a source of the other partial; "": it is this run.
	Lacking []string // If it is the flag agg: what is needed, and the rows of the partial, or of the other one, do not have.
}

// Error returns what is wrong.
func (e *FlagError) Error() string {
	return fmt.Sprintf("%s: made with --%s %q, not %q", e.Source, e.Name, e.Theirs, e.Ours)
}

// TimeError is that the times of two sources were read from different fields.
type TimeError struct{ Field, Source, OtherField, Other string }

// Error returns what is wrong.
func (e *TimeError) Error() string {
	return fmt.Sprintf("the times of %s are in the field %q, those of %s in %q", e.Source, e.Field, e.Other, e.OtherField)
}

// TwiceError is that two sources have read the same bytes.
type TwiceError struct{ Source, Other string }

// Error returns what is wrong.
func (e *TwiceError) Error() string {
	if e.Source == e.Other {
		return fmt.Sprintf("the same data are there twice: %s", e.Source)
	}
	return fmt.Sprintf("the same data are there twice: %s and %s", e.Other, e.Source)
}

// ExpectError is that there are more or fewer sources than there must be, or that they have
// read more or fewer line breaks.
type ExpectError struct {
	Lines      bool // It is about line breaks.
	Want, Have int64
}

// Error returns what is wrong.
func (e *ExpectError) Error() string {
	what := "sources"
	if e.Lines {
		what = "line breaks"
	}
	return fmt.Sprintf("%d %s were expected, and there are %d", e.Want, what, e.Have)
}
