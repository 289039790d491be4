package table_test

import (
	"fmt"
	"strings"
	"testing"

	"weir/pkg/table"
)

// keyed returns lines of stats -g machine, for n machines and some fields.
func keyed(n int, fields ...string) string {
	var b strings.Builder
	for i := range n {
		for _, f := range fields {
			fmt.Fprintf(&b, `{"machine":"m%d","field":%q,"count":%d,"mean":%d.25,"min":0,"max":100,"sd":null,"median":3,"from":null,"to":null,"anomaly_count":%d,"anomalies":[]}`+"\n", i+1, f, 1000*(i+1), i, i%2)
		}
	}
	return b.String()
}

// TestOverview: the lines of several keys begin with a table for each field, whose numbers are
// aligned; then come their blocks.
func TestOverview(t *testing.T) {
	t.Parallel()
	got := render(t, table.Options{Width: 60, ASCII: true}, keyed(2, "speed", "temp"))
	const want = `speed  by machine ------------------------------------------
machine  count  mean  min  max  sd  anomalies
m1       1,000  0.25    0  100   -          0
m2       2,000  1.25    0  100   -          1

temp  by machine -------------------------------------------
machine  count  mean  min  max  sd  anomalies
m1       1,000  0.25    0  100   -          0
m2       2,000  1.25    0  100   -          1

speed  machine=m1 ------------------------------------------
`
	if !strings.HasPrefix(got, want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
	for _, heading := range []string{"speed  machine=m1 -", "temp  machine=m1 -", "speed  machine=m2 -", "temp  machine=m2 -"} {
		if strings.Count(got, heading) != 1 {
			t.Errorf("no block %q in:\n%s", heading, got)
		}
	}
}

// TestOverviewOfOneKey: a table of one row would say what the block says. If there are too many
// fields for blocks, they are one table.
func TestOverviewOfOneKey(t *testing.T) {
	t.Parallel()
	got := render(t, table.Options{Width: 60, ASCII: true}, keyed(1, "speed", "temp"))
	if !strings.HasPrefix(got, "speed  machine=m1 -") {
		t.Errorf("got:\n%s", got)
	}
	got = render(t, table.Options{Width: 60, ASCII: true}, keyed(1, strings.Split("abcdefghijklmno", "")...))
	if !strings.HasPrefix(got, "by machine -") || strings.Count(got, "\n") != 2+15+3 {
		t.Errorf("got:\n%s", got)
	}
}

// TestOverviewOfManyLines: lines that are too many for blocks have rows only, and the last line says
// how to see one of them.
func TestOverviewOfManyLines(t *testing.T) {
	t.Parallel()
	got := render(t, table.Options{Width: 80, ASCII: true}, keyed(13, "speed"))
	if strings.Contains(got, "machine=m2") || strings.Count(got, "\n") != 2+13+2 {
		t.Errorf("got:\n%s", got)
	}
	const last = "\ncharts are for at most 12 rows; to see those of one key, add --where machine=m1\n"
	if !strings.HasSuffix(got, last) {
		t.Errorf("the last line is not %q:\n%s", last, got)
	}
}

// TestOverviewIsBounded: very many lines are one table with a column of fields, which is drawn
// before all lines are known.
func TestOverviewIsBounded(t *testing.T) {
	t.Parallel()
	var s screen
	w := table.New(&s, table.Options{Width: 80, ASCII: true})
	_, err := w.Write([]byte(keyed(150, "speed", "temp")))
	if err != nil {
		t.Fatal(err)
	}
	n := strings.Count(s.String(), "\n")
	if n < 200 {
		t.Errorf("%d lines before the end", n)
	}
	err = w.Flush()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(s.String(), "\n")
	if !strings.HasPrefix(lines[0], "by machine -") || !strings.HasPrefix(lines[1], "machine  field") || !strings.HasPrefix(lines[2], "m1       speed") {
		t.Errorf("it begins with:\n%s", strings.Join(lines[:3], "\n"))
	}
	rows := 0
	for _, l := range lines {
		if strings.HasPrefix(l, "m") && !strings.HasPrefix(l, "machine") {
			rows++
		}
	}
	if rows != 300 {
		t.Errorf("%d rows", rows)
	}
}
