package partial

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/state"
)

// Options say what a Reader accepts.
type Options struct {
	// Want is the config of a run that merges. Without its time field, it is that of rows with
	// any of Times; its needs are what rows must have at least. Nil accepts rows of any config
	// of one tool, as long as it is the same in all.
	Want  *Config
	Tool  string   // The tool that the partials must be of; "": any.
	Times []string // The names that a time field may have that was not named.

	NoSeal bool // No seal is needed, and what seals say of rows is not checked.

	Expect      *int64 // How many sources there must be; nil: any number.
	ExpectLines *int64 // How many line breaks they must have read together; nil: any number.
}

// Reader reads the lines of partials, in any order, and checks that they belong together and
// are complete.
type Reader struct {
	o     Options
	line  *state.Reader
	seal  sealReader
	wants map[string]Config // by ID: those that agree with Options.Want; nil without it

	id       string    // the ID of the config of the rows; "" before the first one
	at       Position  // of the first row; or of the first one that has another config
	mixed    bool      // there is such a one
	readable bool      // rows with id can be merged,
	has      agg.Needs // and what they have

	rows             int64
	sum              Hash
	seals            []Seal
	row              Row
	period           Period
	fromText, toText []byte // memory for those of the period
}

// Position is where a line is.
type Position struct {
	File string
	Line int64 // from 1
}

// String returns the position as in messages.
func (p Position) String() string { return fmt.Sprintf("%s:%d", p.File, p.Line) }

// NewReader returns a Reader that has read nothing.
func NewReader(o Options) *Reader {
	r := &Reader{o: o, line: state.NewLineReader()}
	if o.Want == nil {
		return r
	}
	r.wants = map[string]Config{}
	times := o.Times
	if o.Want.Time != "" {
		times = []string{o.Want.Time}
	}
	for _, n := range allNeeds() {
		for _, t := range times {
			c := *o.Want
			c.Needs, c.Time = n, t
			r.wants[c.ID()] = c
		}
	}
	return r
}

// VersionError is the error of a line of another version of the format.
type VersionError struct{ Version int64 }

// Error returns what is wrong.
func (e *VersionError) Error() string {
	return fmt.Sprintf("the partial has version %d, and this program reads version %d", e.Version, Version)
}

// Read reads a line, without its line break. at is where it is, for a later error. It returns
// the row that the line is, nil if it is none; the row and all it has are valid until the next
// call. needs is what its contents have: those of Options.Want, or without it what the first
// row has. An error is about this line.
func (r *Reader) Read(text []byte, at Position) (row *Row, needs agg.Needs, err error) {
	text = untabbed(text)
	if len(text) == 0 {
		return nil, needs, nil
	}
	id, err := r.load(text)
	if err != nil {
		return nil, needs, err
	}
	if r.line.Has("seal") {
		s, ok := r.seal.parse(text)
		if !ok {
			return nil, needs, ErrDamaged
		}
		r.seals = append(r.seals, *s)
		return nil, needs, nil
	}
	r.rows++
	r.sum.add(hashOf(text))
	if r.id == "" {
		r.begin(text, string(id), at)
	}
	if string(id) != r.id {
		if !r.mixed {
			r.mixed, r.at = true, at
		}
		return nil, needs, nil
	}
	if !r.readable {
		return nil, needs, nil
	}
	r.read()
	if r.line.End() != nil {
		return nil, needs, ErrDamaged
	}
	if r.o.Want == nil {
		return &r.row, r.has, nil
	}
	r.row.Contents = r.row.Contents.Only(r.o.Want.Needs)
	return &r.row, r.o.Want.Needs, nil
}

// untabbed returns a line without what may be before and after it.
func untabbed(text []byte) []byte {
	text, _ = bytes.CutSuffix(text, []byte{'\t'})
	if len(text) == 0 || text[0] == '{' {
		return text
	}
	_, after, tabbed := bytes.Cut(text, []byte{'\t'})
	if tabbed {
		return after
	}
	return text
}

// load checks a line, begins to read it, and returns the ID of its config.
func (r *Reader) load(text []byte) (id []byte, err error) {
	if !checked(text) || r.line.Load(text) != nil {
		return nil, ErrDamaged
	}
	v := r.line.Int("partial")
	if r.line.Err() == nil && v != Version {
		return nil, &VersionError{v}
	}
	id = r.line.TextBytes("config")
	if r.line.Err() != nil {
		return nil, ErrDamaged
	}
	return id, nil
}

// begin notes the config of the first row, which is to be that of all, and what such rows have.
// A row has at least one reading, so that the members of the first one say that.
func (r *Reader) begin(text []byte, id string, at Position) {
	r.id, r.at, r.readable = id, at, true
	if r.wants != nil {
		c, ok := r.wants[id]
		r.has, r.readable = c.Needs, ok && len(lacking(r.o.Want.Needs, c.Needs)) == 0
		return
	}
	has := func(member string) bool { return bytes.Contains(text, []byte(member)) }
	r.has = agg.Needs{Squares: has(`,"squares":`), MinMax: has(`,"min":`), FirstLast: true, Quantiles: has(`,"values":`), Series: has(`,"readings":`)}
}

// read reads the row that the present line is, in the order in which it was written. The Reader
// of the line keeps the first error.
func (r *Reader) read() {
	l := r.line
	r.row = Row{Key: l.Key(), Field: l.Quoted("field")}
	if l.Has("step") {
		r.row.Step, r.row.Stepped = l.Int("step"), true
		r.row.Instant = l.Has("instant") && l.Bool("instant")
	}
	r.row.Contents = l.Contents(r.has)
	if !r.row.Stepped {
		r.readPeriod()
	}
	l.Text("crc32c")
}

// readPeriod reads the period of a row.
func (r *Reader) readPeriod() {
	l := r.line
	r.row.Period, r.period = &r.period, Period{NoTime: l.Has("no_time") && l.Bool("no_time")}
	if !l.Has("from") {
		return
	}
	r.period.From, r.fromText = l.Time("from"), append(r.fromText[:0], l.TextBytes("from_text")...)
	r.period.To, r.toText = l.Time("to"), append(r.toText[:0], l.TextBytes("to_text")...)
	if len(r.fromText) == 0 || len(r.toText) == 0 {
		l.Fail("from_text")
	}
	r.period.FromText, r.period.ToText = r.fromText, r.toText
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
	result := &Result{Rows: r.rows, ID: r.id}
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
	c, ok := r.wants[r.id]
	switch {
	case r.mixed || r.wants != nil && !ok:
		return fmt.Errorf("%s: %w", r.at, ErrNotMerged)
	case r.wants == nil:
		return nil
	}
	missing := lacking(r.o.Want.Needs, c.Needs)
	if missing != nil {
		return &FlagError{Name: "agg", Source: r.at.String(), Lacking: missing}
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
	for i := range max(len(c.Flags), len(o.Flags)) {
		var a, b Flag
		if i < len(c.Flags) {
			a = c.Flags[i]
		}
		if i < len(o.Flags) {
			b = o.Flags[i]
		}
		if a != b {
			return &FlagError{Name: cmp.Or(b.Name, a.Name), Theirs: a.Value, Ours: b.Value}
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
		return fmt.Errorf("%w: the seals are of %d rows, and there are %d", ErrIncomplete, rows, r.rows)
	case sum != r.sum:
		return fmt.Errorf("%w: rows are missing, and others are doubled or changed", ErrIncomplete)
	}
	return nil
}
