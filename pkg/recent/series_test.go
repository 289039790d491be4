package recent

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// plainSeries is a Series as the model computes it, as text that can be compared.
type plainSeries struct {
	ByTime          bool
	From, To        string
	Records, NoTime int
	Fields          []plainField
	Gaps            []string
	GapCount        int
}

type plainField struct {
	Count          int
	Mean, Min, Max string
	Columns        []string
	AnomalyCount   int
	Anomalies      []string
	Missing        bool
}

// plain returns a Series as the model's.
func plain(s *Series) plainSeries {
	at := func(p Point) string { return plainPoint(s.ByTime, p) }
	x := plainSeries{ByTime: s.ByTime, Records: s.Records, NoTime: s.NoTime, GapCount: s.GapCount}
	if s.Any {
		x.From, x.To = at(s.From), at(s.To)
	}
	for _, f := range s.Fields {
		p := plainField{Count: int(f.Count), Mean: float(f.Mean), AnomalyCount: int(f.AnomalyCount), Missing: f.Missing}
		if f.Count > 0 {
			p.Min, p.Max = float(f.Range.Min.Value()), float(f.Range.Max.Value())
		}
		for _, c := range f.Columns {
			p.Columns = append(p.Columns, fmt.Sprint(at(c.At), c.Count, float(c.Min.Value()), float(c.Max.Value()), float(c.Mean)))
		}
		for _, a := range f.Anomalies {
			p.Anomalies = append(p.Anomalies, fmt.Sprint(at(a.At), float(a.Value.Value()), float(a.Percent)))
		}
		x.Fields = append(x.Fields, p)
	}
	for _, g := range s.Gaps {
		x.Gaps = append(x.Gaps, at(g.From)+" "+at(g.To))
	}
	return x
}

func plainPoint(byTime bool, p Point) string {
	if byTime {
		return fmt.Sprint(p.Time.Sec, ".", p.Time.Nsec)
	}
	return fmt.Sprint("#", p.Seq)
}

func float(v exact.Value) string {
	f, ok := v.Float()
	if !ok {
		return "null"
	}
	return fmt.Sprint(f)
}

func ratFloat(r *big.Rat) string {
	f, _ := r.Float64()
	return fmt.Sprint(f + 0) // never -0
}

// plainRecord is a record as the model reads it.
type plainRecord struct {
	Point
	timed  bool
	values any
}

// readings returns the number at a path of each record that has one, and whether any
// has a member there.
func readings(records []plainRecord, path batch.Path) (numbers map[int]*big.Rat, seen bool) {
	numbers = map[int]*big.Rat{}
	for i, r := range records {
		value, ok := r.values, true
		for _, name := range path {
			switch v := value.(type) {
			case map[string]any:
				value, ok = v[name]
			case []any:
				n, err := strconv.Atoi(name)
				ok = err == nil && n < len(v) && strconv.Itoa(n) == name
				if ok {
					value = v[n]
				}
			default:
				ok = false
			}
			if !ok {
				break
			}
		}
		seen = seen || ok
		number, isNumber := value.(json.Number)
		if !ok || !isNumber {
			continue
		}
		_, err := strconv.ParseFloat(number.String(), 64)
		if err != nil {
			continue // out of range
		}
		numbers[i], _ = new(big.Rat).SetString(number.String())
	}
	return numbers, seen
}

// plainSelect selects records as SeriesQuery says.
func plainSelect(all []line, q SeriesQuery) (x plainSeries, records []plainRecord) {
	var newest *stamp.Time
	timed := 0
	for _, l := range all {
		p := plainRecord{Point: Point{Seq: l.seq, Time: stamp.Time{Sec: max(l.sec, 0)}}, timed: l.sec >= 0}
		d := json.NewDecoder(strings.NewReader(l.text))
		d.UseNumber()
		err := d.Decode(&p.values)
		if err != nil {
			panic(err)
		}
		if p.timed && (newest == nil || newest.Before(p.Time)) {
			newest = &p.Time
		}
		if q.Machine == nil || l.machine == *q.Machine {
			records = append(records, p)
			if p.timed {
				timed++
			}
		}
	}
	if q.Last > 0 && newest != nil {
		from := newest.Add(-q.Last)
		q.From, q.To = &from, newest
	}
	x.ByTime = q.From != nil || q.To != nil || q.Last > 0 || timed > 0 && 2*timed >= len(records)
	if x.ByTime {
		x.NoTime = len(records) - timed
		records = slices.DeleteFunc(records, func(p plainRecord) bool {
			return !p.timed || q.From != nil && p.Time.Before(*q.From) || q.To != nil && q.To.Before(p.Time)
		})
	}
	x.Records = len(records)
	ends := slices.Clone(records)
	if x.ByTime {
		slices.SortStableFunc(ends, func(a, b plainRecord) int { return a.Time.Compare(b.Time) })
	}
	if len(ends) > 0 {
		x.From, x.To = plainPoint(x.ByTime, ends[0].Point), plainPoint(x.ByTime, ends[len(ends)-1].Point)
	}
	if q.From != nil && (len(ends) > 0 || q.To != nil) {
		x.From = plainPoint(true, Point{Time: *q.From})
	}
	if q.To != nil && (len(ends) > 0 || q.From != nil) {
		x.To = plainPoint(true, Point{Time: *q.To})
	}
	return x, records
}

// plainModel computes a series with encoding/json, big.Rat and sorting, from all lines that
// are held. Times are whole seconds.
func plainModel(all []line, q SeriesQuery) plainSeries {
	x, records := plainSelect(all, q)
	position := func(p Point) int64 {
		if x.ByTime {
			return p.Time.Sec
		}
		return int64(p.Seq)
	}
	inOrder := func(a, b int) int {
		return cmp.Or(cmp.Compare(position(records[a].Point), position(records[b].Point)), cmp.Compare(a, b))
	}
	var from, to int64
	if x.From != "" {
		from, to = plainPosition(x.From), plainPosition(x.To)
	}
	unit := int64(1)
	if x.ByTime && to-from < 1<<33 {
		unit = 1e9
	}
	column := func(p Point) int {
		n := new(big.Int).Mul(big.NewInt(position(p)-from), big.NewInt(unit))
		n.Mul(n, big.NewInt(int64(q.Points)))
		size := new(big.Int).Mul(big.NewInt(to-from), big.NewInt(unit))
		return int(n.Div(n, size.Add(size, big.NewInt(1))).Int64())
	}
	for _, path := range q.Fields {
		numbers, seen := readings(records, path)
		f := plainField{Missing: !seen && len(records) > 0, Count: len(numbers), Mean: "null"}
		columns := map[int][]int{}
		var all []int
		for i := range records {
			if numbers[i] != nil {
				columns[column(records[i].Point)] = append(columns[column(records[i].Point)], i)
				all = append(all, i)
			}
		}
		for c := range q.Points {
			part := columns[c]
			if part != nil {
				least, most, mean := summary(numbers, part)
				at := plainPoint(x.ByTime, records[slices.MinFunc(part, inOrder)].Point)
				f.Columns = append(f.Columns, fmt.Sprint(at, len(part), ratFloat(least), ratFloat(most), ratFloat(mean)))
			}
		}
		if len(all) > 0 {
			least, most, mean := summary(numbers, all)
			f.Min, f.Max, f.Mean = ratFloat(least), ratFloat(most), ratFloat(mean)
			anomalies(&f, x.ByTime, records, numbers, mean, inOrder)
		}
		x.Fields = append(x.Fields, f)
	}
	if x.ByTime {
		plainGaps(&x, records, inOrder)
	}
	return x
}

func plainPosition(s string) int64 {
	s, _, _ = strings.Cut(strings.TrimPrefix(s, "#"), ".")
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		panic(err)
	}
	return n
}

func summary(numbers map[int]*big.Rat, part []int) (least, most, mean *big.Rat) {
	mean = new(big.Rat)
	for _, i := range part {
		n := numbers[i]
		mean.Add(mean, n)
		if least == nil || n.Cmp(least) < 0 {
			least = n
		}
		if most == nil || n.Cmp(most) > 0 {
			most = n
		}
	}
	return least, most, mean.Quo(mean, big.NewRat(int64(len(part)), 1))
}

func anomalies(f *plainField, byTime bool, records []plainRecord, numbers map[int]*big.Rat, mean *big.Rat, inOrder func(a, b int) int) {
	size := new(big.Rat).Abs(mean)
	off := func(i int) *big.Rat { return new(big.Rat).Sub(numbers[i], mean) }
	var found []int
	for i := range numbers {
		if new(big.Rat).Abs(off(i)).Cmp(new(big.Rat).Mul(size, big.NewRat(1, 5))) > 0 {
			found = append(found, i)
		}
	}
	f.AnomalyCount = len(found)
	slices.SortFunc(found, func(a, b int) int {
		return cmp.Or(new(big.Rat).Abs(off(b)).Cmp(new(big.Rat).Abs(off(a))), cmp.Compare(a, b))
	})
	found = found[:min(100, len(found))]
	slices.SortFunc(found, inOrder)
	for _, i := range found {
		percent := "null"
		if size.Sign() > 0 {
			p := off(i)
			percent = ratFloat(p.Quo(p.Mul(p, big.NewRat(100, 1)), size))
		}
		f.Anomalies = append(f.Anomalies, fmt.Sprint(plainPoint(byTime, records[i].Point), ratFloat(numbers[i]), percent))
	}
}

func plainGaps(x *plainSeries, records []plainRecord, inOrder func(a, b int) int) {
	type gap struct {
		length int64
		text   string
		at     int
	}
	var order []int
	for i := range records {
		order = append(order, i)
	}
	slices.SortFunc(order, inOrder)
	var gaps []gap
	for i := 1; i < len(order); i++ {
		a, b := records[order[i-1]], records[order[i]]
		if a.Time.Before(b.Time) {
			gaps = append(gaps, gap{b.Time.Sec - a.Time.Sec, plainPoint(true, a.Point) + " " + plainPoint(true, b.Point), i})
		}
	}
	if len(gaps) == 0 {
		return
	}
	slices.SortStableFunc(gaps, func(a, b gap) int { return cmp.Compare(a.length, b.length) })
	median := gaps[(len(gaps)-1)/2].length
	gaps = slices.DeleteFunc(gaps, func(g gap) bool { return g.length <= 5*median })
	x.GapCount = len(gaps)
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Or(cmp.Compare(b.length, a.length), cmp.Compare(a.at, b.at)) })
	gaps = gaps[:min(len(gaps), maxGaps)]
	slices.SortFunc(gaps, func(a, b gap) int { return cmp.Compare(a.at, b.at) })
	for _, g := range gaps {
		x.Gaps = append(x.Gaps, g.text)
	}
}

var seriesPaths = []batch.Path{{"a"}, {"b", "c"}, {"d", "0"}, {"none"}, {"a.b"}}

func drawSeriesQuery(t *rapid.T) SeriesQuery {
	q := SeriesQuery{Points: rapid.SampledFrom([]int{1, 2, 3, 7, 100, 4000}).Draw(t, "points")}
	for _, path := range seriesPaths {
		if rapid.Bool().Draw(t, "field") {
			q.Fields = append(q.Fields, path)
		}
	}
	if q.Fields == nil {
		q.Fields = seriesPaths[:1]
	}
	if rapid.Bool().Draw(t, "by machine") {
		q.Machine = new(rapid.SampledFrom([]string{"m1", "m3"}).Draw(t, "name"))
	}
	switch rapid.IntRange(0, 5).Draw(t, "range") {
	case 0:
		q.From = &stamp.Time{Sec: rapid.SampledFrom(seconds).Draw(t, "from")}
	case 1:
		q.To = &stamp.Time{Sec: rapid.SampledFrom(seconds).Draw(t, "to")}
	case 2:
		from := rapid.SampledFrom(seconds).Draw(t, "from")
		q.From, q.To = &stamp.Time{Sec: from}, &stamp.Time{Sec: from + int64(rapid.IntRange(0, 100).Draw(t, "length"))}
	case 3:
		q.Last = time.Duration(rapid.SampledFrom([]int{1, 30, 100_000}).Draw(t, "last")) * time.Second
	}
	return q
}

var seconds = []int64{1000, 1001, 1002, 1003, 1010, 1020, 1030, 1031, 1100, 5000, 1_000_000, 200_000_000_000}

func drawSeriesLine(t *rapid.T, seq uint64) line {
	l := line{seq: seq, sec: -1, machine: rapid.SampledFrom([]string{"m1", "m2"}).Draw(t, "machine")}
	members := []string{`"machine":"` + l.machine + `"`}
	number := rapid.SampledFrom([]string{"1", "0.1", "0.3", "1e16", "-1e16", "100", "121", "120", "-7.25", "1e300", "0", "12345678901234567890.5", "1e999", "null", `"1"`, "true"})
	if rapid.IntRange(0, 4).Draw(t, "timed") > 0 {
		l.sec = rapid.SampledFrom(seconds[:rapid.SampledFrom([]int{len(seconds) - 2, len(seconds)}).Draw(t, "clocks")]).Draw(t, "sec")
		members = append(members, `"timestamp":"`+time.Unix(l.sec, 0).UTC().Format(time.RFC3339)+`"`)
	}
	switch rapid.IntRange(0, 3).Draw(t, "layout") {
	case 0:
		members = append(members, `"a":`+number.Draw(t, "a"), `"a":`+number.Draw(t, "a"), `"b":{"c":`+number.Draw(t, "c")+`}`)
	case 1:
		members = append(members, `"d":[`+number.Draw(t, "d")+`,2]`, `"a":`+number.Draw(t, "a"), `"a.b":1`)
	case 2:
		members = append(members, `"a":`+number.Draw(t, "a"))
	case 3:
		members = append(members, `"pad":"`+strings.Repeat("x", rapid.SampledFrom([]int{1, 70_000}).Draw(t, "pad"))+`"`, `"b":{"c":`+number.Draw(t, "c")+`}`)
	}
	l.text = "{" + strings.Join(members, ",") + "}"
	return l
}

// TestSeriesEqualsModel: for all records and queries, a series is what a plain model
// computes from the texts.
func TestSeriesEqualsModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keep := rapid.SampledFrom([]int{3, 1000}).Draw(t, "keep")
		b := New(options(keep, 1<<24))
		var lines []line
		for seq := uint64(1); seq <= uint64(rapid.IntRange(0, 30).Draw(t, "records")); seq++ {
			lines = append(lines, drawSeriesLine(t, seq))
			push(t, b, lines[seq-1].text+"\n")
		}
		b.Publish()
		lines = lines[max(0, len(lines)-keep):]
		for range 3 {
			q := drawSeriesQuery(t)
			compareSeries(t, b.View(), lines, q)
		}
	})
}

func compareSeries(t failer, v *View, lines []line, q SeriesQuery) *Series {
	t.Helper()
	s := v.Series(q)
	got, want := plain(s), plainModel(lines, q)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%+v:\ngot  %+v\nwant %+v", q, got, want)
	}
	return s
}

// TestLongSeries: thousands of records, out of order, with more anomalies and gaps than
// are listed.
func TestLongSeries(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	b := New(options(1_000_000, 1<<30))
	var lines []line
	var text bytes.Buffer
	sec := int64(1000)
	for seq := uint64(1); seq <= 3200; seq++ {
		sec += []int64{1, 2, 2, 2, 2, 60, 70, 100}[random.IntN(8)]
		l := line{seq: seq, sec: sec - int64(random.IntN(3)), machine: "m" + strconv.Itoa(random.IntN(3))}
		l.text = fmt.Sprintf(`{"machine":%q,"timestamp":%q,"a":%d.%d,"b":{"c":%d}}`, l.machine, time.Unix(l.sec, 0).UTC().Format(time.RFC3339), random.IntN(200), random.IntN(10), random.IntN(20))
		lines = append(lines, l)
		fmt.Fprintln(&text, l.text)
	}
	push(t, b, text.String())
	b.Publish()
	for _, points := range []int{1, 600} {
		s := compareSeries(t, b.View(), lines, SeriesQuery{Fields: seriesPaths[:2], Points: points})
		if s.GapCount <= maxGaps || s.Fields[0].AnomalyCount <= maxAnomalies {
			t.Errorf("%d gaps, %d anomalies: too few for this test", s.GapCount, s.Fields[0].AnomalyCount)
		}
		m1 := "m1"
		compareSeries(t, b.View(), lines, SeriesQuery{Machine: &m1, Fields: seriesPaths[1:2], Points: points, Last: time.Hour})
	}
}

// TestNoSpikeIsHidden: a single reading is the maximum of its column and of the series, for
// every number of columns.
func TestNoSpikeIsHidden(t *testing.T) {
	t.Parallel()
	b := New(options(100_000, 1<<30))
	var text bytes.Buffer
	for n := range 20_000 {
		value := 18.8
		if n == 12_345 {
			value = 99.5
		}
		fmt.Fprintf(&text, "{\"timestamp\":%d,\"temperature\":%v}\n", 1_700_000_000+n, value)
	}
	push(t, b, text.String())
	b.Publish()
	for points := 1; points <= 4000; points = 2*points + 1 {
		s := b.View().Series(SeriesQuery{Fields: []batch.Path{{"temperature"}}, Points: points})
		f := s.Fields[0]
		count, spikes := int64(0), 0
		for _, c := range f.Columns {
			count += c.Count
			if c.Max.Float() == 99.5 {
				spikes++
			}
		}
		if len(f.Columns) != points || count != 20_000 || spikes != 1 || f.Range.Max.Float() != 99.5 || f.AnomalyCount != 1 || f.Anomalies[0].At.Seq != 12_346 {
			t.Errorf("%d columns: %d, %d readings, %d spikes, %+v", points, len(f.Columns), count, spikes, f.Anomalies)
		}
	}
}

// TestMissingField: a field that no selected record has is reported, with the one that was
// probably meant. A field that is never a number is not missing.
func TestMissingField(t *testing.T) {
	t.Parallel()
	b := New(options(10, 1<<20))
	push(t, b, `{"machine":"m1","temperature":1,"status":"IDLE"}`+"\n")
	b.Publish()
	s := b.View().Series(SeriesQuery{Fields: []batch.Path{{"temprature"}, {"status"}}, Points: 10})
	if !s.Fields[0].Missing || s.Fields[0].Meant.Spell() != "temperature" || s.Fields[1].Missing || s.Fields[1].Count != 0 {
		t.Errorf("%+v", s.Fields)
	}
	none := "m2"
	s = b.View().Series(SeriesQuery{Fields: []batch.Path{{"temprature"}}, Points: 10, Machine: &none})
	if s.Fields[0].Missing || s.Any || s.Records != 0 {
		t.Errorf("without records: %+v", s)
	}
}

func BenchmarkSeries(b *testing.B) {
	for _, n := range []int{1000, 100_000, 1_000_000} {
		rs := New(options(n, 1<<30))
		var text bytes.Buffer
		random := rand.New(rand.NewPCG(1, 2))
		for i := range n {
			fmt.Fprintf(&text, "{\"timestamp\":%q,\"machine\":\"m%d\",\"temperature\":%.1f,\"speed\":%d,\"status\":\"STARTED\",\"moving_averages\":{\"temperature\":%.3f}}\n",
				time.Unix(1_700_000_000+int64(i), 0).UTC().Format(time.RFC3339), i%10, 60+10*random.Float64(), 100+random.IntN(20), 60+10*random.Float64())
		}
		push(b, rs, text.String())
		rs.Publish()
		m1 := "m1"
		for name, q := range map[string]SeriesQuery{
			"one-field":  {Fields: []batch.Path{{"temperature"}}, Points: 600},
			"two-fields": {Fields: []batch.Path{{"temperature"}, {"moving_averages", "temperature"}}, Points: 600},
			"machine":    {Fields: []batch.Path{{"temperature"}}, Points: 600, Machine: &m1},
			"anomalies":  {Fields: []batch.Path{{"speed"}, {"temperature"}}, Points: 600},
		} {
			b.Run(fmt.Sprint(n, "/", name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					rs.View().Series(q)
				}
			})
		}
	}
}
