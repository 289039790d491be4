// Package state writes and reads state files: what a run has learned, for the next run to
// continue. The filters write their part, pipe and checkpoint write theirs; checkpoint
// replaces the file.
//
// # Format
//
// A state is lines of JSON, one object each. The first says what the file is and by which
// command, with which flags, it was made. Each other line begins with its kind. The last one
// has the number of the lines before it and the CRC-32C checksum of their bytes:
//
//	{"weir":"state","version":1,"tool":"stats","flags":{"by":"machine"}}
//	{"kind":"fields","names":["temperature"]}
//	{"kind":"field","key":["m1"],"field":"temperature","count":3,"sum":"211.5","squares":"14911.25","min":70,"max":71,"first":{"time":"1714962390","value":70},"last":{"time":"1714962392","value":70.5},"values":"r 70 70.5 71"}
//	{"kind":"end","lines":3,"crc32c":"ee067c12"}
//
// An aggregate is a key, a field, for winavg the step, and what is known of the readings:
//
//   - key: the values of the members of -g, in its order; absent without -g
//   - field: the field's name
//   - count: how many readings there are
//   - sum, squares: their sum and the sum of their squares, exact decimals, as text because
//     most readers of JSON round numbers; squares only if a statistic needs it, as all that
//     follow
//   - min, max: the extremes
//   - first, last: the readings with the smallest and the largest time, in seconds since 1970
//   - values: the different readings, in ascending order, each with *N if there are N > 1 of
//     it; of very many different ones, the middles of steps: see sketch.Sketch.Append
//   - times, readings: every reading with its time, in order of time, those of one time in
//     ascending order
//
// All of it reads back exactly, and depends on the set of readings alone: not on their order,
// nor on how they were divided among runs. Where order counts, as in the windows of mavg, a
// line has the readings themselves, the oldest first; with their times, and the exponentially
// weighted mean after the last one, if a statistic needs them.
//
// Each value has one spelling, and [Open] refuses what [Writer] does not write: a byte that
// was changed, a file that was cut, or two that were joined. [Reader] refuses members in
// another order, and any other spelling.
package state

import (
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
)

// Version is the version of the format. A change of the format, or of what a filter writes,
// raises it.
const Version = 1

// Header is the first line of a state.
type Header struct {
	Tool  string // The command's name.
	Flags []Flag // Those that results depend on, in the order of their declaration.
}

// Flag is a flag of the command that has written a state.
type Flag struct {
	Name  string // The long name, without hyphens.
	Value string // In one spelling: equal values have equal texts.

	MayChange bool // A state with another value is good, too. It is not written.
}

// Differences says which flags are not what they were in a state with the header was, unless
// they may change. It is empty if there are none.
func (h Header) Differences(was Header) string {
	old := map[string]string{}
	for _, f := range was.Flags {
		old[f.Name] = f.Value
	}
	var differ []string
	for _, f := range h.Flags {
		if old[f.Name] != f.Value && !f.MayChange {
			differ = append(differ, fmt.Sprintf("--%s was %s and is %s", f.Name, shown(old[f.Name]), shown(f.Value)))
		}
		delete(old, f.Name)
	}
	for _, f := range was.Flags {
		value, gone := old[f.Name]
		if gone && value != "" {
			differ = append(differ, fmt.Sprintf("--%s was %s and is not set", f.Name, value))
		}
	}
	if len(differ) == 0 && len(was.Flags) != len(h.Flags) {
		differ = append(differ, "there are other ones")
	}
	return strings.Join(differ, ", ")
}

// shown returns the value of a flag for a message.
func shown(value string) string {
	if value == "" {
		return "not set"
	}
	return value
}

// ErrDamaged is the error of a file that is not, or not any more, what a Writer has written.
var ErrDamaged = errors.New("the file is damaged")

// VersionError is the error of a state that has another version of the format.
type VersionError struct{ Version int64 }

// Error returns what is wrong.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the state has version %d, and this program reads version %d", e.Version, Version)
}

// castagnoli is the polynomial of CRC-32C.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// appendEnd appends the last line of a state.
func appendEnd(dst []byte, lines int64, sum uint32) []byte {
	dst = strconv.AppendInt(append(dst, `{"kind":"end","lines":`...), lines, 10)
	return fmt.Appendf(dst, `,"crc32c":"%08x"}`+"\n", sum)
}
