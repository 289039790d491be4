package svg_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// texts returns the texts of an image, in their order.
func texts(t *testing.T, lines string) (all []*element) {
	t.Helper()
	read(t, draw(t, lines)).all(func(e *element) {
		if e.name == "text" {
			all = append(all, e)
		}
	})
	return all
}

// TestLongKeysDiffer: keys that differ at their ends can be told apart in the overview, and in the
// heading of their blocks also below a long name.
func TestLongKeysDiffer(t *testing.T) {
	t.Parallel()
	var lines strings.Builder
	for i := range 3 {
		lines.WriteString(line(strings.Repeat("long_name_", 6), fmt.Sprintf("%s/sensor-%d.", strings.Repeat("rack-7.example.org/", 10), i), []column{{low: 1, high: 2}}, ""))
	}
	var all strings.Builder
	for _, e := range texts(t, lines.String()) {
		all.WriteString(e.text() + "\n")
	}
	for i := range 3 {
		n := strings.Count(all.String(), fmt.Sprintf("sensor-%d.\n", i))
		if n < 2 {
			t.Errorf("%d texts end with the end of key %d:\n%s", n, i, all.String())
		}
	}
}

// TestEscapesHaveSpace: a column of the overview is as wide as its keys are once they are escaped.
func TestEscapesHaveSpace(t *testing.T) {
	t.Parallel()
	end := func(key string) float64 { // where the column of counts ends
		t.Helper()
		count := texts(t, line("v", key, []column{{low: 1, high: 2}}, "")+line("v", "b", []column{{low: 1, high: 2}}, ""))[4]
		if count.text() != "count" {
			t.Fatalf("the text is %q", count.text())
		}
		return number(t, count.attr["x"])
	}
	escaped, same := end("a\x01\x02\U000e0001"), end(`a\u0001\u0002\udb40\udc01`)
	if math.Abs(escaped-same) > 30 { // the widths of a backslash and of a letter are estimates
		t.Errorf("the counts end at %g after an escaped key, at %g after the same text", escaped, same)
	}
}

// TestColoursOfBars: the bars outside the band have the colour of anomalies, and none within it
// has, even if it is far from all others.
func TestColoursOfBars(t *testing.T) {
	t.Parallel()
	classes := func(band string) string {
		t.Helper()
		lines := strings.Replace(line("v", "", []column{{low: 0, high: 8}}, band), "[1,2,0,4]", "[200,0,0,1]", 1)
		var all []string
		read(t, draw(t, lines)).all(func(e *element) {
			if e.name == "rect" && len(e.children) > 0 {
				all = append(all, e.attr["class"])
			}
		})
		return strings.Join(all, " ")
	}
	for band, want := range map[string]string{
		`"limit":"20%","mean":3,"low":2,"high":4,`:  "outside outside",
		`"limit":"20%","mean":3,"low":-2,"high":4,`: "bar outside",
		`"limit":"20%","mean":3,"low":-9,"high":9,`: "bar bar",
		"": "bar outside",
	} {
		got := classes(band)
		if got != want {
			t.Errorf("%s: %s, want %s", band, got, want)
		}
	}
}

// TestMarksHaveNoGaps: the marks of anomalies are drawn after the ticks of the axis, which would cut
// them.
func TestMarksHaveNoGaps(t *testing.T) {
	t.Parallel()
	image := string(draw(t, line("v", "", []column{{low: 1, high: 2, anomalies: 1}, {low: 3, high: 8, anomalies: 1}}, `"limit":"20%","mean":3,"low":2.4,"high":3.6,`)))
	tick, mark := strings.LastIndex(image, `class="label middle"`), strings.LastIndex(image, `class="mark"`)
	if tick < 0 || mark < tick {
		t.Errorf("the mark is at byte %d, the last tick at %d", mark, tick)
	}
}
