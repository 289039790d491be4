package recent

import (
	"time"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// SeriesQuery says what a [Series] shows.
type SeriesQuery struct {
	Machine *string      // only records of the machine with this name; nil: all records
	Fields  []batch.Path // members whose numbers are shown; no two are equal
	Points  int          // maximum number of columns; at least 1

	// From and To select records with a time, not before From and not after To. Last, if
	// it is not 0, selects those of the newest Last of time instead: To is then the newest
	// time of any record that is kept, of any machine, so that the series of several
	// machines end together.
	From, To *stamp.Time
	Last     time.Duration
}

// Series is the readings of fields in the records of a view, divided into columns of equal
// width, one for each column of pixels of a chart. Each column has its minimum and its
// maximum, so no spike is hidden, however many readings it stands for.
type Series struct {
	// ByTime says that the columns divide time. Otherwise they divide the numbers of
	// records: if no time was asked for, and less than half of the records have one.
	ByTime bool

	From, To Point // what the columns divide, both included; valid if Any
	Any      bool  // From and To are known: records were selected, or the query has them
	Seq      uint64
	Records  int // how many records were selected
	NoTime   int // how many others were not, because they have no time

	Fields   []FieldSeries // in the order of SeriesQuery.Fields
	Gaps     []Gap         // the maxGaps longest, in order of time
	GapCount int
}

// Point is where a record is in a Series.
type Point struct {
	Time stamp.Time // valid if ByTime
	Seq  uint64     // number of the record; 0 for an end that a query has set
}

// FieldSeries is the readings of one field. Means are exact, and rounded once.
type FieldSeries struct {
	Path    batch.Path
	Count   int64
	Mean    exact.Value // null without readings
	Range   agg.MinMax
	Columns []Column // those that have readings, in order

	// AnomalyCount is the number of readings that differ from Mean by more than 20 % of its
	// magnitude, as stats counts them. Anomalies are the maxAnomalies largest of these (ties:
	// the record that came first), in order of time.
	AnomalyCount int64
	Anomalies    []Anomaly

	Missing bool       // records were selected, but none has a member at Path, whatever its value
	Meant   batch.Path // the member that was probably meant; nil: unknown
}

// Column is the readings of a field in one column.
type Column struct {
	At       Point // of the first record, by time, that has a reading
	Count    int64
	Min, Max exact.Dec
	Mean     exact.Value
}

// Anomaly is a reading that is far from the mean of its series.
type Anomaly struct {
	At      Point
	Value   exact.Dec
	Percent exact.Value // 100 × (Value - mean) / |mean|; null if the mean is 0
}

// Gap is a time without records, from one record's to the next one's.
type Gap struct{ From, To Point }

// Limits of what a Series lists.
const (
	maxAnomalies = 100
	maxGaps      = 1000
)

// Series computes a series. It reads the records that q selects once, and a second time
// those in columns with anomalies.
//
// A gap is a distance between the times of two consecutive records of the selection, in
// order of time, of more than five times the median distance. Distances of 0, as several
// machines have that report at the same time, do not count; of two medians it is the
// smaller.
func (v *View) Series(q SeriesQuery) *Series {
	s, records := v.selectSeries(q)
	x := newAxis(s, records, q.Points)
	if s.ByTime {
		s.findGaps(x.offsets, records)
	}
	b := newBuilder(q, x, records)
	b.addAll()
	for i := range b.fields {
		s.Fields = append(s.Fields, b.series(i))
	}
	b.addAnomalies(s.Fields)
	return s
}

// selectSeries returns the records that q selects, oldest first, and a Series that has
// what they are.
func (v *View) selectSeries(q SeriesQuery) (*Series, []*Record) {
	s := &Series{Seq: v.seq, ByTime: q.From != nil || q.To != nil || q.Last > 0}
	var records []*Record
	if q.Machine == nil {
		records = make([]*Record, 0, v.Held)
	}
	belongs := belongsTo(q.Machine)
	var newest *Record // of all machines
	timed := 0         // of the records
	v.forward(0, func(r *Record) bool {
		if r.Timed && (newest == nil || newest.Time.Before(r.Time)) {
			newest = r
		}
		if belongs(r) {
			records = append(records, r)
			if r.Timed {
				timed++
			}
		}
		return true
	})
	if q.Last > 0 && newest != nil {
		from := newest.Time.Add(-q.Last)
		q.From, q.To = &from, &newest.Time
	}
	s.ByTime = s.ByTime || timed > 0 && 2*timed >= len(records)
	if s.ByTime {
		s.NoTime = len(records) - timed
		records = inTime(records, q.From, q.To)
	}
	s.Records = len(records)
	s.setEnds(records, q.From, q.To)
	return s, records
}

// belongsTo returns a function that reports whether a record is one of the machine; of
// any, if it is nil.
func belongsTo(machine *string) func(*Record) bool {
	if machine == nil {
		return func(*Record) bool { return true }
	}
	quoted := jsonscan.AppendQuoted(nil, *machine)
	return func(r *Record) bool { return r.belongsTo(*machine, quoted) }
}

// inTime returns the records with a time, from from to to if these are not nil. It uses
// the memory of records.
func inTime(records []*Record, from, to *stamp.Time) []*Record {
	kept := records[:0]
	for _, r := range records {
		if r.Timed && (from == nil || !r.Time.Before(*from)) && (to == nil || !to.Before(r.Time)) {
			kept = append(kept, r)
		}
	}
	return kept
}

// setEnds sets From and To to what the records span, or to from and to.
func (s *Series) setEnds(records []*Record, from, to *stamp.Time) {
	s.Any = len(records) > 0 || from != nil && to != nil
	for i, r := range records {
		p := r.point()
		if i == 0 || s.ByTime && p.Time.Before(s.From.Time) {
			s.From = p
		}
		if i == 0 || !s.ByTime || s.To.Time.Before(p.Time) {
			s.To = p
		}
	}
	if from != nil {
		s.From = Point{Time: *from}
	}
	if to != nil {
		s.To = Point{Time: *to}
	}
}

// point returns where a record is.
func (r *Record) point() Point { return Point{Time: r.Time, Seq: r.Seq} }
