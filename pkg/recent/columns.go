package recent

import (
	"cmp"
	"io"
	"math"
	"slices"

	"weir/pkg/agg"
	"weir/pkg/batch"
	"weir/pkg/deviation"
	"weir/pkg/exact"
	"weir/pkg/ndjson"
)

// builder collects the readings of a Series.
type builder struct {
	axis    *axis
	records []*Record
	fields  []*field
	reader  *fieldReader
}

// field is the readings of one field.
type field struct {
	path    batch.Path
	columns []column
	mean    deviation.Baseline
	flagged []bool // by column: it has a reading that is an anomaly
	largest largest
}

// column is the readings of one column of a field.
type column struct {
	first int // index of the first record, by time, that has a reading
	count int64
	sum   exact.Sum
	ends  agg.MinMax
}

func newBuilder(q SeriesQuery, x *axis, records []*Record) *builder {
	b := &builder{axis: x, records: records, reader: newFieldReader(q.Fields)}
	for _, path := range q.Fields {
		b.fields = append(b.fields, &field{path: path, columns: make([]column, q.Points)})
	}
	return b
}

// addAll adds all readings to their columns.
func (b *builder) addAll() {
	var units [exact.MaxBatch]int64
	var columns [exact.MaxBatch]int
	b.reader.each(b.records, func(run *batch.Run, first int) {
		n := run.Len()
		for i := range n {
			columns[i] = b.axis.column(b.axis.offsets[first+i])
		}
		for k := range run.Width() {
			f := b.fields[run.Slot(k)]
			readings, ok := run.Column(k, units[:n])
			for from, to := 0, 0; from < n; from = to {
				for to = from + 1; to < n && columns[to] == columns[from]; to++ {
				}
				c := &f.columns[columns[from]]
				b.first(c, first+from, first+to)
				c.count += int64(to - from)
				if ok {
					part := exact.Batch{Units: readings.Units[from:to], Scale: readings.Scale}
					c.sum.AddBatch(part)
					c.ends.AddBatch(part)
					continue
				}
				for i := from; i < to; i++ {
					d := run.Num(i, k)
					c.sum.Add(d)
					c.ends.Add(d)
				}
			}
		}
	})
}

// first makes the earliest of the records from from to to, without to, the first of a
// column, if it is earlier than that.
func (b *builder) first(c *column, from, to int) {
	if c.count == 0 {
		c.first = from
	}
	for i := from; i < to; i++ {
		if b.axis.offsets[i] < b.axis.offsets[c.first] {
			c.first = i
		}
	}
}

// series returns what the columns of a field are, without its anomalies, and flags the
// columns that have some.
func (b *builder) series(slot int) FieldSeries {
	f := b.fields[slot]
	s := FieldSeries{Path: f.path}
	var sum exact.Sum
	for i := range f.columns {
		c := &f.columns[i]
		if c.count == 0 {
			continue
		}
		s.Columns = append(s.Columns, Column{
			At: b.records[c.first].point(), Count: c.count, Min: c.ends.Min, Max: c.ends.Max, Mean: c.sum.Mean(c.count),
		})
		s.Count += c.count
		sum.Merge(&c.sum)
		s.Range.Merge(&c.ends)
	}
	s.Mean = sum.Mean(s.Count)
	f.mean.SetMean(limit, s.Mean)
	f.flagged = make([]bool, len(f.columns))
	for i := range f.columns {
		c := &f.columns[i]
		f.flagged[i] = c.count > 0 && (f.mean.Exceeded(c.ends.Min) || f.mean.Exceeded(c.ends.Max))
	}
	s.Missing, s.Meant = b.reader.missing(f.path)
	return s
}

// addAnomalies reads the records in flagged columns once more, and sets the anomalies of
// each field.
//
// Why not keep the readings of the first time: 16 fields of a million records would take
// half a gigabyte.
func (b *builder) addAnomalies(all []FieldSeries) {
	var again []*Record
	var indexes []int // of these in b.records
	for i, r := range b.records {
		c := b.axis.column(b.axis.offsets[i])
		if slices.ContainsFunc(b.fields, func(f *field) bool { return f.flagged[c] }) {
			again = append(again, r)
			indexes = append(indexes, i)
		}
	}
	b.reader.each(again, func(run *batch.Run, first int) {
		for k := range run.Width() {
			slot := run.Slot(k)
			f := b.fields[slot]
			for i := range run.Len() {
				d := run.Num(i, k)
				if f.mean.Exceeded(d) {
					all[slot].AnomalyCount++
					f.largest.add(&f.mean, anomaly{value: d, record: indexes[first+i]})
				}
			}
		}
	})
	for slot, f := range b.fields {
		found := f.largest.cut(&f.mean)
		slices.SortFunc(found, func(a, c anomaly) int {
			return cmp.Or(cmp.Compare(b.axis.offsets[a.record], b.axis.offsets[c.record]), cmp.Compare(a.record, c.record))
		})
		for _, a := range found {
			_, percent := f.mean.Off(a.value)
			all[slot].Anomalies = append(all[slot].Anomalies, Anomaly{At: b.records[a.record].point(), Value: a.value, Percent: percent})
		}
	}
}

// limit is by how much of the mean's magnitude a reading must differ to be an anomaly: 20 %.
var limit = deviation.Limit{Kind: deviation.Percent, Factor: exact.FromParts(2, 1, false)}

// anomaly is a reading that is an anomaly, and the index of its record.
type anomaly struct {
	value  exact.Dec
	record int
}

// compare returns -1 if a is to be listed rather than b: because it is farther from the
// mean, or as far and came first; else 1.
func compare(mean *deviation.Baseline, a, b anomaly) int {
	return cmp.Or(mean.Compare(b.value, a.value), cmp.Compare(a.record, b.record))
}

// largest keeps the maxAnomalies largest of the anomalies that are added, and some more.
type largest struct {
	found []anomaly
	full  bool // found[maxAnomalies-1] is the smallest that may be among the largest
}

// add adds an anomaly. Each has a larger record than the one before.
func (l *largest) add(mean *deviation.Baseline, a anomaly) {
	if l.full && compare(mean, a, l.found[maxAnomalies-1]) > 0 {
		return
	}
	l.found = append(l.found, a)
	if len(l.found) == 10*maxAnomalies {
		l.cut(mean)
	}
}

// cut removes all but the largest, which it returns in descending order.
func (l *largest) cut(mean *deviation.Baseline) []anomaly {
	slices.SortFunc(l.found, func(a, b anomaly) int { return compare(mean, a, b) })
	if len(l.found) >= maxAnomalies {
		l.found, l.full = l.found[:maxAnomalies], true
	}
	return l.found
}

// fieldReader reads fields of records.
type fieldReader struct {
	fold   *batch.Fold
	reader *ndjson.Reader
	parser *ndjson.Parser
	block  ndjson.Block
	runs   batch.Runs
}

func newFieldReader(fields []batch.Path) *fieldReader {
	x := &fieldReader{fold: batch.NewFold(batch.Plan{Numbers: fields, ReportOnly: true})}
	x.reader = ndjson.NewReader(x.fold, ndjson.Options{MaxLine: math.MaxInt32})
	x.parser = x.reader.Parser()
	return x
}

// each calls visit for each run of records; first is the index of the first of them. Slots
// are indexes of the fields. What is not a number is no reading.
//
// Each record is one line and one row: it was read from one, and parsed, before.
func (x *fieldReader) each(records []*Record, visit func(run *batch.Run, first int)) {
	x.reader.Reset(&recordsText{records: records}, "")
	x.fold.Reset()
	rows := 0
	for {
		if !x.block.More() && x.reader.Read(&x.block) != nil { // io.EOF: a recordsText has no other error
			return
		}
		b := &x.block.Batch
		x.parser.Parse(&x.block)
		x.fold.Begin(b)
		x.runs.Begin(b, nil, false)
		for x.runs.Next() {
			visit(&x.runs.Run, rows+x.runs.Row(0))
		}
		rows += len(b.Rows)
		x.fold.End(b)
	}
}

// missing reports whether no record that was read has a member at path, and which was
// meant; false if none was read.
func (x *fieldReader) missing(path batch.Path) (missing bool, meant batch.Path) {
	for _, m := range x.fold.Missing() {
		if m.Path.Equal(path) {
			return true, m.Meant
		}
	}
	return false, nil
}

// recordsText is the text of records as lines.
type recordsText struct {
	records []*Record
	done    int // bytes of the first that have been read
}

// Read implements io.Reader.
func (t *recordsText) Read(b []byte) (n int, err error) {
	for len(t.records) > 0 && n < len(b) {
		raw := t.records[0].Raw
		if t.done < len(raw) {
			k := copy(b[n:], raw[t.done:])
			n += k
			t.done += k
			continue
		}
		b[n] = '\n'
		n++
		t.records, t.done = t.records[1:], 0
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
