package batch

import "slices"

// This file finds out which of the members that a plan names no record has: a name that
// is misspelt gives an empty result, and must not do so silently.

// seen is which members the records have had.
type seen struct {
	mentions []Mention // What can be missing: Plan.Mentions, without a time that the user has not named.
	has      []bool    // By mention: a good record had the member.
	records  int64     // How many good records there were, filtered out or not.
	number   bool      // A record that was not filtered out had a reading; or the plan reads none.
	early    []bool    // By mention: it was missing in the first liveRecords records; nil before there were as many.
	sample   sample
}

// liveRecords is how many records without a member are enough to report it before the end
// of the input.
const liveRecords = 1000

// newSeen returns the state before the first record.
func newSeen(plan *Plan) seen {
	s := seen{mentions: plan.Mentions(), number: !plan.All && len(plan.Numbers) == 0}
	if plan.FindTime || len(plan.Time) == 0 {
		s.mentions = s.mentions[:len(s.mentions)-1]
	}
	s.has = make([]bool, len(s.mentions))
	return s
}

// add takes a batch into account. What it knows after liveRecords records does not depend
// on how the input is divided into batches.
func (s *seen) add(b *Batch) {
	good := s.records + b.good(len(b.Rows))
	if s.early == nil && good >= liveRecords {
		s.markSeen(b, liveRecords)
		s.early = make([]bool, len(s.has))
		for i, has := range s.has {
			s.early[i] = !has
		}
	}
	missing := slices.Contains(s.has, false)
	s.markSeen(b, good)
	s.number = s.number || b.hasNumber()
	if s.sample.records < sampleRecords && (missing || !s.number) {
		s.sample.add(b)
	}
	s.records = good
}

// markSeen marks what the records of a batch have, up to the record of that number.
func (s *seen) markSeen(b *Batch, last int64) {
	for _, x := range b.FirstSeen {
		if x.Mention < len(s.has) && !s.has[x.Mention] {
			s.has[x.Mention] = s.records+b.good(x.Row+1) <= last
		}
	}
}

// HasRecord reports whether a row is a good record, filtered out or not.
func (b *Batch) HasRecord() bool { return b.good(len(b.Rows)) > 0 }

// good returns how many of the first rows are records: all but those with an error of
// their line.
func (b *Batch) good(rows int) int64 {
	n := rows
	for i := range b.Notes {
		if b.Notes[i].Row < rows && b.Notes[i].Fault != nil {
			n--
		}
	}
	return int64(n)
}

// hasNumber reports whether a row that is neither filtered out nor rejected for its line or its
// key has a reading.
func (b *Batch) hasNumber() bool {
	if len(b.Nums) == 0 {
		return false
	}
	for row := range b.Rows {
		_, n := b.nums(row)
		if n == 0 {
			continue
		}
		note := b.note(row)
		if note == nil || note.Fault == nil && note.BadKey == nil {
			return true
		}
	}
	return false
}

// Missing is a member that the plan names and no record has had.
type Missing struct {
	Mention
	Meant   Path   // The member of the first records that was probably meant; nil: unknown.
	Numbers []Path // The members of the first records that are numbers, but for the time: those at the top level, or else nested ones.
	Wrapper Path   // The member of the first records whose value is the text of an object; nil: none.
}

// Missing returns the members that the plan names and no record has had; none before the
// first record.
func (f *Fold) Missing() []Missing {
	s := &f.seen
	if s.records == 0 {
		return nil
	}
	missing := make([]bool, len(s.has))
	for i, has := range s.has {
		missing[i] = !has
	}
	return f.missing(missing)
}

// MissingEarly returns the members that the plan names and none of the first records has
// had, and how many records these are: 1,000, or all up to now if the stream waits and
// there are at least 20. records is 0 if there are not as many yet.
func (f *Fold) MissingEarly(waits bool) (list []Missing, records int64) {
	s := &f.seen
	switch {
	case s.early != nil:
		return f.missing(s.early), liveRecords
	case waits && s.records >= waitRecords:
		return f.Missing(), s.records
	}
	return nil, 0
}

// waitRecords is liveRecords for a stream that waits for input.
const waitRecords = 20

// missing describes mentions. Of several with the same use and path, it returns one.
func (f *Fold) missing(which []bool) (list []Missing) {
	for i, m := range f.seen.mentions {
		same := func(o Missing) bool { return o.Use == m.Use && o.Path.Equal(m.Path) }
		if !which[i] || slices.ContainsFunc(list, same) {
			continue
		}
		meant := f.seen.sample.meant(m.Path)
		if meant == nil && m.Use == UseTime {
			meant = f.seen.sample.usualTime()
		}
		list = append(list, Missing{Mention: m, Meant: meant, Numbers: f.seen.sample.numbers(f.plan.Time), Wrapper: f.seen.sample.wrapper()})
	}
	return list
}

// Unread says where the first records have numbers that are not read.
type Unread struct {
	Quoted  []Path // Members that are read as numbers, and are text that reads as a number.
	Nested  []Path // Numbers below the top level; if the plan names its numbers, those of all other members.
	Wrapper Path   // The first member whose value is the text of an object; nil: none.
}

// NoNumber reports whether no record has had a reading, and where numbers are.
func (f *Fold) NoNumber() (u Unread, none bool) {
	if f.seen.number || f.seen.records == 0 {
		return Unread{}, false
	}
	u.Wrapper = f.seen.sample.wrapper()
	if !f.plan.All {
		u.Nested = f.seen.sample.numbers(f.plan.Time)
	}
	for _, m := range f.seen.sample.members {
		switch {
		case m.path.Equal(f.plan.Time):
		case m.kind == quotedKind && (f.plan.All || slices.ContainsFunc(f.plan.Numbers, m.path.Equal)):
			u.Quoted = append(u.Quoted, m.path)
		case m.kind == numberKind && len(m.path) > 1 && f.plan.All:
			u.Nested = append(u.Nested, m.path)
		}
	}
	return u, true
}
