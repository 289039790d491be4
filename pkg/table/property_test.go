package table_test

import (
	"encoding/json"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"weir/pkg/table"
)

var sgr = regexp.MustCompile("\x1b\\[[0-9;]*m")

func quoted(s string) string {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// names generates names and other texts: arbitrary ones, ones with control and wide
// characters, and usual ones.
func names() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.StringOf(rapid.RuneFrom([]rune("aé温会🙂\x1b\x07\r\n\t\u0301\u200d\ufe0f\u202e\u00a0\u0085 .[31m"))),
		rapid.StringMatching(`[a-z_]{1,12}`),
		rapid.StringMatching(`[会議室温度]{10,80}`),
	)
}

// numbers generates JSON numbers and null.
func numbers() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.Map(rapid.Float64Range(-math.MaxFloat64, math.MaxFloat64), func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }),
		rapid.Map(rapid.Float64Range(-1000, 1000), func(v float64) string { return strconv.FormatFloat(v, 'f', 3, 64) }),
		rapid.Map(rapid.Int64(), func(v int64) string { return strconv.FormatInt(v, 10) }),
		rapid.Just("null"), rapid.Just("0"), rapid.Just("1e308"), rapid.Just("-1e308"), rapid.Just("5e-324"),
	)
}

// finite draws a JSON number.
func finite(t *rapid.T, label string) string {
	return numbers().Filter(func(s string) bool { return s != "null" }).Draw(t, label)
}

// drawAnomaly draws the members of an anomaly.
func drawAnomaly(t *rapid.T) string {
	var members []string
	for _, name := range []string{"value", "deviation", "percent"} {
		members = append(members, quoted(name)+":"+numbers().Draw(t, name))
	}
	if rapid.Bool().Draw(t, "has time") {
		members = append(members, `"timestamp":`+quoted(names().Draw(t, "time")))
	}
	if rapid.Bool().Draw(t, "has location") {
		members = append(members, `"file":`+quoted(names().Draw(t, "file")), `"line":`+strconv.Itoa(rapid.IntRange(1, 1e9).Draw(t, "line")))
	}
	return strings.Join(members, ",")
}

// drawPlot draws the member that pictures are drawn from.
func drawPlot(t *rapid.T) string {
	column := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 9).Draw(t, "column") {
		case 0:
			return "null"
		case 1:
			return "[" + finite(t, "low") + "," + finite(t, "high") + "]"
		}
		return "[" + finite(t, "low") + "," + finite(t, "high") + "," + finite(t, "mean") + "," + strconv.Itoa(rapid.IntRange(0, 2).Draw(t, "anomalies")) + "]"
	})
	var members []string
	add := func(name, value string) {
		if rapid.IntRange(0, 4).Draw(t, "has "+name) > 0 {
			members = append(members, quoted(name)+":"+value)
		}
	}
	add("readings", strconv.Itoa(rapid.IntRange(0, 1e9).Draw(t, "readings")))
	second := rapid.OneOf(rapid.Int64Range(-62e9, 253e9), rapid.Int64Range(1.7e9, 1.7e9+1e5))
	add("start", strconv.FormatInt(second.Draw(t, "start"), 10))
	add("end", strconv.FormatInt(second.Draw(t, "end"), 10)+".25")
	add("zone", quoted(rapid.SampledFrom([]string{"", "Europe/Berlin", "nowhere"}).Draw(t, "zone")))
	add("limit", quoted(rapid.OneOf(names(), rapid.SampledFrom([]string{"20%", "3sd"})).Draw(t, "limit")))
	for _, name := range []string{"mean", "low", "high"} {
		add(name, numbers().Draw(t, name))
	}
	add("columns", "["+strings.Join(rapid.SliceOfN(column, 0, 240).Draw(t, "columns"), ",")+"]")
	counts, _ := json.Marshal(rapid.SliceOfN(rapid.Uint32Range(0, 1e6), 0, 60).Draw(t, "counts"))
	add("histogram", `{"from":`+finite(t, "from")+`,"to":`+finite(t, "to")+`,"bars":`+strconv.Itoa(rapid.IntRange(0, 60).Draw(t, "bars"))+`,"counts":`+string(counts)+`}`)
	episode := rapid.Custom(func(t *rapid.T) string {
		return `{"from":` + quoted(names().Draw(t, "from")) + `,"to":` + quoted(names().Draw(t, "to")) + `,"count":` + strconv.Itoa(rapid.IntRange(1, 1e6).Draw(t, "count")) + `,"worst":{` + drawAnomaly(t) + "}}"
	})
	all := rapid.SliceOfN(episode, 0, 15).Draw(t, "episodes")
	add("episodes", strconv.Itoa(len(all)*rapid.IntRange(1, 50).Draw(t, "times")))
	add("largest", "["+strings.Join(all, ",")+"]")
	return "{" + strings.Join(members, ",") + "}"
}

// drawLine draws a line of stats, or one of stats --list.
func drawLine(t *rapid.T) string {
	var members []string
	add := func(name, value string) { members = append(members, quoted(name)+":"+value) }
	for range rapid.IntRange(0, 2).Draw(t, "keys") {
		add(names().Draw(t, "key"), quoted(names().Draw(t, "value")))
	}
	add("field", quoted(names().Draw(t, "field")))
	if rapid.IntRange(0, 3).Draw(t, "list") == 0 {
		return "{" + strings.Join(members, ",") + "," + drawAnomaly(t) + "}\n"
	}
	for _, name := range rapid.SliceOfN(rapid.SampledFrom([]string{"count", "mean", "min", "max", "sd", "sum", "median", "p99.9", "last"}), 1, 11).Draw(t, "statistics") {
		add(name, numbers().Draw(t, name))
	}
	if rapid.Bool().Draw(t, "approximate") {
		add("quantile_error", numbers().Draw(t, "quantile_error"))
	}
	for _, name := range []string{"from", "to"} {
		if rapid.Bool().Draw(t, name) {
			add(name, quoted(names().Draw(t, name)))
		}
	}
	if rapid.Bool().Draw(t, "has anomalies") {
		all := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) string { return "{" + drawAnomaly(t) + "}" }), 0, 15).Draw(t, "anomalies")
		add("anomaly_count", strconv.Itoa(len(all)*rapid.IntRange(1, 50).Draw(t, "times")))
		add("anomalies", "["+strings.Join(all, ",")+"]")
	}
	if rapid.Bool().Draw(t, "has charts") {
		add("plot", drawPlot(t))
	}
	return "{" + strings.Join(members, ",") + "}\n"
}

func drawLines(t *rapid.T) string {
	return strings.Join(rapid.SliceOfN(rapid.Custom(drawLine), 1, 4).Draw(t, "lines"), "")
}

// TestOutputIsSafeAndFits: for all lines, no line of the output is wider than the
// terminal, none has control characters, and with ASCII all characters are ASCII.
func TestOutputIsSafeAndFits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		o := table.Options{Width: rapid.IntRange(1, 150).Draw(t, "width"), Height: rapid.IntRange(0, 60).Draw(t, "height"), Color: rapid.Bool().Draw(t, "color"), ASCII: rapid.Bool().Draw(t, "ascii")}
		lines := drawLines(t)
		got := render(t, o, lines)
		for line := range strings.Lines(lines) {
			if strings.Contains(got, strings.TrimSuffix(line, "\n")) {
				t.Fatalf("copied instead of drawn: %s", line)
			}
		}
		if o.Color {
			got = sgr.ReplaceAllString(got, "")
		}
		for line := range strings.SplitSeq(got, "\n") {
			w := runewidth.StringWidth(line)
			if w > o.Width {
				t.Fatalf("%d columns on a terminal of %d: %q", w, o.Width, line)
			}
			for _, r := range line {
				if !unicode.IsPrint(r) || r&^15 == 0xfe00 || o.ASCII && r > '~' {
					t.Fatalf("%q in %q", r, line)
				}
			}
		}
	})
}

// TestPieces: the output does not depend on how the input is divided into writes,
// and a line without an end is not drawn.
func TestPieces(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lines := drawLines(t) + "something else\n" + drawLines(t)
		o := table.Options{Width: 50}
		want := render(t, o, lines)
		s := &screen{}
		w := table.New(s, o)
		for rest := lines + `{"field":"unfinished"`; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(t, "piece")
			m, err := w.Write([]byte(rest[:n]))
			if m != n || err != nil {
				t.Fatalf("Write: %d of %d, %v", m, n, err)
			}
			rest = rest[n:]
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		if s.String() != want {
			t.Fatalf("in pieces\n%s\nin one write\n%s", s.String(), want)
		}
	})
}

// chart is a chart over time, read back from the output.
type chart struct {
	dots  [][]bool // by row and column
	marks []bool   // by cell
}

// dotsOf returns the dots of a glyph, by row and column. It is written from the
// names of the block elements in Unicode, independently of package table.
func dotsOf(r rune, ascii bool) [][]bool {
	if ascii {
		return map[rune][][]bool{
			' ': {{false}, {false}, {false}}, '\'': {{true}, {false}, {false}}, '-': {{false}, {true}, {false}},
			'.': {{false}, {false}, {true}}, '|': {{true}, {true}, {true}},
		}[r]
	}
	in := func(set string) bool { return strings.ContainsRune(set, r) }
	return [][]bool{{in("▘▀▌▛▙▚▜█"), in("▝▀▐▜▟▞▛█")}, {in("▖▄▌▙▛▞▟█"), in("▗▄▐▟▜▚▙█")}}
}

// readChart reads the chart of a block back. The chart ends at its axis, which begins
// where the labels of the values end.
func readChart(t rapid.TB, output string, ascii bool) chart {
	t.Helper()
	axis, mark, height := regexp.MustCompile("^( *)([─┬▴]+)$"), '▴', 2
	if ascii {
		axis, mark, height = regexp.MustCompile("^( *)([-+^]+)$"), '^', 3
	}
	lines := strings.Split(output, "\n")[4:] // after the heading, two lines of statistics and an empty one
	end := slices.IndexFunc(lines, axis.MatchString)
	if end < 0 {
		t.Fatalf("no axis in\n%s", output)
	}
	m := axis.FindStringSubmatch(lines[end])
	var p chart
	for _, r := range m[2] {
		p.marks = append(p.marks, r == mark)
	}
	for _, line := range lines[:end] {
		rows := make([][]bool, height)
		for x, r := range []rune(line) {
			if x < len(m[1]) {
				continue
			}
			for y, cells := range dotsOf(r, ascii) {
				rows[y] = append(rows[y], cells...)
			}
		}
		p.dots = append(p.dots, rows...)
	}
	return p
}

func (p chart) at(x, y int) bool {
	return y >= 0 && y < len(p.dots) && x >= 0 && x < len(p.dots[y]) && p.dots[y][x]
}

// width returns the number of columns of dots.
func (p chart) width() (n int) {
	for _, row := range p.dots {
		n = max(n, len(row))
	}
	return n
}

// TestNoSpikeHides: for all numbers of columns and all widths, there are dots at the
// minimum and the maximum of every column, and a spike is marked.
func TestNoSpikeHides(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ascii := rapid.Bool().Draw(t, "ascii")
		base := rapid.SliceOfN(rapid.IntRange(400, 420), 5, 240).Draw(t, "base")
		pairs := make([][2]int, len(base))
		for i, v := range base {
			pairs[i] = [2]int{v, v + rapid.IntRange(0, 20).Draw(t, "span")}
		}
		spike := rapid.IntRange(0, len(base)-1).Draw(t, "spike")
		if rapid.Bool().Draw(t, "up") {
			pairs[spike][1] = 999
		} else {
			pairs[spike][0] = 100
		}
		o := table.Options{Width: rapid.IntRange(15, 140).Draw(t, "width"), Height: rapid.IntRange(1, 80).Draw(t, "height"), ASCII: ascii}
		hi, lo := 0, 1000
		for _, p := range pairs {
			lo, hi = min(lo, p[0]), max(hi, p[1])
		}
		spark, _ := json.Marshal(pairs)
		shown := render(t, o, `{"field":"f","count":1,"plot":{"columns":`+string(spark)+"}}\n")
		p := readChart(t, shown, ascii)
		width, height := float64(p.width()), len(p.dots)
		for i, pair := range pairs {
			x := (float64(i) + .5) / float64(len(pairs)) * width
			for _, v := range pair {
				y := int(math.Round(float64(hi-v) / float64(hi-lo) * float64(height-1)))
				if !p.at(int(x)-1, y) && !p.at(int(x), y) && !p.at(int(x)+1, y) {
					t.Fatalf("column %d of %v: %d has no dot at column %v, row %d of\n%s", i, pairs, v, x, y, shown)
				}
			}
		}
		marked := false
		cell := map[bool]int{false: 2, true: 1}[ascii]
		at := int((float64(spike) + .5) / float64(len(pairs)) * width / float64(cell))
		for x := at - 1; x <= at+1; x++ {
			marked = marked || x >= 0 && x < len(p.marks) && p.marks[x]
		}
		if !marked {
			t.Fatalf("column %d, %v, is not marked in\n%s", spike, pairs[spike], shown)
		}
	})
}

// TestNoMarkWithoutOutlier: a sine has no outliers.
func TestNoMarkWithoutOutlier(t *testing.T) {
	t.Parallel()
	var pairs [][2]float64
	for i := range 200 {
		v := math.Sin(float64(i) / 10)
		pairs = append(pairs, [2]float64{v, v + .1})
	}
	spark, _ := json.Marshal(pairs)
	shown := render(t, table.Options{Width: 100}, `{"field":"f","count":1,"plot":{"columns":`+string(spark)+"}}\n")
	if strings.Contains(shown, "▴") {
		t.Errorf("a sine is marked:\n%s", shown)
	}
}

var barLine = regexp.MustCompile(`^ *[-0-9.,e]+(?: [–-] +[-0-9.,e]+)?  ([▏▎▍▌▋▊▉█#|]*) +([0-9,]+)(?:  (?:←|<-) ([0-9,]+ )?isolated)?$`)

// TestEveryBinHasABar: the counts add up to all readings, a line has a bar exactly
// if its count is not 0, and a larger count has no shorter bar.
func TestEveryBinHasABar(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ascii := rapid.Bool().Draw(t, "ascii")
		n := rapid.OneOf(rapid.Just(uint32(0)), rapid.Uint32Range(0, 3), rapid.Uint32Range(0, 1e9))
		counts := rapid.SliceOfN(n, 1, 60).Draw(t, "counts")
		text, _ := json.Marshal(counts)
		shown := render(t, table.Options{Width: rapid.IntRange(45, 140).Draw(t, "width"), ASCII: ascii},
			`{"field":"f","count":1,"plot":{"histogram":{"from":-5,"to":20,"counts":`+string(text)+"}}}\n")
		var total, sum, most, longest int
		for _, c := range counts {
			total += int(c)
		}
		for _, line := range strings.Split(strings.TrimSuffix(shown, "\n"), "\n")[4:] {
			m := barLine.FindStringSubmatch(line)
			if m == nil {
				t.Fatalf("not a bar: %q", line)
			}
			count, err := strconv.Atoi(strings.ReplaceAll(m[2], ",", ""))
			if err != nil || count > 0 != (m[1] != "") {
				t.Fatalf("%q", line)
			}
			length := len([]rune(m[1]))
			if count > most && length < longest {
				t.Fatalf("%q is shorter than that of %d", line, most)
			} else if count > most {
				most, longest = count, length
			}
			sum += count
		}
		if sum != total {
			t.Fatalf("%d of %d readings in\n%s", sum, total, shown)
		}
	})
}

// TestHistogramOutliers: a few readings with empty bins around them are outliers,
// wherever the body of the distribution is; the body itself and readings close to
// it are not.
func TestHistogramOutliers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		counts := make([]uint32, 48)
		body := rapid.IntRange(0, 30).Draw(t, "body")
		for i := range 10 {
			counts[body+i] = rapid.Uint32Range(50, 1000).Draw(t, "count")
		}
		outlier := rapid.IntRange(0, 47).Filter(func(i int) bool { return i < body-3 || i > body+12 }).Draw(t, "outlier")
		counts[outlier] = rapid.Uint32Range(0, 3).Draw(t, "outliers")
		edge := body + rapid.SampledFrom([]int{-2, 11}).Draw(t, "edge")
		if edge >= 0 && edge < len(counts) && (edge < outlier-3 || edge > outlier+3) {
			counts[edge] = rapid.Uint32Range(0, 1).Draw(t, "at the edge")
		}
		text, _ := json.Marshal(counts)
		shown := render(t, table.Options{Width: 60}, `{"field":"f","count":1,"plot":{"histogram":{"from":0,"to":96,"counts":`+string(text)+"}}}\n")
		marks := strings.Count(shown, "← isolated")
		if marks != int(min(1, counts[outlier])) {
			t.Fatalf("%d marks in\n%s", marks, shown)
		}
	})
}

// TestWideCharactersAlign: columns end at the same position in all rows, even after
// characters of different widths.
func TestWideCharactersAlign(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune("a温度室é🙂Ж❤\ufe0f")), 1, 8, -1), 2, 9).Draw(t, "keys")
		var lines strings.Builder
		for _, key := range keys {
			lines.WriteString(`{"k":` + quoted(key) + `,"field":"v","timestamp":"t","value":5,"deviation":1,"percent":30,"file":"f","line":1}` + "\n")
		}
		at := -1
		for line := range strings.Lines(render(t, table.Options{Width: 90}, lines.String())) {
			before, _, ok := strings.Cut(line, " the mean")
			w := runewidth.StringWidth(before)
			if !ok || at >= 0 && w != at {
				t.Fatalf("%q ends at column %d, want %d", before, w, at)
			}
			at = w
		}
	})
}

// TestNumbersReadBack: a number that is shown has six correct digits, and is exact if
// it is a whole number below 10^15.
func TestNumbersReadBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := finite(t, "number")
		shown := strings.Fields(strings.Split(render(t, table.Options{Width: 60}, `{"field":"f","sum":`+text+"}\n"), "\n")[2])
		want, _ := strconv.ParseFloat(text, 64)
		got, err := strconv.ParseFloat(strings.ReplaceAll(shown[0], ",", ""), 64)
		whole := want == math.Trunc(want) && math.Abs(want) < 1e15
		if err != nil || len(shown) != 1 || math.Abs(got-want) > 5.1e-6*math.Abs(want) && want != 5e-324 || whole && got != want {
			t.Fatalf("%s is shown as %q", text, shown)
		}
	})
}

// FuzzWriter: for all lines, the output is the line itself, or the line was JSON and
// the output fits the terminal and has no control characters.
func FuzzWriter(f *testing.F) {
	f.Add(`{"k":"a","field":"v","count":3,"plot":{"columns":[[1,2],null],"histogram":{"from":1,"to":1,"counts":[1]}},"anomaly_count":1,"anomalies":[{"value":1}]}`)
	f.Add(`{"field":"v","value":1,"deviation":1,"percent":1,"file":"f","line":1}`)
	f.Add(`{"field":"v","anomaly_count":null,"anomalies":null,"from":"a","to":"b"}`)
	f.Add("{\"field\":\"\x1b[2J\",\"sum\":1}")
	f.Fuzz(func(t *testing.T, line string) {
		line = strings.ReplaceAll(line, "\n", " ") + "\n"
		shown := render(t, table.Options{Width: 30}, line)
		if shown == line {
			return
		}
		if !json.Valid([]byte(line)) {
			t.Fatalf("%q became %q", line, shown)
		}
		for s := range strings.SplitSeq(shown, "\n") {
			if runewidth.StringWidth(s) > 30 || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("%q became %q", line, shown)
			}
		}
	})
}
