package batch

import "weir/pkg/stamp"

// Plan says what is read of every record. The zero Plan reads nothing: lines
// are only validated.
type Plan struct {
	// Numbers are the named readings: reading slot i is the number at Numbers[i].
	// A record in which the member is missing or null has no reading in that slot.
	// ReportOnly says what happens if it has a value that is not a number.
	Numbers []Path

	// All, instead of Numbers, reads every number at the top level, except the
	// member Time and those of Omit. Slots are numbered in the order in which
	// names first have a number in the input. A value of another type, or a number
	// out of range, is not a reading and not an error.
	All bool

	// Time is the member that holds the timestamp. If it is empty, no time is
	// read. Run.Fault returns an error for a record without it or with one that
	// cannot be read, unless TimeOptional and IgnoreBadTime allow that.
	Time Path

	// FindTime says that Time is only what is usual. If the first good record of the run
	// lacks it, and has one of UsualTimes that reads as a time, that is Time from then on,
	// for the whole run: the parser that finds it sets Time, and Batch.FoundTime of the
	// batch that begins with that record. In either case FindTime is false afterwards.
	FindTime bool

	// KeepTime says that All reads the numbers of Time as well. It is for a chunk of an
	// input, whose first record does not decide which member is the time: see Fold.Join.
	KeepTime bool

	// TimeUnread says that rows get no time. All leaves Time out, and conditions on it
	// compare times, nevertheless.
	TimeUnread bool

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
	// filtered out: nothing else of it is read, and it is in no run.
	Where []Cond

	// Omit are the names of top-level members that are never read and that are left
	// out when the record is written again.
	Omit []string

	// ReportOnly says what happens to a record in which a member of Numbers is
	// neither number nor null, or is out of range. If true, the record is good
	// without that reading, and the error is in Note.Reported. If false, Run.Fault
	// returns it.
	ReportOnly bool

	// MaxFields limits the slots under All; 0: no limit. Numbers of further names
	// are not readings, and the batch's LimitRow says where there was one.
	MaxFields int

	// Sums makes Row.Sum the checksum of the record's bytes, at the cost of
	// computing it.
	Sums bool
}

// DefaultTime is the name of the time field if the user names none.
const DefaultTime = "timestamp"

// UsualTimes are the names that the time field may have instead of the plan's, in the order
// in which they are tried.
var UsualTimes = []string{"date", "time", "ts", "@timestamp", "datetime"}

// Use is what a plan reads a named member for.
type Use uint8

// The uses, in the order of Plan.Mentions.
const (
	UseNumber Use = iota
	UseKey
	UseCondition
	UseTime
)

// Mention is a member that a plan names.
type Mention struct {
	Use  Use
	Path Path
}

// Mentions returns the members that the plan names: Numbers, Key, Where and at last Time,
// which is there even if it is empty. FirstSeen.Mention is an index of this list.
func (p *Plan) Mentions() []Mention {
	var list []Mention
	for _, path := range p.Numbers {
		list = append(list, Mention{UseNumber, path})
	}
	for _, path := range p.Key {
		list = append(list, Mention{UseKey, path})
	}
	for _, c := range p.Where {
		list = append(list, Mention{UseCondition, c.Path})
	}
	return append(list, Mention{UseTime, p.Time})
}
