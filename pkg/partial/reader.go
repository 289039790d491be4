package partial

import (
	"bytes"
	"fmt"

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

	config rowConfig
	rows   int64
	sum    Hash
	seals  []Seal
	file   fileSum
	faulty []string // the files whose rows are not those of their seals
	row    Row
	period Period
	texts  [2][]byte // memory for those of the period
}

// rowConfig is what is known of the config of rows.
type rowConfig struct {
	id       string    // the ID; "" before the first row
	at       Position  // of the first row; or of the first one that has another config
	mixed    bool      // there is such a one
	readable bool      // rows with id can be merged,
	has      agg.Needs // and what they have
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
	r.enter(at.File)
	if r.line.Has("seal") {
		s, ok := r.seal.parse(text)
		if !ok {
			return nil, needs, ErrDamaged
		}
		r.seals = append(r.seals, *s)
		r.file.rows -= s.Rows
		r.file.sum.sub(s.Sum)
		return nil, needs, nil
	}
	hash := hashOf(text)
	r.rows++
	r.sum.add(hash)
	r.file.rows++
	r.file.sum.add(hash)
	if r.config.id == "" {
		r.begin(text, string(id), at)
	}
	if string(id) != r.config.id {
		if !r.config.mixed {
			r.config.mixed, r.config.at = true, at
		}
		return nil, needs, nil
	}
	if !r.config.readable {
		return nil, needs, nil
	}
	r.read()
	if r.line.End() != nil {
		return nil, needs, ErrDamaged
	}
	if r.o.Want == nil {
		return &r.row, r.config.has, nil
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
	r.config = rowConfig{id: id, at: at, readable: true}
	if r.wants != nil {
		c, ok := r.wants[id]
		r.config.has, r.config.readable = c.Needs, ok && len(lacking(r.o.Want.Needs, c.Needs)) == 0
		return
	}
	has := func(member string) bool { return bytes.Contains(text, []byte(member)) }
	r.config.has = agg.Needs{Squares: has(`,"squares":`), MinMax: has(`,"min":`), FirstLast: true, Quantiles: has(`,"values":`), Series: has(`,"readings":`)}
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
	r.row.Contents = l.Contents(r.config.has)
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
	r.period.From, r.texts[0] = l.Time("from"), append(r.texts[0][:0], l.TextBytes("from_text")...)
	r.period.To, r.texts[1] = l.Time("to"), append(r.texts[1][:0], l.TextBytes("to_text")...)
	if len(r.texts[0]) == 0 || len(r.texts[1]) == 0 {
		l.Fail("from_text")
	}
	r.period.FromText, r.period.ToText = r.texts[0], r.texts[1]
}
