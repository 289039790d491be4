package stats_test

import (
	"encoding/json"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/pipe"
	"weir/pkg/stats"
)

// defaults are those of the command.
func defaults() rules {
	return rules{
		stats:     []string{"count", "mean", "min", "max", "sd", "sum", "median", "p95", "p99"},
		deviation: "20%", anomalies: 100, max: 1000000,
	}
}

// values is a file with one reading on each line.
func values(list ...string) file {
	var b strings.Builder
	for _, v := range list {
		fmt.Fprintf(&b, `{"value":%s}`+"\n", v)
	}
	return file{"in.jsonl", b.String()}
}

// withoutPositions is the output without file and line of the anomalies, which are
// sorted: without all that may depend on the order of the input.
func withoutPositions(t rapid.TB, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		var o struct{ Anomalies []map[string]any }
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatal(err)
		}
		head, _, _ := strings.Cut(line, `"anomalies":`)
		var list []string
		for _, a := range o.Anomalies {
			delete(a, "file")
			delete(a, "line")
			list = append(list, fmt.Sprint(a))
		}
		slices.Sort(list)
		fmt.Fprintln(&b, head, list)
	}
	return b.String()
}

// TestOrderAndFilesDoNotMatter: in whatever order the records come, and in whatever
// files, the summary is the same.
func TestOrderAndFilesDoNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.list, r.max, r.anomalies, r.bad = false, 1000000, 1000, pipe.Report
		var lines []string
		files := drawFiles(t, &r)
		for _, f := range files {
			lines = append(lines, strings.Split(f.text, "\n")...)
		}
		one, ledger, _ := run(t, r.options(), r.bad, inputs(files, "files", 1000))
		lines = rapid.Permutation(lines).Draw(t, "order")
		half := rapid.IntRange(0, len(lines)).Draw(t, "lines in the first file")
		files = []file{{"x", strings.Join(lines[:half], "\n")}, {"y", strings.Join(lines[half:], "\n")}}
		two, ledger2, _ := run(t, r.options(), r.bad, inputs(files, "mixed", 1000))
		a, b := withoutPositions(t, one), withoutPositions(t, two)
		if a != b || ledger != ledger2 {
			t.Fatalf("rules: %+v\n%s\nand, in the order\n%s\n%s", r, a, shown(files), b)
		}
	})
}

// TestLimitIsExact: a reading exactly at the limit is not an anomaly, one that is
// 10^-30 of it farther from the mean is.
func TestLimitIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit, _ := new(big.Rat).SetString(rapid.SampledFrom([]string{"1", "-1", "0.1", "7e300", "1e-310", "123456789.123456789", "-3e-1000"}).Draw(t, "unit"))
		times := func(text string) string {
			x, _ := new(big.Rat).SetString(text)
			x.Mul(x, unit)
			n, _ := x.FloatPrec()
			return x.FloatString(n)
		}
		r := defaults()
		r.stats, r.deviation = []string{"mean", "sd"}, "20%"
		texts, want := []string{"100", "80", "120", "119", "81"}, int64(0)
		if rapid.Bool().Draw(t, "a little farther") {
			texts, want = append(texts, "79.999999999999999999999999999998", "120.000000000000000000000000000002"), 2
		}
		if rapid.Bool().Draw(t, "in standard deviations") { // of 0, 1 and 2 it is 1
			r.deviation, texts, want = "1sd", []string{"0", "1", "2"}, 0
			if rapid.Bool().Draw(t, "a little less") {
				r.deviation, want = "0.999999999999999999999999999999sd", 2
			}
		}
		for i := range texts {
			texts[i] = times(texts[i])
		}
		f := values(rapid.Permutation(texts).Draw(t, "order")...)
		check(t, r, []file{f}, 1000)
		text, _, _ := run(t, r.options(), r.bad, inputs([]file{f}, "files", 1000))
		var o struct {
			N int64 `json:"anomaly_count"`
		}
		if err := json.Unmarshal([]byte(text), &o); err != nil || o.N != want {
			t.Fatalf("%s of %v: %d anomalies, want %d", r.deviation, texts, o.N, want)
		}
	})
}

// TestKnownSummaries: examples with exact results are printed digit for digit.
func TestKnownSummaries(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values []string
		want   map[string]string
	}{
		{[]string{"100", "80", "120", "110", "130"}, map[string]string{
			"count": "5", "mean": "108", "min": "80", "max": "130", "sd": "19.235384061671343", "sum": "540", "median": "110", "anomaly_count": "2",
			"anomalies": `[{"timestamp":null,"value":80,"deviation":-28,"percent":-25.925925925925927,"file":"in.jsonl","line":2},` +
				`{"timestamp":null,"value":130,"deviation":22,"percent":20.37037037037037,"file":"in.jsonl","line":5}]`,
		}},
		{[]string{"1000000000000.1", "1000000000000.2", "1000000000000.3"}, map[string]string{
			"sd": "0.1", "mean": "1000000000000.2", "sum": "3000000000000.6", "anomaly_count": "0", "anomalies": "[]",
		}},
		{[]string{"1e16", "1", "-1e16"}, map[string]string{"sum": "1", "mean": "0.3333333333333333", "anomaly_count": "3"}},
		{[]string{"0.1", "0.2", "0.3"}, map[string]string{"sum": "0.6", "mean": "0.2", "sd": "0.1"}},
		{[]string{"-1", "1", "0"}, map[string]string{"mean": "0", "anomaly_count": "2", "anomalies": `[{"timestamp":null,"value":-1,"deviation":-1,"percent":null,"file":"in.jsonl","line":1},` +
			`{"timestamp":null,"value":1,"deviation":1,"percent":null,"file":"in.jsonl","line":2}]`}},
		{[]string{"7"}, map[string]string{"count": "1", "sd": "null", "p99": "7", "from": "null", "to": "null", "anomaly_count": "0"}},
	} {
		text, _, _ := run(t, defaultOptions(), pipe.Report, inputs([]file{values(c.values...)}, "pipes", 1000))
		var got map[string]json.RawMessage
		if err := json.Unmarshal([]byte(text), &got); err != nil {
			t.Fatal(err)
		}
		for name, want := range c.want {
			if string(got[name]) != want {
				t.Errorf("%s of %v is %s, want %s", name, c.values, got[name], want)
			}
		}
	}
}

// TestQuantileError: quantiles are exact, and nothing is said of them, up to 4,096 different
// readings; with more, quantile_error says in how wide a step they lie.
func TestQuantileError(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		n      int
		format func(i int) string
		stats  []string
		want   string // in the output; "" for no quantile_error
	}{
		"few decimals":        {20_000, func(i int) string { return fmt.Sprintf("%.2f", 230+float64(i*7919%4096)/100) }, []string{"median", "p99"}, ""},
		"one more":            {20_000, func(i int) string { return fmt.Sprintf("%.2f", 230+float64(i*7919%4097)/100) }, []string{"median", "p99"}, `"quantile_error":0.015625,`},
		"no quantile":         {5000, strconv.Itoa, []string{"mean", "max"}, ""},
		"only the largest":    {5000, strconv.Itoa, []string{"p100"}, `"quantile_error":4,`},
		"a small one as well": {5000, strconv.Itoa, []string{"p1", "p10"}, `"quantile_error":0.25,`},
		"floats that are few": {5000, func(i int) string { return fmt.Sprintf("1.%025d1", i) }, []string{"median"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list []string
			for i := range c.n {
				list = append(list, c.format(i))
			}
			r := defaults()
			r.stats, r.deviation = c.stats, "none"
			f := values(list...)
			check(t, r, []file{f}, 1000)
			text, _, _ := run(t, r.options(), pipe.Report, inputs([]file{f}, "files", 1<<16))
			if strings.Contains(text, "quantile_error") != (c.want != "") || !strings.Contains(text, c.want) {
				t.Errorf("%s, want %s", text, c.want)
			}
		})
	}
}

// TestBeyondFloats: numbers that are equal as float64, or that no float64 holds, are
// still compared exactly.
func TestBeyondFloats(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{
		{"7e-324", "1e-323"},
		{"5e-324", "3e-324", "7e-324", "6e-324"},
		{"1e-1100", "2e-1100", "3e-1100"},
		{"-1.7976931348623157e308", "1.7976931348623157e308", "0"},
		{"0.1", "0.70000000000000000001", "0.39999999999999999999"},
		{"1e308", "1.2e308", "8e307"},
		{"100", "120.00000000000000000001", "79.99999999999999999999", "80", "120"},
		{"1e16", "10000000000000001", "9999999999999999", "-10000000000000001"},
	} {
		for _, deviation := range []string{"0%", "20%", "50%", "100%", "1sd", "0.5sd"} {
			for _, most := range []int{1, 2, 100} {
				r := defaults()
				r.stats, r.deviation, r.anomalies = []string{"count"}, deviation, most
				check(t, r, []file{values(list...), values(list...)}, 1000)
			}
		}
	}
}

// TestTies: of readings equally far from the mean the earliest are listed,
// whichever farther ones come between and after them.
func TestTies(t *testing.T) {
	t.Parallel()
	for _, list := range [][]string{
		{"50", "150", "50", "150", "0", "200", "50", "150"},
		{"150", "50", "50", "150", "200", "200", "0", "0"},
		{"-1", "1", "-1", "1", "-1.0", "1e0", "-2", "2"},
		{"0", "200", "50", "150", "150", "50", "300", "-100"},
		{"7", "7", "7", "7"},
	} {
		for most := range len(list) + 2 {
			r := defaults()
			r.stats, r.anomalies = []string{"mean"}, most
			check(t, r, []file{values(list...)}, 1000)
		}
	}
}

func defaultOptions() stats.Options {
	r := defaults()
	return r.options()
}

// TestNIST: NumAcc3 and NumAcc4 of NIST's Statistical Reference Datasets, which
// floating-point arithmetic gets wrong, come out exact.
func TestNIST(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ mean, low, high, whole string }{
		{"1000000.2", "1000000.1", "1000000.3", "1000000.2"},
		{"10000000.2", "10000000.1", "10000000.3", "10000000.2"},
	} {
		list := []string{c.whole}
		for range 500 {
			list = append(list, c.low, c.high)
		}
		text, _, _ := run(t, defaultOptions(), pipe.Report, inputs([]file{values(list...)}, "files", 1<<16))
		want := fmt.Sprintf(`"count":1001,"mean":%s,"min":%s,"max":%s,"sd":0.1,`, c.mean, c.low, c.high)
		if !strings.Contains(text, want) {
			t.Errorf("%s\nwant %s", text, want)
		}
	}
}

// TestLimitReached: beyond --max-groups, further fields are left out, which is
// reported once, and records of further keys are bad lines.
func TestLimitReached(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		by    [][]string
		lines string
		names []string // of the fields in the output
		used  int64
		none  int64
		bad   int64
	}{
		{nil, `{"a":1,"b":1,"c":1}{"c":1}{"b":2}{"c":3,"d":4}`, []string{`"a"`, `"b"`}, 2, 2, 0},
		{[][]string{{"k"}}, `{"k":"x","a":1}{"k":"y","b":1}{"k":"x","b":1}{"k":"z","a":1}{"k":"y","a":7,"b":1}{"k":"z"}`, []string{`"a"`, `"b"`}, 3, 1, 2},
	} {
		r := defaults()
		r.by, r.max = c.by, 2
		text, ledger, reported := run(t, r.options(), r.bad, inputs([]file{{"in", strings.ReplaceAll(c.lines, "}{", "}\n{")}}, "pipes", 100))
		var names []string
		for line := range strings.Lines(text) {
			var o struct{ Field json.RawMessage }
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatal(err)
			}
			names = append(names, string(o.Field))
		}
		if !slices.Equal(names, c.names) || ledger.Used != c.used || ledger.NoReading != c.none || ledger.Rejected != c.bad || reported.limitReached != 1 {
			t.Errorf("%s\n%+v, limit reported %d times:\n%s", c.lines, ledger, reported.limitReached, text)
		}
	}
}

// TestPlotData: the histogram counts every reading, the chart's columns show the smallest
// and the largest and count every anomaly, and the episodes are those of the model.
func TestPlotData(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.list = false
		r.stats = []string{"count", "min", "max"}
		files := drawFiles(t, &r)
		summary, _, _ := run(t, r.options(), r.bad, inputs(files, "files", 1000))
		o := r.options()
		o.Plot = true
		ofFile, _, _ := run(t, o, r.bad, inputs(files, "files", 1000))
		ofPipe, _, _ := run(t, o, r.bad, inputs(files, "pipes", 1000))
		if ofFile != ofPipe {
			t.Fatalf("of a file\n%s\nof a pipe\n%s", ofFile, ofPipe)
		}
		lines, want := strings.Split(summary, "\n"), expect(r, files)
		want.text(false) // sorts the series
		for i, line := range strings.Split(ofFile, "\n") {
			if !strings.HasPrefix(line, strings.TrimSuffix(lines[i], "}")) {
				t.Fatalf("%s\ndoes not begin with\n%s", line, lines[i])
			}
			if line != "" {
				checkPlotData(t, line)
				if r.deviation != "none" && !strings.Contains(line, want.episodesOf(want.all[i])) {
					t.Fatalf("%s\nhas not the episodes\n%s", line, want.episodesOf(want.all[i]))
				}
			}
		}
	})
}

// checkPlotData compares the plot of a line with the rest of the line.
func checkPlotData(t *rapid.T, line string) {
	var o struct {
		Count     int64
		Anomalies int64 `json:"anomaly_count"`
		Min, Max  json.Number
		Plot      struct {
			Readings  int64
			Columns   []*[4]json.Number
			Histogram struct {
				From, To float64
				Bars     int
				Counts   []int64
			}
		}
	}
	if err := json.Unmarshal([]byte(line), &o); err != nil {
		t.Fatal(err)
	}
	var n int64
	for _, c := range o.Plot.Histogram.Counts {
		n += c
	}
	from, _ := o.Min.Float64()
	to, _ := o.Max.Float64()
	h := o.Plot.Histogram
	if n != o.Count || o.Plot.Readings != o.Count || h.From > from || h.To < to || len(h.Counts)%h.Bars != 0 || h.Bars > 12 {
		t.Fatalf("%d readings in the bins: %s", n, line)
	}
	low, high, marked := 0, 0, int64(0)
	for _, c := range o.Plot.Columns {
		if c != nil && c[0] == o.Min {
			low++
		}
		if c != nil && c[1] == o.Max {
			high++
		}
		if c != nil {
			anomalies, _ := c[3].Int64()
			marked += anomalies
		}
	}
	if low == 0 || high == 0 || marked != o.Anomalies {
		t.Fatalf("%d columns with the smallest, %d with the largest reading, %d anomalies in columns: %s", low, high, marked, line)
	}
}

// plotOf is the plot of one field, whose readings are values.
func plotOf(t *testing.T, values file) (plot struct {
	Limit     string
	Mean      float64
	Low, High *float64
	Histogram struct {
		From, To float64
		Bars     int
		Counts   []int64
	}
	Episodes int64
	Largest  []struct {
		Count int64
		Worst struct{ Line int64 }
	}
},
) {
	t.Helper()
	r := defaults()
	o := r.options()
	o.Plot = true
	text, _, _ := run(t, o, pipe.Report, inputs([]file{values}, "files", 1000))
	var line struct{ Plot json.RawMessage }
	err := json.Unmarshal([]byte(text), &line)
	if err == nil {
		err = json.Unmarshal(line.Plot, &plot)
	}
	if err != nil {
		t.Fatal(err)
	}
	return plot
}

// TestHistogramHasRoundEdges: the ends of a bar are round numbers, a reading at the end of
// two bars counts in the upper one, and whole numbers have no bars in between.
func TestHistogramHasRoundEdges(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		values   []string
		from, to float64
		bars     []int64
	}{
		{[]string{"2.08472", "108.51", "10", "9.9999999999999999999", "20"}, 0, 110, []int64{2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1}},
		{[]string{"1", "2", "6", "6"}, 1, 7, []int64{1, 1, 0, 0, 0, 2}},
		{[]string{"70.1", "70.3", "70.5", "70.6", "71.1"}, 70.1, 71.1, []int64{1, 0, 1, 0, 1, 1, 0, 0, 0, 1}},
		{[]string{"-0.3", "0.3"}, -0.3, 0.3, []int64{1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
		{[]string{"5", "5"}, 5, 5, []int64{2}},
		{[]string{"-120", "5e-324"}, -120, 20, []int64{1, 0, 0, 0, 0, 0, 1}},
		{[]string{"1e300", "-1e300"}, -1e300, 1e300, []int64{1, 0, 0, 0, 0, 0, 0, 0, 0, 1}},
		{[]string{"1000000000000000000000", "1000000000000000000001"}, 1e21, 1e21, []int64{2}},
	} {
		h := plotOf(t, values(c.values...)).Histogram
		var bars []int64
		for i, n := range h.Counts {
			if i%(len(h.Counts)/h.Bars) == 0 {
				bars = append(bars, 0)
			}
			bars[len(bars)-1] += n
		}
		if h.From != c.from || h.To != c.to || !slices.Equal(bars, c.bars) {
			t.Errorf("%v: %v from %v to %v", c.values, bars, h.From, h.To)
		}
	}
}

// TestEpisodesAreBounded: of many episodes, a plot has the number and the largest hundred.
func TestEpisodesAreBounded(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 500 { // the mean is 0; the last are the largest, two of each size
		list = append(list, "0", strconv.Itoa(1000+i), "0", strconv.Itoa(-1000-i))
	}
	plot := plotOf(t, values(list...))
	if plot.Episodes != 1000 || len(plot.Largest) != 100 {
		t.Fatalf("%d episodes, %d listed", plot.Episodes, len(plot.Largest))
	}
	for i, e := range plot.Largest {
		if e.Count != 1 || e.Worst.Line != int64(4*(499-i/2)+2+i%2*2) {
			t.Fatalf("episode %d is in line %d", i, e.Worst.Line)
		}
	}
}

// TestYardstick: the plot has the mean and the two limits.
func TestYardstick(t *testing.T) {
	t.Parallel()
	plot := plotOf(t, values("100", "80", "120"))
	if plot.Limit != "20%" || plot.Mean != 100 || *plot.Low != 80 || *plot.High != 120 {
		t.Errorf("%+v", plot)
	}
}

// TestIncompleteHasNoAnomalies: a run that fails before the second pass prints the
// summary, with null for what only that pass finds.
func TestIncompleteHasNoAnomalies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		r.bad = pipe.Report
		files := drawFiles(t, &r)
		want := expect(r, files)
		out, reported := &output{}, &reports{}
		p := pipe.New(pipe.Config{Tool: "stats", Filter: stats.New(r.options()), Out: out, Reporter: reported, Digits: -1, Jobs: 3})
		list := inputs(files, "mixed", 1000)
		err := p.Run(func() (pipe.Input, error) {
			if len(list) == 0 {
				return nil, io.ErrUnexpectedEOF // the next file cannot be read
			}
			in := list[0]
			list = list[1:]
			return in, nil
		})
		incomplete := 1
		if r.deviation == "none" {
			incomplete = 0
		}
		if err != io.ErrUnexpectedEOF || reported.incomplete != incomplete {
			t.Fatalf("error %v, reported %d times that the second pass is missing", err, reported.incomplete)
		}
		if out.String() != want.text(true) {
			t.Fatalf("rules: %+v\ninput:\n%s\noutput:\n%s\nwant:\n%s", r, shown(files), out.String(), want.text(true))
		}
	})
}
