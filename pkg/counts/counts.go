// Package counts writes what a run says about itself, for programs that watch cron jobs: as
// JSON (--report) and as metrics (--metrics-file). Package cli collects an [Account] at the end
// of a run, and writes the files.
//
// What became of every record is counted by package pipe: both forms are made from
// pipe.Ledger.Parts, as the closing line of -v is. So they cannot disagree.
package counts

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"weir/pkg/jsonscan"
	"weir/pkg/pipe"
	"weir/pkg/stamp"
)

// Account is what is known of a run at its end.
type Account struct {
	Command  string // The command's name, such as "mavg".
	Version  string // That of the module.
	Started  time.Time
	Ended    time.Time
	ExitCode int
	Error    string       // The message of what ended the run; "" if that was not an error.
	Ledger   *pipe.Ledger // Nil: nothing was read, or it is not known what.
	Details  pipe.Details

	StateFile  string // That of --state, as the user wrote it; "" if the run has none, or did not begin.
	Generation int64  // How often the state has been replaced; 0 if it has not been saved yet.
}

// duration returns how long the run took, in seconds.
func (a *Account) duration() float64 { return a.Ended.Sub(a.Started).Seconds() }

// AppendJSON appends the account as one line of JSON.
func (a *Account) AppendJSON(dst []byte) []byte {
	dst = jsonscan.AppendQuoted(append(dst, `{"command":`...), a.Command)
	dst = jsonscan.AppendQuoted(append(dst, `,"version":`...), a.Version)
	dst = jsonscan.AppendQuoted(append(dst, `,"started":`...), timeText(a.Started))
	dst = jsonscan.AppendQuoted(append(dst, `,"ended":`...), timeText(a.Ended))
	dst = strconv.AppendFloat(append(dst, `,"duration_seconds":`...), a.duration(), 'f', 6, 64)
	dst = strconv.AppendInt(append(dst, `,"exit_code":`...), int64(a.ExitCode), 10)
	dst = append(dst, `,"error":`...)
	if a.Error == "" {
		dst = append(dst, "null"...)
	} else {
		dst = jsonscan.AppendQuoted(dst, a.Error)
	}
	dst = append(dst, `,"inputs":[`...)
	for i, in := range a.Details.Inputs {
		dst = jsonscan.AppendQuoted(append(comma(dst, i), `{"name":`...), in.Name)
		dst = strconv.AppendInt(append(dst, `,"bytes":`...), in.Bytes, 10)
		dst = strconv.AppendInt(append(dst, `,"lines":`...), in.Lines, 10)
		dst = append(dst, '}')
	}
	dst = a.appendRecords(append(dst, `],"records":`...))
	dst = append(dst, `,"newest_event":`...)
	if a.Details.HasNewest {
		dst = jsonscan.AppendQuoted(dst, eventText(a.Details.Newest))
	} else {
		dst = append(dst, "null"...)
	}
	dst = append(dst, `,"state":`...)
	if a.StateFile == "" {
		return append(dst, "null}\n"...)
	}
	dst = jsonscan.AppendQuoted(append(dst, `{"file":`...), a.StateFile)
	dst = strconv.AppendInt(append(dst, `,"generation":`...), a.Generation, 10)
	return append(dst, "}}\n"...)
}

// appendRecords appends the counts of records, why some were rejected, and the number of
// lines that were printed; null if they are not known.
func (a *Account) appendRecords(dst []byte) []byte {
	l := a.Ledger
	if l == nil {
		return append(dst, `null,"rejected":null,"unhandled":null,"printed":null`...)
	}
	dst = strconv.AppendInt(append(dst, `{"read":`...), l.Read, 10)
	for _, part := range l.Parts() {
		dst = jsonscan.AppendQuoted(append(dst, ','), identifier(part.Name))
		dst = strconv.AppendInt(append(dst, ':'), part.Count, 10)
	}
	dst = append(dst, `},"rejected":{`...)
	for i, kind := range slices.Sorted(maps.Keys(a.Details.Rejected)) {
		dst = jsonscan.AppendQuoted(comma(dst, i), kind)
		dst = strconv.AppendInt(append(dst, ':'), a.Details.Rejected[kind], 10)
	}
	dst = strconv.AppendInt(append(dst, `},"unhandled":`...), l.Unhandled, 10)
	return strconv.AppendInt(append(dst, `,"printed":`...), l.Printed, 10)
}

// comma appends a comma before each element of a list but the first.
func comma(dst []byte, i int) []byte {
	if i > 0 {
		dst = append(dst, ',')
	}
	return dst
}

// identifier returns the name of a part of the ledger as that of a member or the value of a
// label: without_reading for "without a reading".
func identifier(name string) string {
	return strings.ReplaceAll(strings.ReplaceAll(name, " a ", " "), " ", "_")
}

// timeText returns a time of the clock as RFC 3339 has it, in UTC, to the microsecond.
func timeText(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }

// eventText returns an event time as RFC 3339 has it.
func eventText(t stamp.Time) string {
	return time.Unix(t.Sec, int64(t.Nsec)).UTC().Format(time.RFC3339Nano)
}
