package partial

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// This file is what a Reader checks when it has read all lines: whether they belong together and
// are complete.

// fileSum is what the rows of a file are, less what its seals are of.
type fileSum struct {
	name string
	rows int64
	sum  Hash
}

// enter notes that the next line is in that file.
func (r *Reader) enter(name string) {
	if r.file.name == name {
		return
	}
	if r.file.rows != 0 || r.file.sum != (Hash{}) {
		r.faulty = append(r.faulty, r.file.name)
	}
	r.file = fileSum{name: name}
}

// Result is what a Reader knows at the end.
type Result struct {
	Config  Config // That of the seals; empty if there is none.
	ID      string // The ID of the config of the rows; "" if there is none.
	Rows    int64
	Sources []Source // Of all seals, in their order.
}

// Records returns the sum of what became of the records of the sources.
func (r *Result) Records() (sum Records) {
	for i := range r.Sources {
		sum.Add(&r.Sources[i].Records)
	}
	return sum
}

// Missing returns those of some names that no source has seen; none if no source has had a
// good record.
func (r *Result) Missing(names []string) (missing []string) {
	records := r.Records()
	if records.Lines == records.Rejected {
		return nil
	}
	for _, name := range names {
		if !slices.ContainsFunc(r.Sources, func(s Source) bool { return slices.Contains(s.Seen, name) }) {
			missing = append(missing, name)
		}
	}
	return missing
}

// Done checks that nothing is missing or doubled.
func (r *Reader) Done() (*Result, error) {
	slices.SortStableFunc(r.seals, func(a, b Seal) int { return cmp.Compare(a.name(), b.name()) })
	err := r.checkConfig()
	if err == nil && !r.o.NoSeal {
		err = r.checkSeals()
	}
	if err != nil {
		return nil, err
	}
	result := &Result{Rows: r.rows, ID: r.config.id}
	for i := range r.seals {
		s := &r.seals[i]
		result.Sources = append(result.Sources, s.Sources...)
		if i == 0 || s.Config.Time != "" {
			result.Config = s.Config
		}
	}
	return result, nil
}

// name returns the name of the first source.
func (s *Seal) name() string {
	if len(s.Sources) == 0 {
		return "-"
	}
	return s.Sources[0].Name
}

// checkConfig checks that all lines have one config, and the one that is wanted. A seal of no
// rows may have no time field.
func (r *Reader) checkConfig() error {
	for i := range r.seals {
		s := &r.seals[i]
		if r.o.Tool != "" && s.Config.Tool != r.o.Tool {
			return &FlagError{Theirs: s.Config.Tool, Ours: r.o.Tool, Source: s.name()}
		}
		if r.o.Want != nil {
			err := differ(&s.Config, r.o.Want, true)
			if err != nil {
				err.Source = s.name()
				return err
			}
		}
		err := differ(&s.Config, &r.seals[0].Config, false)
		if err != nil {
			err.Source, err.Other = s.name(), r.seals[0].name()
			return err
		}
	}
	err := r.checkTimes()
	if err != nil || r.rows == 0 {
		return err
	}
	c, ok := r.wants[r.config.id]
	switch {
	case r.config.mixed || r.wants != nil && !ok:
		return fmt.Errorf("%s: %w", r.config.at, ErrNotMerged)
	case r.wants == nil:
		return nil
	}
	missing := lacking(r.o.Want.Needs, c.Needs)
	if missing != nil {
		return &FlagError{Name: "agg", Source: r.config.at.String(), Lacking: missing}
	}
	return nil
}

// checkTimes checks that all seals have one time field, but for those of sources that have
// not found any.
func (r *Reader) checkTimes() error {
	var first *Seal
	for i := range r.seals {
		s := &r.seals[i]
		switch {
		case s.Config.Time == "":
		case first == nil:
			first = s
		case first.Config.Time != s.Config.Time:
			return &TimeError{Field: s.Config.Time, Source: s.name(), OtherField: first.Config.Time, Other: first.name()}
		}
	}
	return nil
}

// differ returns how a config differs from another one, time fields aside; nil if it does not.
// ours says that the other one is that of this run, of which the needs are the least that is
// needed.
func differ(c, o *Config, ours bool) *FlagError {
	if c.Tool != o.Tool {
		return &FlagError{Theirs: c.Tool, Ours: o.Tool}
	}
	for _, f := range slices.Concat(o.Flags, c.Flags) { // either may lack some
		theirs, ours := c.value(f.Name), o.value(f.Name)
		if theirs != ours {
			return &FlagError{Name: f.Name, Theirs: theirs, Ours: ours}
		}
	}
	missing := lacking(o.Needs, c.Needs)
	switch {
	case missing != nil:
		return &FlagError{Name: "agg", Lacking: missing}
	case !ours && c.Needs != o.Needs:
		return &FlagError{Name: "agg", Lacking: lacking(c.Needs, o.Needs)}
	}
	return nil
}

// checkSeals checks that the rows are those of the seals, that no source is there twice, that
// there are as many as there must be, and that they have read as many lines.
func (r *Reader) checkSeals() error {
	if len(r.seals) == 0 {
		return ErrNoSeal
	}
	var rows, n, lineBreaks int64
	var sum Hash
	sources := map[Hash]string{}
	for i := range r.seals {
		s := &r.seals[i]
		rows += s.Rows
		sum.add(s.Sum)
		n += int64(len(s.Sources))
		for _, source := range s.Sources {
			lineBreaks += source.LineBreaks
			before, twice := sources[source.Hash]
			if twice && source.Records.Lines > 0 {
				return &TwiceError{source.Name, before}
			}
			sources[source.Hash] = source.Name
		}
	}
	switch {
	case r.o.Expect != nil && n != *r.o.Expect:
		return &ExpectError{Want: *r.o.Expect, Have: n}
	case r.o.ExpectLines != nil && lineBreaks != *r.o.ExpectLines:
		return &ExpectError{Lines: true, Want: *r.o.ExpectLines, Have: lineBreaks}
	case rows != r.rows:
		return fmt.Errorf("%w: the seals are of %d rows, and there are %d (%s)", ErrIncomplete, rows, r.rows, r.where())
	case sum != r.sum:
		return fmt.Errorf("%w: rows are missing, and others are doubled or changed (%s)", ErrIncomplete, r.where())
	}
	return nil
}

// where says in which files rows are missing, or too many. Those of one partial may be in
// several files; then these are named too.
func (r *Reader) where() string {
	r.enter("")
	const most = 8
	if len(r.faulty) > most {
		return "look at " + strings.Join(r.faulty[:most], ", ") + ", …"
	}
	return "look at " + strings.Join(r.faulty, ", ")
}
