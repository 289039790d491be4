package table_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"github.com/mattn/go-runewidth"
	"pgregory.net/rapid"

	"weir/pkg/table"
)

// TestMain makes the widths of characters independent of the locale.
func TestMain(m *testing.M) {
	text.OverrideRuneWidthEastAsianWidth(false)
	runewidth.DefaultCondition.EastAsianWidth = false
	os.Exit(m.Run())
}

// screen is an Output. If failAt is not 0, its calls fail from that one on.
type screen struct {
	bytes.Buffer
	flushes, calls, failAt int
}

var errGone = errors.New("gone")

func (s *screen) call() error {
	s.calls++
	if s.failAt > 0 && s.calls >= s.failAt {
		return errGone
	}
	return nil
}

func (s *screen) Write(p []byte) (int, error) {
	if err := s.call(); err != nil {
		return 0, err
	}
	return s.Buffer.Write(p)
}

func (s *screen) Flush() error {
	s.flushes++
	return s.call()
}

// render returns what a Writer makes of lines.
func render(t rapid.TB, o table.Options, lines string) string {
	t.Helper()
	s := &screen{}
	w := table.New(s, o)
	n, err := w.Write([]byte(lines))
	if n != len(lines) || err != nil {
		t.Fatalf("Write: %d, %v", n, err)
	}
	if err := w.Flush(); err != nil || s.flushes != 1 {
		t.Fatalf("Flush: %v, %d flushes", err, s.flushes)
	}
	return s.String()
}

// TestGoldens compares the output with testdata/*.txt; -update writes these files.
func TestGoldens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in string
		o  table.Options
	}{
		{"taxi", table.Options{Width: 100}},
		{"taxi", table.Options{Width: 40}},
		{"machine", table.Options{Width: 80}},
		{"machine", table.Options{Width: 40, ASCII: true}},
		{"spike", table.Options{Width: 60, Color: true}},
		{"spike", table.Options{Width: 60, ASCII: true}},
		{"few", table.Options{Width: 100}},
		{"few", table.Options{Width: 40, Color: true, ASCII: true}},
		{"list", table.Options{Width: 100}},
		{"list", table.Options{Width: 40}},
	} {
		name := fmt.Sprintf("%s_%d", c.in, c.o.Width)
		if c.o.Color {
			name += "_color"
		}
		if c.o.ASCII {
			name += "_ascii"
		}
		t.Run(name, func(t *testing.T) {
			in, err := os.ReadFile(filepath.Join("testdata", c.in+".jsonl"))
			if err != nil {
				t.Fatal(err)
			}
			got := strings.ReplaceAll(render(t, c.o, string(in)), "\x1b", "␛")
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

var update = flag.Bool("update", false, "write testdata/*.txt")

// TestOtherLinesAreCopied: a line that is not one of stats is copied unchanged, in
// its position.
func TestOtherLinesAreCopied(t *testing.T) {
	t.Parallel()
	good := `{"field":"a","count":1}` + "\n"
	shown := render(t, table.Options{Width: 20}, good)
	if shown == good || !strings.Contains(shown, "count") {
		t.Fatalf("%q is shown as %q", good, shown)
	}
	for _, line := range []string{
		"", "not JSON", "[1]", "{}", `{"a":1}`, `{"field":"a"}`, `{"field":1,"count":1}`, `{"field":null,"count":1}`,
		`{"field":"a","count":"1"}`, `{"field":"a","count":1} {}`, `{"field":"a","count":1`, `{"field":"a","other":true}`,
		`{"field":"a","count":1e999}`, `{"k":[1],"field":"a","count":1}`, `{"k":{},"field":"a","count":1}`,
		`{"field":"a","from":{}}`, `{"field":"a","to":[]}`, `{"field":"a","anomaly_count":-1}`,
		`{"field":"a","anomalies":{}}`, `{"field":"a","anomalies":[1]}`, `{"field":"a","anomalies":[{"other":1}]}`,
		`{"field":"a","anomalies":[{"value":"x"}]}`, `{"field":"a","anomalies":[{"line":1.5}]}`,
		`{"field":"a","plot":1}`, `{"field":"a","plot":{"other":1}}`, `{"field":"a","plot":{"readings":-1}}`, `{"field":"a","plot":{"limit":1}}`,
		`{"field":"a","plot":{"columns":[[1]]}}`, `{"field":"a","plot":{"columns":[[1,2,3]]}}`, `{"field":"a","plot":{"columns":[[null,1]]}}`,
		`{"field":"a","plot":{"histogram":[]}}`, `{"field":"a","plot":{"histogram":{"from":"x"}}}`, `{"field":"a","plot":{"histogram":{"counts":[-1]}}}`,
		`{"field":"a","plot":{"histogram":{"from":1,"to":2,"counts":[9223372036854775807,9223372036854775807]}}}`,
		`{"field":"a","plot":{"episodes":1.5}}`, `{"field":"a","plot":{"largest":[1]}}`, `{"field":"a","plot":{"largest":[{"other":1}]}}`,
		`{"field":"a","value":1,"deviation":2,"count":1}`, "\x1b[31m\xff", "{\"field\":\"\xff\",\"count\":1}",
		`{"field":"a","anomalies":[null]}`, `{"field":"a","value":1,"deviation":2,"file":3}`, `{"field":"a","count":` + strings.Repeat("[", 301) + strings.Repeat("]", 301) + "}",
	} {
		line += "\n"
		got, want := render(t, table.Options{Width: 20}, good+line+good), shown+line+"\n"+shown
		if got != want {
			t.Errorf("%q is shown as %q, want %q", line, got, want)
		}
	}
}

// TestStatistics: all statistics are shown, known ones or not, in the order of the
// line, with a dash for null. The text of a key shows its type.
func TestStatistics(t *testing.T) {
	t.Parallel()
	got := render(t, table.Options{Width: 80},
		`{"field":"f","count":7,"n":null,"b":"1","s":"x y","field":"v","p99.9":12345.678,"count":1234567,"sd":null,"first":-0.00001,"sum":12345678901234567890}`+"\n")
	want := `v  field=f  count=7  n=null  b="1"  s=x y ` + strings.Repeat("─", 80-42) + "\n" +
		"   p99.9      count  sd   first         sum\n12,345.7  1,234,567   –  -1e-05  1.23457e19\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestQuantileError: how exact quantiles are is no column, but a line of its own.
func TestQuantileError(t *testing.T) {
	t.Parallel()
	got := render(t, table.Options{Width: 60}, `{"field":"v","count":5000,"median":50.0003,"quantile_error":0.000030517578125,"from":null,"to":null}`+"\n")
	want := "v " + strings.Repeat("─", 58) + "\ncount   median\n5,000  50.0003\nquantiles are within 3.05176e-05 of the exact ones\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestAnomalies: the title, the selection of the largest, and the units.
func TestAnomalies(t *testing.T) {
	t.Parallel()
	many := make([]string, 12)
	for i := range many { // the largest are the first, and t02 to t10
		many[i] = fmt.Sprintf(`{"timestamp":"t%02d","value":%d,"deviation":%d,"percent":null,"file":"f","line":%d}`, i, i, -i-100, i+1)
	}
	many[0] = strings.Replace(many[0], "-100", "1000", 1)
	many[11] = strings.Replace(many[11], "-111", "-102", 1) // as large as t02, but later
	equal := make([]string, 100)
	for i := range equal {
		equal[i] = fmt.Sprintf(`{"timestamp":"t%02d","value":1,"deviation":%d,"percent":50}`, i, i%3/2+1)
	}
	for _, c := range []struct {
		members    string
		has, lacks []string
	}{
		{`"anomaly_count":100,"anomalies":[` + strings.Join(equal, ",") + `]`, []string{"t02", "t05", "t29"}, []string{"t00", "t32"}},
		{`"count":1`, nil, []string{"anomal"}},
		{`"anomaly_count":0,"anomalies":[]`, []string{"no anomalies"}, []string{"stats"}},
		{`"anomaly_count":null,"anomalies":null`, []string{"anomalies unknown: no second pass"}, []string{"no anomalies"}},
		{`"anomaly_count":5,"anomalies":[]`, []string{"5 anomalies", "add --list to print them"}, []string{"more"}},
		{`"anomaly_count":1,"anomalies":[{"timestamp":null,"value":null,"deviation":null,"percent":null}]`, []string{"1 anomaly\n", "–  too large to show"}, nil},
		{`"anomaly_count":1,"anomalies":[{"timestamp":12,"value":0.5,"deviation":0.25,"percent":1e9}]`, []string{"12  0.5  1,000,000,000 % above"}, nil},
		{`"anomaly_count":1,"anomalies":[{"value":1,"deviation":-3,"percent":0.01}]`, []string{"1  0.01 % below the mean"}, nil},
		{
			`"anomaly_count":4000,"anomalies":[` + strings.Join(many, ",") + `]`,
			[]string{
				"4,000 anomalies, the 10 largest, in input order:\nt00   0  1,000 above the mean  f:1\nt02   2    102 below the mean  f:3\n",
				"t10  10    110 below the mean  f:11\nand 3,990 more (add --list to print all)\n",
			},
			[]string{"t01", "t11"},
		},
	} {
		got := render(t, table.Options{Width: 80}, `{"field":"v",`+c.members+"}\n")
		for _, s := range c.has {
			if !strings.Contains(got, s) {
				t.Errorf("%s: no %q in\n%s", c.members, s, got)
			}
		}
		for _, s := range c.lacks {
			if strings.Contains(got, s) {
				t.Errorf("%s: %q in\n%s", c.members, s, got)
			}
		}
	}
}

// withEpisodes is the line of a field with n anomalies among 1000 readings, each an episode
// of its own.
func withEpisodes(n int) string {
	var all []string
	for i := range n {
		worst := fmt.Sprintf(`{"timestamp":"2024-05-06T08:%02d:30Z","value":%d.5,"deviation":%d,"percent":%d,"file":"long/way/to/in.jsonl","line":%d}`, i, 900-i, 800-i, 80-i, i+1)
		all = append(all, fmt.Sprintf(`{"from":"2024-05-06T08:%02d:00Z","to":"2024-05-06T09:%02d:00Z","count":1000,"worst":%s}`, i, i, worst))
	}
	return fmt.Sprintf(`{"field":"v","anomaly_count":%d,"anomalies":[],"plot":{"readings":1000,"limit":"20%%","mean":100,"low":80,"high":120,"episodes":%d,"largest":[%s]}}`+"\n",
		max(n, 400*min(n/20, 1)), n, strings.Join(all, ","))
}

// TestEpisodes: the largest are listed first, with the worst reading of each; what does not
// fit is left out, numbers last.
func TestEpisodes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		n, width int
		want     string
	}{
		{2, 100, "▴ 2 anomalies in 2 episodes, the largest first:\n" +
			"episode                          readings  worst  from the mean  file:line\n" +
			"2024-05-06T08:00:00Z – 09:00:00     1,000  900.5        +80.0 %  long/way/to/in.jsonl:1\n" +
			"2024-05-06T08:01:00Z – 09:01:00     1,000  899.5        +79.0 %  long/way/to/in.jsonl:2\n"},
		{1, 80, "▴ 1 anomaly\n" +
			"episode                          readings  worst  from the mean  file:line\n" +
			"2024-05-06T08:00:00Z – 09:00:00     1,000  900.5        +80.0 %  …/to/in.jsonl:1\n"},
		{1, 70, "▴ 1 anomaly\n" +
			"episode                          readings  worst  from the mean\n" +
			"2024-05-06T08:00:00Z – 09:00:00     1,000  900.5        +80.0 %\n"},
		{1, 40, "▴ 1 anomaly\n2024-05-06T08:00:00Z – 09:00:00\n  1,000 readings, worst 900.5 (+80.0 %)\n"},
		{20, 70, "More than a third of all readings are anomalies: 20% does not suit\n" +
			"these values. Try --deviation 3sd, which finds at most one in nine.\n" +
			"▴ 400 anomalies in 20 episodes, the largest first (10 shown):\n"},
	} {
		got := render(t, table.Options{Width: c.width}, withEpisodes(c.n))
		if !strings.Contains(got, c.want) {
			t.Errorf("%d columns: got\n%s\nwant\n%s", c.width, got, c.want)
		}
	}
}

// TestReadingsAreCounted: an axis without times has whole numbers of readings.
func TestReadingsAreCounted(t *testing.T) {
	t.Parallel()
	for n := 2; n < 40; n++ {
		columns := strings.Repeat(",[1,1,1,0],[2,2,2,0]", n)[1:]
		got := render(t, table.Options{Width: 100}, fmt.Sprintf(`{"field":"v","count":%d,"plot":{"readings":%[1]d,"columns":[%s]}}`+"\n", n, columns))
		lines := strings.Split(strings.TrimRight(got, "\n"), "\n")
		ticks := strings.Fields(lines[len(lines)-1])
		for _, s := range ticks {
			_, err := strconv.Atoi(s)
			if err != nil {
				t.Errorf("%d readings: %q", n, ticks)
			}
		}
	}
}

// TestMarksAreExplained: what marks on the axis are is said below, also if stats looks for no anomalies.
func TestMarksAreExplained(t *testing.T) {
	t.Parallel()
	for columns, want := range map[string]bool{"[1,1],[2,2],[1,1],[2,2],[99,99],[1,1]": true, "[1,1],[2,2],[1,1],[2,2]": false} {
		got := render(t, table.Options{Width: 80, ASCII: true}, fmt.Sprintf(`{"field":"v","count":6,"plot":{"readings":6,"columns":[%s]}}`+"\n", columns))
		if strings.Contains(got, "\n^ outliers: far from most other readings\n") != want {
			t.Errorf("explained: %v, want %v:\n%s", !want, want, got)
		}
	}
}

// TestBlockFitsTheScreen: with its chart, a block has as many lines as the screen, less one for
// the prompt, unless the chart would be too high or too low for its width.
func TestBlockFitsTheScreen(t *testing.T) {
	t.Parallel()
	line := `{"field":"v","count":1,"plot":{"start":0,"end":60,"columns":[[1,2],[5,9],[3,4],[1,1],[0,3]],"histogram":{"from":0,"to":9,"counts":[1,2,3,4]}}}` + "\n"
	for _, c := range []struct{ width, height, want int }{
		{80, 24, 23}, {80, 28, 27}, {80, 100, 3 + 1 + 16 + 2 + 1 + 4}, {120, 100, 3 + 1 + 24 + 2 + 1 + 4}, {80, 10, 3 + 1 + 3 + 2 + 1 + 4},
	} {
		got := render(t, table.Options{Width: c.width, Height: c.height}, line)
		n := strings.Count(got, "\n")
		if n != c.want {
			t.Errorf("%d lines on %d by %d, want %d:\n%s", n, c.width, c.height, c.want, got)
		}
	}
}

// TestSmallSets: a single reading has no chart, equal ones no histogram, and readings without
// times say so.
func TestSmallSets(t *testing.T) {
	t.Parallel()
	for line, c := range map[string]struct{ has, lacks string }{
		`{"field":"v","count":1,"plot":{"readings":1,"columns":[[5,5]],"histogram":{"from":5,"to":5,"bars":1,"counts":[1]}}}`:                   {"count\n", "▘"},
		`{"field":"v","count":9,"plot":{"readings":9,"start":0,"end":9,"columns":[[5,5]],"histogram":{"from":5,"to":5,"bars":1,"counts":[9]}}}`: {"5 ▄▄▄", "█"},
		`{"field":"v","count":9,"plot":{"readings":9,"columns":[[5,6]],"histogram":{"from":5,"to":6,"bars":1,"counts":[9]}}}`:                   {"not all of them have a time", "00:00"},
	} {
		got := render(t, table.Options{Width: 80}, line+"\n")
		if !strings.Contains(got, c.has) || strings.Contains(got, c.lacks) {
			t.Errorf("%s: got\n%s\nwant %q in it, not %q", line, got, c.has, c.lacks)
		}
	}
}

// TestListIsOneTable: for all numbers of rows, and with flushes between them, there
// is one header, and no row is missing.
func TestListIsOneTable(t *testing.T) {
	t.Parallel()
	s := &screen{}
	w := table.New(s, table.Options{Width: 80})
	const rows = 1003
	for i := range rows {
		fmt.Fprintf(w, `{"k":"a","field":"v","timestamp":"t","value":%d,"deviation":-5,"percent":-50,"file":"f","line":%d}`+"\n", 1000+i, i)
		if i == 2 || i == 700 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
			got := strings.Count(s.String(), "\n")
			if got != i+2 {
				t.Fatalf("%d lines are shown after %d rows and a flush", got, i+1)
			}
		}
	}
	got := strings.Count(s.String(), "\n")
	if got < rows-300 {
		t.Errorf("%d of %d rows are shown before Flush: too many are held", got, rows)
	}
	if err := w.Flush(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(s.String(), "\n"), "\n")
	if len(lines) != rows+1 {
		t.Fatalf("%d lines", len(lines))
	}
	want := "time  k  field  value          from the mean  file:line"
	if lines[0] != want {
		t.Errorf("header: %q, want %q", lines[0], want)
	}
	for i, line := range lines[1:] {
		want := fmt.Sprintf("t     a  v      %d,%03d  50.0 %% below the mean  f:%d", 1+i/1000, i%1000, i)
		if line != want {
			t.Fatalf("row %d: %q, want %q", i, line, want)
		}
	}
}

// TestTruncationIsVisible: a truncated text has an ellipsis, and a number is only
// truncated where the terminal is narrower than the number.
func TestTruncationIsVisible(t *testing.T) {
	t.Parallel()
	line := `{"machine":"press","field":"temperature","timestamp":"2014-07-01 01:30:00","value":123.456,"deviation":-5,"percent":-50,"file":"f","line":7}` + "\n"
	got, want := render(t, table.Options{Width: 40}, line), "2014-07-01 01:30:00  press  temperature\n  123.456  50.0 % below the mean\n  f:7\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	got, want = render(t, table.Options{Width: 8}, line), "2014-07…\n  123.4…\n  f:7\n"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestOutputError: all calls after the first error of the output return it.
func TestOutputError(t *testing.T) {
	t.Parallel()
	for failAt := 1; failAt <= 3; failAt++ {
		w := table.New(&screen{failAt: failAt}, table.Options{Width: 40})
		var err error
		for range 3 {
			if err == nil {
				_, err = w.Write([]byte("other\n"))
			}
		}
		if !errors.Is(err, errGone) || !errors.Is(w.Flush(), errGone) {
			t.Errorf("failing from call %d on: %v, then %v", failAt, err, w.Flush())
		}
	}
	w := table.New(&screen{failAt: 2}, table.Options{Width: 40})
	_, err := w.Write([]byte("other\n"))
	if err != nil || !errors.Is(w.Flush(), errGone) {
		t.Error("Flush does not return the error of Output.Flush")
	}
}

func TestCapabilities(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		env           string
		color         string
		colour, ascii bool
	}{
		{"TERM=xterm LANG=en_US.UTF-8", "auto", true, false},
		{"TERM=xterm LANG=en_US.UTF-8", "never", false, false},
		{"TERM=xterm LANG=en_US.UTF-8 NO_COLOR=1", "auto", false, false},
		{"TERM=xterm LANG=en_US.UTF-8 NO_COLOR=1", "always", true, false},
		{"TERM=dumb LANG=C.utf8", "auto", false, false},
		{"TERM=dumb LANG=C.utf8", "always", true, false},
		{"LANG=C.UTF-8", "auto", false, false},
		{"TERM=xterm", "auto", true, true},
		{"TERM=xterm LANG=de_DE.UTF-8 LC_CTYPE=C", "auto", true, true},
		{"TERM=xterm LC_CTYPE=de_DE.UTF-8 LC_ALL=POSIX", "auto", true, true},
		{"TERM=xterm LANG=C LC_ALL=ja_JP.UTF-8", "auto", true, false},
		{"TERM=xterm LANG=de_DE.ISO-8859-1", "auto", true, true},
		{"TERM=linux LANG=de_DE.UTF-8", "auto", true, true},
		{"TERM=dumb LANG=C.UTF-8 CLICOLOR_FORCE=1", "auto", true, false},
		{"LANG=C.UTF-8 CLICOLOR_FORCE=0", "auto", false, false},
		{"LANG=C.UTF-8 CLICOLOR_FORCE=1 NO_COLOR=1", "auto", false, false},
		{"LANG=C.UTF-8 CLICOLOR_FORCE=1", "never", false, false},
	} {
		env := func(name string) string {
			for _, v := range strings.Fields(c.env) {
				if value, ok := strings.CutPrefix(v, name+"="); ok {
					return value
				}
			}
			return ""
		}
		colour, ascii := table.Capabilities(env, c.color)
		if colour != c.colour || ascii != c.ascii {
			t.Errorf("%s, --color %s: colour %v, ascii %v", c.env, c.color, colour, ascii)
		}
	}
}
