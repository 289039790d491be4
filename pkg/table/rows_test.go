package table_test

import (
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"

	"weir/pkg/batch"
	"weir/pkg/table"
)

// size returns a function for RowOptions.
func size(width, height int) func() (int, int) { return func() (int, int) { return width, height } }

// drawRecord draws a line of mavg.
func drawRecord(t *rapid.T) string {
	value := rapid.OneOf(numbers(), rapid.Map(names(), quoted), rapid.Just("true"), rapid.Just(`{"x":[1]}`), rapid.Just(`[1]`))
	fields := rapid.SliceOfN(rapid.OneOf(names(), rapid.SampledFrom([]string{"t", "speed", "id"})), 0, 5).Draw(t, "fields")
	members := []string{`"timestamp":` + quoted(names().Draw(t, "time")), `"m":` + value.Draw(t, "key")}
	var averages []string
	for _, f := range fields {
		members = append(members, quoted(f)+":"+value.Draw(t, "reading"))
		average := numbers().Draw(t, "mean")
		if rapid.Bool().Draw(t, "several") {
			average = `{"mean":` + average + `,"sd":null}`
		}
		averages = append(averages, quoted(f)+":"+average)
	}
	return "{" + strings.Join(members, ",") + `,"moving_averages":{` + strings.Join(averages, ",") + "}}\n"
}

// TestRowsFitTheTerminal: whatever the records and the terminal are, no line is wider than the
// terminal, none has a character that is not printable, and each record has one line.
func TestRowsFitTheTerminal(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		width, height := rapid.IntRange(1, 200).Draw(t, "width"), rapid.IntRange(0, 40).Draw(t, "height")
		o := table.RowOptions{
			Size: size(width, height), ASCII: rapid.Bool().Draw(t, "ascii"), Color: rapid.Bool().Draw(t, "color"), Digits: rapid.IntRange(-1, 9).Draw(t, "digits"),
			Time: []batch.Path{{"timestamp"}}, Keys: []batch.Path{{"m"}}, Averages: "moving_averages", Stat: "mean",
		}
		var s screen
		w := table.NewRows(&s, o)
		n := rapid.IntRange(1, 60).Draw(t, "n")
		for range n {
			line := drawRecord(t)
			cut := rapid.IntRange(0, len(line)).Draw(t, "cut")
			for _, piece := range []string{line[:cut], line[cut:]} {
				_, err := w.Write([]byte(piece))
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		shown := strings.Split(strings.TrimSuffix(s.String(), "\n"), "\n")
		for i, line := range shown {
			plain := sgr.ReplaceAllString(line, "")
			if text.StringWidthWithoutEscSequences(plain) > width {
				t.Fatalf("line %d is wider than %d columns: %q", i, width, plain)
			}
			if strings.ContainsFunc(plain, func(r rune) bool { return !unicode.IsPrint(r) || o.ASCII && r > 0x7f }) {
				t.Fatalf("line %d has a character that is not printable: %q", i, plain)
			}
			if !o.Color && plain != line {
				t.Fatalf("line %d has colours: %q", i, line)
			}
		}
		if len(shown) < n {
			t.Fatalf("%d lines for %d records", len(shown), n)
		}
	})
}

// TestHeaderComesAgain: after a screenful, when there are other columns, and when they have moved.
func TestHeaderComesAgain(t *testing.T) {
	t.Parallel()
	var s screen
	w := table.NewRows(&s, table.RowOptions{Size: size(60, 24), ASCII: true, Digits: -1, Time: []batch.Path{{"ts"}}, Averages: "avg", Stat: "max"})
	write := func(line string) {
		_, err := w.Write([]byte(line + "\n"))
		if err != nil {
			t.Fatal(err)
		}
	}
	for i := range 25 {
		write(`{"ts":"` + strconv.Itoa(100+i) + `","x":1,"avg":{"x":1}}`)
	}
	write(`{"ts":"200","x":1,"y":2,"avg":{"x":1,"y":2}}`)
	write(`{"ts":"201","x":1,"avg":{"x":1}}`)
	write(`{"ts":"202","x":1,"avg":{"x":1}}`)
	write(`{"ts":"203","x":1,"avg":{"x":123456789}}`)
	lines := strings.Split(s.String(), "\n")
	var at []int
	for i, l := range lines {
		if strings.HasPrefix(l, "ts ") {
			at = append(at, i)
		}
	}
	if len(at) != 4 || at[0] != 1 || at[1] != 1+20+3 || at[2] != at[1]+5+3 || at[3] != at[2]+3+3 {
		t.Errorf("headers on lines %v of:\n%s", at, s.String())
	}
}

// TestOwnAnomaliesAreNotMarked: a member of that name is the record's own if readings are not judged.
func TestOwnAnomaliesAreNotMarked(t *testing.T) {
	t.Parallel()
	var s screen
	w := table.NewRows(&s, table.RowOptions{Size: size(60, 24), ASCII: true, Digits: -1, Averages: "avg", Stat: "mean"})
	_, err := w.Write([]byte(`{"t":70,"anomalies":{"t":{"percent":5}},"avg":{"t":70}}` + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(s.String(), "anomal") || strings.Contains(s.String(), "%") {
		t.Errorf("got:\n%s", s.String())
	}
}

// TestAnomaliesAreMarked: a reading that is an anomaly is red, and says how far it is from its
// baseline; without colours the latter says it.
func TestAnomaliesAreMarked(t *testing.T) {
	t.Parallel()
	for _, color := range []bool{true, false} {
		var s screen
		w := table.NewRows(&s, table.RowOptions{Size: size(60, 24), ASCII: true, Color: color, Digits: -1, Averages: "avg", Anomalies: "anomalies", Stat: "mean"})
		for _, line := range []string{
			`{"t":70,"avg":{"t":70}}`,
			`{"t":90,"avg":{"t":80},"anomalies":{"t":{"baseline":71,"percent":26.760563380281692}}}`,
			`{"t":1,"avg":{"t":0.5},"anomalies":{"t":{"baseline":0,"percent":null}}}`,
			`{"t":-1.5,"avg":{"t":2},"anomalies":{"t":{"baseline":4,"percent":-137.5}}}`,
		} {
			_, err := w.Write([]byte(line + "\n"))
			if err != nil {
				t.Fatal(err)
			}
		}
		red := "\x1b[1;31m90\x1b[0m"
		if strings.Contains(s.String(), red) != color {
			t.Errorf("colour %v: %q", color, s.String())
		}
		const want = `
--------------- t
reading      mean
     70   70

------------------------- t
reading      mean   anomaly
     90   80        +26.8 %
      1    0.5       from 0
   -1.5    2       -137.5 %
`
		got := "\n" + sgr.ReplaceAllString(s.String(), "")
		if got != want {
			t.Errorf("got:%swant:%s", got, want)
		}
	}
}

// TestRowsAreAligned: numbers are aligned at their points, keys may be nested and have wide
// characters, a reading may be a text, and what is not averaged is shown as it came.
func TestRowsAreAligned(t *testing.T) {
	t.Parallel()
	var s screen
	w := table.NewRows(&s, table.RowOptions{
		Size: size(70, 24), Digits: -1, Averages: "avg", Stat: "mean",
		Time: []batch.Path{{"timestamp"}, {"ts"}}, Keys: []batch.Path{{"host", "name"}}, Fields: []batch.Path{{"http", "ms"}},
	})
	_, err := w.Write([]byte(`{"ts":1700000000,"host":{"name":"会議室"},"http":{"ms":1012.5},"id":1234567,"tags":["a"],"avg":{"http.ms":1012.5}}
{"ts":1700000001,"host":{"name":"w\t1"},"http":{"ms":0.25},"id":-1,"avg":{"http.ms":506.375}}
{"ts":1700000002,"host":{"name":"7"},"http":{"ms":"x"},"id":2,"avg":{}}
{"ts":1700000003,"host":{},"http":{"ms":-1e300},"id":2.50,"avg":{"http.ms":-3.3333333333333333e299}}
`))
	if err != nil {
		t.Fatal(err)
	}
	const want = `
                                   ────────────────── http.ms
ts          host.name          id    reading             mean
1700000000  会議室     1234567     1,012.5    1,012.5
1700000001  w\u00091        -1         0.25     506.375
1700000002  "7"              2             x
1700000003                   2.50     -1e300     -3.33333e299
`
	got := "\n" + s.String()
	if got != want {
		t.Errorf("got:%swant:%s", got, want)
	}
}
