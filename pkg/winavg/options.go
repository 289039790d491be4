package winavg

import (
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/having"
	"weir/pkg/stamp"
)

// Closed says which ends of the window from t-w to t are inside.
type Closed uint8

// The values of Closed: the window of row t is [t-w, t), (t-w, t], [t-w, t] or (t-w, t).
const (
	Left Closed = iota
	Right
	Both
	Neither
)

// Empty says what is printed for a window without events.
type Empty uint8

// The values of Empty.
const (
	Zero     Empty = iota // a row of zeros
	Null                  // a row of nulls, of count and sum 0
	Skip                  // no row
	Previous              // what is null is the last value of the column that was not
)

// Label says which end of the window is a row's date.
type Label uint8

// The values of Label: of the window from t-w to t, t or t-w.
const (
	End Label = iota
	Start
)

// Column is a column of a row: a statistic of a field.
type Column struct {
	Field int // index into Options.Fields
	Stat  agg.Stat
	Name  string // as printed
}

// Options are the values of the command's flags, a field for each; hence its 19 fields.
type Options struct {
	Window   time.Duration // w, a multiple of Step
	Step     time.Duration // the interval between rows, whole seconds
	Closed   Closed
	Empty    Empty
	Drain    bool          // after the last event, print rows until the window is empty
	Live     bool          // Tick advances the watermark
	Lateness time.Duration // how long a row waits for late events; Forever: until the end of input
	MaxGap   time.Duration // events this close agree, see jumps.go; Forever: all do

	Time      batch.Path
	TimeNamed bool         // -t named it; else another field may be the time: see batch.Plan.FindTime
	Format    stamp.Format // its zone is that of steps, and of dates
	Fields    []batch.Path
	By        []batch.Path
	Where     []batch.Cond
	Columns   []Column
	Label     Label
	Date      stamp.DateFormat // how dates are printed; its zone is that of Format
	Having    []having.Cond    // print only rows for which each holds, of one of its columns at least

	MaxGroups int // limit of pairs of key and field; with Empty Skip and no time-weighted average, of the keys that have events in a window to come
}

// Forever is longer than any time.
const Forever = stamp.Forever
