package chart_test

import (
	"fmt"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"

	"weir/pkg/chart"
)

// parse returns the line of stats with a plot.
func parse(t rapid.TB, members string) chart.Line {
	t.Helper()
	var p chart.Parser
	l, ok := p.Parse([]byte(`{"field":"f","count":1,` + members + "}\n"))
	if !ok {
		t.Fatalf("not understood: %s", members)
	}
	return l
}

// decimal returns the number that a label shows.
func decimal(label string) *big.Rat {
	v, ok := new(big.Rat).SetString(strings.ReplaceAll(label, ",", ""))
	if !ok {
		panic("not a number: " + label)
	}
	return v
}

// TestTicksAreRound: values of an axis are in its range, in rising order, at most as many as
// asked for, all multiples of their distance, and have different labels that read back.
func TestTicksAreRound(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lo := rapid.OneOf(rapid.Float64Range(-1e6, 1e6), rapid.Float64Range(-1, 1), rapid.Just(0.0)).Draw(t, "lo")
		hi := lo + rapid.OneOf(rapid.Float64Range(1e-3, 1), rapid.Float64Range(1, 1e9)).Draw(t, "span")
		n := rapid.IntRange(2, 30).Draw(t, "n")
		ticks := chart.Ticks(lo, hi, n)
		if len(ticks) == 0 || len(ticks) > n+1 || len(ticks) < n/4 {
			t.Fatalf("%d ticks of %d from %v to %v: %v", len(ticks), n, lo, hi, ticks)
		}
		for i, tick := range ticks {
			text, _ := decimal(tick.Label).Float64()
			switch {
			case tick.Value < lo || tick.Value > hi || tick.At < 0 || tick.At > 1:
				t.Fatalf("%v is not from %v to %v", tick, lo, hi)
			case math.Abs(text-tick.Value) > 1e-5*math.Abs(tick.Value):
				t.Fatalf("the label of %v is %q", tick.Value, tick.Label)
			case i == 0:
			default:
				step := new(big.Rat).Sub(decimal(tick.Label), decimal(ticks[i-1].Label))
				if step.Sign() <= 0 || !new(big.Rat).Quo(decimal(tick.Label), step).IsInt() {
					t.Fatalf("%v follows %v", tick, ticks[i-1])
				}
			}
		}
	})
}

// TestTicksOfExtremes: ranges at the limits of floats end, and have a tick at least.
func TestTicksOfExtremes(t *testing.T) {
	t.Parallel()
	const big = math.MaxFloat64
	for _, r := range [][2]float64{{-big, big}, {0, 5e-324}, {1e300, 1.0000000000000002e300}, {1 << 60, 1<<60 + 512}, {7, 7}, {-5e-324, big}, {1e-310, 3e-310}, {5e-324, 4}} {
		for n := 2; n < 12; n++ {
			ticks := chart.Ticks(r[0], r[1], n)
			if len(ticks) == 0 || len(ticks) > n+1 {
				t.Errorf("%v: %v", r, ticks)
			}
			for _, tick := range ticks {
				if math.IsNaN(tick.At) || tick.At < 0 || tick.At > 1 {
					t.Errorf("%v: %v", r, tick)
				}
			}
		}
	}
}

func labels(ticks []chart.Tick) string {
	var list []string
	for _, t := range ticks {
		list = append(list, t.Label)
	}
	return strings.Join(list, " | ")
}

// cells is the width of a label in characters.
func cells(label string) float64 { return float64(len(label)) }

// TestTimes: the ticks of some periods on an axis of 72 characters.
func TestTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ from, to, zone, want string }{
		{"2013-12-02T21:15:00Z", "2014-02-19T15:25:00Z", "UTC", "Dec 16 | Dec 30 | Jan 13 | Jan 27 | Feb 10"},
		{"2014-07-01T00:00:00Z", "2015-01-31T23:30:00Z", "UTC", "Jul | Aug | Sep | Oct | Nov | Dec | 2015"},
		{"2024-05-06T08:00:00Z", "2024-05-06T08:01:10Z", "UTC", "08:00:00 | 08:00:15 | 08:00:30 | 08:00:45 | 08:01:00"},
		{"2024-05-06T22:10:00Z", "2024-05-07T03:55:00Z", "UTC", "23:00 | May 7 | 01:00 | 02:00 | 03:00"},
		{"2024-05-06T22:10:00Z", "2024-05-07T03:55:00Z", "Asia/Kathmandu", "04:00 | 05:00 | 06:00 | 07:00 | 08:00 | 09:00"},
		{"2024-12-29T00:00:00Z", "2025-01-03T00:00:00Z", "UTC", "Dec 29 | Dec 30 | Dec 31 | 2025 | Jan 2 | Jan 3"},
		{"2026-03-28T18:00:00Z", "2026-03-29T21:00:00Z", "Europe/Berlin", "Mar 29 | 06:00 | 12:00 | 18:00"},
		{"2026-10-24T22:00:00Z", "2026-10-25T04:00:00Z", "Europe/Berlin", "Oct 25 | 01:00 | 02:00 | 03:00 | 04:00 | 05:00"},
		{"1900-01-01T00:00:00Z", "2024-01-01T00:00:00Z", "UTC", "1900 | 1920 | 1940 | 1960 | 1980 | 2000 | 2020"},
		{"0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "UTC", "2000 | 4000 | 6000 | 8000"},
		{"2024-05-06T08:00:00.1Z", "2024-05-06T08:00:00.7Z", "UTC", "08:00:00.1 | .2 | .3 | .4 | .5 | .6 | .7"},
		{"2024-05-06T08:00:58.95Z", "2024-05-06T08:01:00.2Z", "UTC", "08:00:59 | .2 | .4 | .6 | .8 | 08:01:00 | .2"},
		{"2024-05-06T08:00:58Z", "2024-05-06T08:00:58.002Z", "UTC", "08:00:58 | 500 µs | .001 | 500 µs | .002"},
		{"2024-05-06T08:00:58.123456789Z", "2024-05-06T08:00:58.124446789Z", "Asia/Tokyo", "17:00:58.1236 | 800 µs | .124 | 200 µs | 400 µs"},
		{"2024-05-06T08:00:58.123456789Z", "2024-05-06T08:00:58.123457779Z", "UTC", "800 ns | 08:00:58.123457 | 200 ns | 400 ns | 600 ns"},
		{"2024-05-06T08:00:58.000000005Z", "2024-05-06T08:00:58.000000006Z", "UTC", "08:00:58.000000005 | 6 ns"},
		{"2024-05-06T23:59:59.9Z", "2024-05-07T00:00:00.1Z", "UTC", ".90 | .95 | May 7 | .05 | .10"},
		{"2024-01-15T00:00:00Z", "2026-11-15T00:00:00Z", "UTC", "Jul | 2025 | Jul | 2026 | Jul"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		from, _ := time.Parse(time.RFC3339, c.from)
		to, _ := time.Parse(time.RFC3339, c.to)
		got := labels(chart.Period{Start: from.In(zone), End: to.In(zone)}.Ticks(72, cells, 4))
		if got != c.want {
			t.Errorf("%s to %s in %s:\n%s\nwant\n%s", c.from, c.to, c.zone, got, c.want)
		}
	}
}

// TestTimesFit: whatever the period, ticks are within it, in order, do not overlap, and an axis
// that is wide enough has one.
func TestTimesFit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		zone, err := time.LoadLocation(rapid.SampledFrom([]string{"UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "America/Havana", "Pacific/Apia"}).Draw(t, "zone"))
		if err != nil {
			t.Fatal(err)
		}
		start := time.Unix(rapid.OneOf(rapid.Int64Range(-62e9, 250e9), rapid.Int64Range(1.3e9, 2e9)).Draw(t, "start"), rapid.Int64Range(0, 999999999).Draw(t, "fraction")).In(zone)
		span := rapid.OneOf(rapid.Int64Range(1000, 1e9), rapid.Int64Range(1e9, 1e14), rapid.Int64Range(1e14, 1e18)).Draw(t, "span")
		p := chart.Period{Start: start, End: start.Add(time.Duration(span))}
		width := rapid.IntRange(1, 140).Draw(t, "width")
		ticks := p.Ticks(float64(width), cells, 4)
		if width > 80 && len(ticks) == 0 {
			t.Fatalf("no tick from %v to %v in %d columns", p.Start, p.End, width)
		}
		for i, tick := range ticks {
			if tick.At < 0 || tick.At > 1 || i > 0 && (tick.At-ticks[i-1].At)*float64(width) < cells(tick.Label)/2+cells(ticks[i-1].Label)/2+4-1e-6 {
				t.Fatalf("from %v to %v in %d columns: %v", p.Start, p.End, width, ticks)
			}
		}
	})
}

// TestTimesWithinSecond: the labels of an axis of a second and less say which times its ticks are at:
// one is a time, and each after it is the next time that ends as it says. Neighbours differ.
func TestTimesWithinSecond(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		start := time.Unix(rapid.Int64Range(1.7e9, 1.7e9+86400).Draw(t, "start"), rapid.Int64Range(0, 999999999).Draw(t, "fraction")).UTC()
		span := int64(1)
		for range rapid.IntRange(0, 9).Draw(t, "magnitude") {
			span *= 10
		}
		span = rapid.Int64Range(span, 5*span).Draw(t, "span")
		p := chart.Period{Start: start, End: start.Add(time.Duration(span))}
		ticks := p.Ticks(rapid.Float64Range(70, 140).Draw(t, "width"), cells, 4)
		last, known := time.Time{}, false
		for i, tick := range ticks {
			at := start.Add(time.Duration(math.Round(tick.Value * 1e9)))
			read, whole := readTick(t, last, tick.Label, at)
			known = known || whole
			switch {
			case i > 0 && tick.Label == ticks[i-1].Label:
				t.Fatalf("twice %s: %s", tick.Label, labels(ticks))
			case known && !read.Equal(at):
				t.Fatalf("from %v, %s is read as %v: %s", start, tick.Label, read, labels(ticks))
			}
			last = at
		}
		if !known {
			t.Fatalf("from %v to %v no label is a time: %s", p.Start, p.End, labels(ticks))
		}
	})
}

// readTick returns the time of a label: a whole time of the date of at, or the first after last that
// ends with it.
func readTick(t *rapid.T, last time.Time, label string, at time.Time) (_ time.Time, whole bool) {
	clock, err := time.Parse("15:04:05", label)
	if err == nil {
		year, month, day := at.Date()
		return clock.AddDate(year, int(month)-1, day-1), true
	}
	n, within := 0, time.Second
	switch {
	case label == at.Format("Jan 2") || label == at.Format("2006"):
		return at.Truncate(24 * time.Hour), true
	case label[0] == '.':
		n, err = strconv.Atoi((label[1:] + "00000000")[:9])
	case strings.HasSuffix(label, " µs"):
		n, err = strconv.Atoi(strings.TrimSuffix(label, " µs"))
		n, within = n*1000, time.Millisecond
	default:
		n, err = strconv.Atoi(strings.TrimSuffix(label, " ns"))
		within = time.Microsecond
	}
	if err != nil {
		t.Fatalf("what is %q?", label)
	}
	read := last.Truncate(within).Add(time.Duration(n))
	if !read.After(last) {
		read = read.Add(within)
	}
	return read, false
}

// TestPeriodIsExact: the ends of an axis are those of the line, to the nanosecond.
func TestPeriodIsExact(t *testing.T) {
	t.Parallel()
	p := parse(t, `"plot":{"start":1714982458.123456789,"end":1714982458.123456790}`).Plot.Period
	if !p.HasTime() || p.Start.Nanosecond() != 123456789 || p.End.Sub(p.Start) != 1 {
		t.Errorf("from %v to %v", p.Start, p.End)
	}
	p = parse(t, `"plot":{"start":-0.25,"end":1e13}`).Plot.Period
	if !p.None {
		t.Errorf("after the year 9999: %v", p)
	}
}

// TestZoneOfAxis: the axis has the zone that the line names, else the offset of its times, if
// they have the same.
func TestZoneOfAxis(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		members string
		hour    int
	}{
		{`"from":"2024-07-01T10:00:00Z","to":"2024-07-01T11:00:00Z","plot":{"start":1719828000,"end":1719831600}`, 10},
		{`"from":"2024-07-01T12:00:00+02:00","to":"2024-07-01T13:00:00+02:00","plot":{"start":1719828000,"end":1719831600}`, 12},
		{`"from":"2024-07-01T12:00:00+0200","to":"2024-07-01T12:00:00+0100","plot":{"start":1719828000,"end":1719831600}`, 10},
		{`"from":"2024-07-01","to":"2024-07-02","plot":{"start":1719828000,"end":1719831600}`, 10},
		{`"from":1719828000,"to":1719831600,"plot":{"start":1719828000,"end":1719831600,"zone":"Asia/Tokyo"}`, 19},
		{`"from":"9999-12-31 22:00:00+00:00","to":"9999-12-31 23:00:00+00:00","plot":{"start":253402293600,"end":253402297200,"zone":"Asia/Tokyo"}`, 22},
		{`"from":"0001-01-01 02:00:00+00:00","to":"0001-01-01 05:00:00-04:56","plot":{"start":-62135589600,"end":-62135561040,"zone":"America/New_York"}`, 2},
	} {
		p := parse(t, c.members).Plot.Period
		if p.Start.Hour() != c.hour || !p.HasTime() || p.None {
			t.Errorf("%s: the axis begins at %v", c.members, p.Start)
		}
	}
	p := parse(t, `"plot":{"readings":3}`).Plot.Period
	if !p.None || p.HasTime() {
		t.Errorf("without times: %+v", p)
	}
}

// TestFitKeepsExtremes: merged columns have the extremes and the anomalies of all; the columns
// of a plot that has fewer are spread over the whole width.
func TestFitKeepsExtremes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var plot chart.Plot
		for range rapid.IntRange(1, 240).Draw(t, "columns") {
			v := rapid.Float64Range(-100, 100).Draw(t, "value")
			plot.Columns = append(plot.Columns, chart.Column{
				Any: rapid.IntRange(0, 3).Draw(t, "any") > 0,
				Min: v, Max: v + rapid.Float64Range(0, 5).Draw(t, "span"), Anomalies: rapid.Int64Range(0, 1).Draw(t, "anomalies"),
			})
		}
		n := rapid.IntRange(1, 300).Draw(t, "width")
		fitted := plot.Fit(n)
		lo, hi, ok := plot.Range()
		flo, fhi, fok := (&chart.Plot{Columns: fitted}).Range()
		if len(fitted) != n || ok != fok || n >= len(plot.Columns) && ok && (flo != lo || fhi != hi) {
			t.Fatalf("%d columns from %v to %v became %d from %v to %v", len(plot.Columns), lo, hi, len(fitted), flo, fhi)
		}
		for i, c := range plot.Columns {
			at := i * n / len(plot.Columns)
			if n >= len(plot.Columns) || !c.Any {
				continue
			}
			f := fitted[at]
			if f.Min > c.Min || f.Max < c.Max || c.Marked() && !f.Marked() {
				t.Fatalf("column %d, %+v, became %+v", i, c, f)
			}
		}
	})
}

// TestGapsStay: columns between regular readings are filled, a pause is not.
func TestGapsStay(t *testing.T) {
	t.Parallel()
	columns := make([]chart.Column, 60)
	for _, i := range []int{0, 5, 10, 15, 50, 55} {
		columns[i] = chart.Column{Any: true, Min: float64(i), Max: float64(i)}
	}
	var got strings.Builder
	for _, c := range (&chart.Plot{Columns: columns}).Fit(60) {
		fmt.Fprint(&got, map[bool]string{true: "x", false: "."}[c.Any])
	}
	want := strings.Repeat("x", 16) + strings.Repeat(".", 34) + strings.Repeat("x", 6) + "...."
	if got.String() != want {
		t.Errorf("got  %s\nwant %s", got.String(), want)
	}
}

// TestOneSpelling: a number in a column is spelt as it is alone, with its point aligned.
func TestOneSpelling(t *testing.T) {
	t.Parallel()
	values := []float64{2.08472121, 108.510543, 85, 1e-9, 12345.678}
	for i, text := range chart.FormatColumn(values) {
		if strings.TrimRight(text, " ") != chart.FormatNumber(values[i]) {
			t.Errorf("%v is %q in a column and %q alone", values[i], text, chart.FormatNumber(values[i]))
		}
	}
	got := strings.Join(chart.FormatColumn([]float64{1.5, 20, 3.25}), "|")
	if got != "1.5 |20   |3.25" {
		t.Errorf("points are not aligned: %s", got)
	}
}

// ExamplePeriod_Ticks finds the times of an axis that is 60 characters wide.
func ExamplePeriod_Ticks() {
	p := chart.Period{
		Start: time.Date(2024, 5, 6, 21, 40, 0, 0, time.UTC),
		End:   time.Date(2024, 5, 7, 2, 10, 0, 0, time.UTC),
	}
	for _, tick := range p.Ticks(60, func(label string) float64 { return float64(len(label)) }, 2) {
		fmt.Printf("%4.1f %s\n", tick.At*60, tick.Label)
	}
	// Output:
	//  4.4 22:00
	// 17.8 23:00
	// 31.1 May 7
	// 44.4 01:00
	// 57.8 02:00
}

// TestLabelsOfLargeNumbers: the edges of bars are different texts, also where six digits are not
// enough, as for times in nanoseconds.
func TestLabelsOfLargeNumbers(t *testing.T) {
	t.Parallel()
	for _, from := range []float64{1e15, 1714982400e9, -1714982400e9} {
		edges := []float64{from, from + 1e10, from + 2e10, from + 3e10}
		texts := chart.FormatEdges(edges)
		for i, s := range texts {
			v, err := strconv.ParseFloat(s, 64)
			if err != nil || math.Abs(v-edges[i]) > 5e9 {
				t.Errorf("%v is shown as %q of %q", edges[i], s, texts)
			}
		}
	}
	got := fmt.Sprintf("%q", chart.FormatEdges([]float64{2e15, 4e15, 6e15}))
	if got != `["2e15" "4e15" "6e15"]` {
		t.Errorf("more digits than needed: %s", got)
	}
}

// TestEdgesAreRound: the edges of bars are the decimals that they are meant to be.
func TestEdgesAreRound(t *testing.T) {
	t.Parallel()
	l := parse(t, `"plot":{"histogram":{"from":-0.001,"to":0,"bars":10,"counts":[1,1,1,1,1,1,1,1,1,1]}}`)
	for i, b := range l.Plot.Histogram.Bars() {
		want, _ := strconv.ParseFloat(fmt.Sprintf("%de-4", i-10), 64)
		if b.From != want {
			t.Errorf("edge %d is %v, want %v", i, b.From, want)
		}
	}
}

// TestEdgeAtZero: the edge of two bars that is 0 is 0, wherever the bins begin and end.
func TestEdgeAtZero(t *testing.T) {
	t.Parallel()
	for below := 1; below < 12; below++ {
		for above := 1; above < 12; above++ {
			for _, size := range []float64{1, 0.1, 5e-10, 2e300} {
				counts := strings.Repeat(",1", below+above)[1:]
				l := parse(t, fmt.Sprintf(`"plot":{"histogram":{"from":%g,"to":%g,"bars":%d,"counts":[%s]}}`, -size*float64(below), size*float64(above), min(12, below+above), counts))
				zero := below+above > 12 // bars are made of several bins
				for _, b := range l.Plot.Histogram.Bars() {
					zero = zero || b.To == 0
				}
				if !zero {
					t.Errorf("%d bins of %g below 0 and %d above: %v", below, size, above, l.Plot.Histogram.Bars())
				}
			}
		}
	}
}
