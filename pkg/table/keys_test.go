package table_test

import (
	"fmt"
	"strings"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/table"
)

// hosts are keys that differ at their ends.
func hosts() []string {
	var all []string
	for i := range 3 {
		all = append(all, fmt.Sprintf("rack-7.building-2.example.org/sensor-%d", i+1))
	}
	return all
}

// TestLongKeysDiffer: keys that differ at their ends can be told apart in rows, in an overview and in
// headings, are whole where there is place, and are not left out on a narrow terminal.
func TestLongKeysDiffer(t *testing.T) {
	t.Parallel()
	var records, lines strings.Builder
	for _, h := range hosts() {
		fmt.Fprintf(&records, `{"timestamp":"2024-05-06T08:00:00Z","host":%q,"v":1,"moving_averages":{"v":1.25}}`+"\n", h)
		fmt.Fprintf(&lines, `{"host":%q,"field":"a_field_with_a_name_that_is_longer_than_most","count":7,"mean":1.25,"anomaly_count":0,"anomalies":[]}`+"\n", h)
	}
	for _, c := range []struct {
		width int
		first string // the key of sensor 1, as it is shown
	}{{40, "rac…or-1"}, {60, "rack-7.buildi…e.org/sensor-1"}, {80, hosts()[0]}} {
		var s screen
		w := table.NewRows(&s, table.RowOptions{Size: size(c.width, 24), Digits: -1, Time: []batch.Path{{"timestamp"}}, Keys: []batch.Path{{"host"}}, Averages: "moving_averages", Stat: "mean"})
		_, err := w.Write([]byte(records.String()))
		if err != nil {
			t.Fatal(err)
		}
		for i := range hosts() {
			want := strings.Replace(c.first, "-1", fmt.Sprintf("-%d", i+1), 1)
			if !strings.Contains(s.String(), want) {
				t.Errorf("%d columns: no %s in\n%s", c.width, want, s.String())
			}
		}
		got := render(t, table.Options{Width: c.width}, lines.String())
		for i := range hosts() {
			if strings.Count(got, fmt.Sprintf("sensor-%d", i+1)) < 2 {
				t.Errorf("%d columns: sensor-%d has no row or no heading in\n%s", c.width, i+1, got)
			}
		}
	}
}

// TestRowsThatDoNotFit: the rows in which the limit does not suit the readings are counted also
// where they have no charts, as stats draws charts for a limited number of lines.
func TestRowsThatDoNotFit(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 300 {
		fmt.Fprintf(&lines, `{"k":%d,"field":"v","count":9,"mean":1,"anomaly_count":%d,"anomalies":[]}`+"\n", i, 3+i%2)
	}
	got := render(t, table.Options{Width: 100}, lines.String())
	if !strings.Contains(got, "\nrows in which more than a third of the readings are anomalies: 150; ") {
		t.Errorf("it ends with %q", got[max(0, len(got)-300):])
	}
	const uncounted = `{"k":1,"field":"v","mean":1,"anomaly_count":3,"anomalies":[]}` + "\n"
	got = render(t, table.Options{Width: 100}, lines.String()+uncounted)
	if !strings.Contains(got, " are anomalies: at least 150; ") {
		t.Errorf("it ends with %q", got[max(0, len(got)-300):])
	}
}

// TestTitleOfSparklines: the chart over time of a row is as wide as its title at least.
func TestTitleOfSparklines(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 3 {
		fmt.Fprintf(&lines, `{"k":"m%d","field":"v","count":9,"mean":1,"plot":{"readings":9,"columns":[[1,2,1.5,0],[1,2,1.5,0]]}}`+"\n", i)
	}
	for width := range 60 {
		overview, _, _ := strings.Cut(render(t, table.Options{Width: width + 1}, lines.String()), "\n\n")
		if strings.Contains(overview, "over") && !strings.Contains(overview, "over time\n") {
			t.Errorf("%d columns:\n%s", width+1, overview)
		}
	}
}

// TestNameOfLongKey: the name of a key is as long as its column allows.
func TestNameOfLongKey(t *testing.T) {
	t.Parallel()
	const name = "the_name_of_the_host_in_the_inventory"
	got := render(t, table.Options{Width: 100}, strings.Repeat(fmt.Sprintf(`{%q:%q,"field":"v","count":9}`+"\n", name, hosts()[0]), 13))
	if !strings.Contains(got, "\n"+name+"   field  count\n") {
		t.Errorf("it begins with\n%s", got[:300])
	}
}

// TestHintIsACondition: the condition that shows one key is one that --where understands, whatever the
// name and the value of the key are.
func TestHintIsACondition(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, value, want string }{
		{`"k"`, `"host 1"`, `--where 'k=host 1'`},
		{`"a=b"`, `"x<y"`, `--where '"a=b"=x<y'`},
		{`"k"`, `"a\tb\"c"`, `--where 'k="a\u0009b\"c"'`},
		{`" k"`, `7`, `--where '" k"=7'`},
		{`"k"`, `"7"`, `--where 'k="7"'`},
		{`"k"`, `"é"`, `--where 'k="\u00e9"'`},
	} {
		lines := strings.Repeat(fmt.Sprintf(`{%s:%s,"field":"v","count":9}`+"\n", c.name, c.value), 13)
		got := render(t, table.Options{Width: 132, ASCII: true}, lines)
		if !strings.HasSuffix(got, " add "+c.want+"\n") {
			t.Errorf("%s: %s: it ends with %q, want %s", c.name, c.value, got[strings.LastIndex(got, "add"):], c.want)
		}
	}
}
