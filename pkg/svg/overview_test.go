package svg_test

import (
	"fmt"
	"strings"
	"testing"
)

// TestOverview: lines with keys are a table of one row each before the charts, up to 200; one
// line alone is not.
func TestOverview(t *testing.T) {
	t.Parallel()
	rows := func(n int) (text string, size int) {
		t.Helper()
		var lines strings.Builder
		for i := range n {
			lines.WriteString(line("v", fmt.Sprintf("key%d.", i), []column{{low: 1, high: 2}, {low: 3, high: 8, anomalies: 1}}, `"limit":"20%","mean":3,"low":2.4,"high":3.6,`))
		}
		image := draw(t, lines.String())
		var texts []string
		read(t, image).all(func(e *element) {
			if e.name == "text" {
				texts = append(texts, e.text())
			}
		})
		return strings.Join(texts, "\n") + "\n", len(image)
	}
	text, _ := rows(1)
	if strings.Contains(text, "over time") {
		t.Error("one line has an overview")
	}
	text, _ = rows(3)
	want := "v\nk\nkey0.\nkey1.\nkey2.\ncount\n7\n7\n7\nmean\n–\n–\n–\nanomalies\n3\n3\n3\nover time\n"
	if !strings.HasPrefix(text, want) {
		t.Errorf("the overview is\n%s\nwant\n%s", text, want)
	}
	text, size := rows(500)
	if !strings.Contains(text, "\nkey199.\n") || strings.Contains(text, "\nkey200.\n") || !strings.Contains(text, "\nand 300 more\n") || size > 2<<20 {
		t.Errorf("the overview of 500 keys has %d bytes, or not 200 rows", size)
	}
}
