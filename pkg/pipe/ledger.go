package pipe

// Ledger counts records and lines. Invariant: Read = Used + Late + NoReading + Filtered
// + Rejected, where each record or bad line is counted once.
type Ledger struct {
	Read      int64 // records and bad lines
	Used      int64 // records with the verdict Used
	Late      int64 // records with the verdict Late
	NoReading int64 // records with the verdict NoReading
	Filtered  int64 // records for which a condition of the plan does not hold
	Rejected  int64 // bad lines, and records that the filter refused

	Printed int64 // lines of output

	// Reported counts the records, among those Used and NoReading, in which a named value
	// was not a reading (Plan.ReportOnly).
	Reported int64

	// Unhandled counts the lines that make the exit code 1: bad and late lines that were not
	// written completely to Rejects, the bad line that ended the run under Stop, and
	// Reported records. Under Skip it is 0.
	Unhandled int64

	// Unfinished is the length in bytes of the incomplete last line of an input that was
	// stopped or failed and is not a regular file, so that these bytes are lost.
	Unfinished int
}

// Part is one term of a ledger's sum.
type Part struct {
	Name  string // "used", "late", "without a reading", "filtered out" or "rejected".
	Count int64
}

// Parts returns the terms whose sum is Read. Every list of the counts is made from it.
func (l *Ledger) Parts() []Part {
	return []Part{
		{"used", l.Used},
		{"late", l.Late},
		{"without a reading", l.NoReading},
		{"filtered out", l.Filtered},
		{"rejected", l.Rejected},
	}
}
