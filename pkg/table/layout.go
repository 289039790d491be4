package table

import (
	"math"
	"strings"

	"weir/pkg/chart"
)

// layout arranges anomalies, one row each: time, labels, value, deviation from the
// mean, location. If these columns fit the terminal, a row is one line; otherwise
// it is two or three.
//
// The rows may come in several parts (see list). Invariant: from one part to the
// next columns never become narrower, and once rows are stacked they stay so.
type layout struct {
	style    style
	rows     []chart.Anomaly
	labels   [][]string // of each row: cells after the time (keys, field); nil in a block
	minWidth []int      // widths of the columns in the parts before
	stacked  bool       // a row takes two or three lines
}

func (t *layout) add(a chart.Anomaly, labels []string) {
	t.rows, t.labels = append(t.rows, a), append(t.labels, labels)
}

// minLocation is the width down to which a location is truncated so that a row
// stays on one line. It leaves the line number and the end of the file name.
const minLocation = 14

// lines arranges the rows, below a header if it is not nil, and removes them.
// Stacked rows have no header.
func (t *layout) lines(header []string) []string {
	if len(t.rows) == 0 {
		return nil
	}
	left, right := t.cells()
	t.rows, t.labels = nil, nil
	var lines []string
	if !t.stacked {
		lines = t.oneLineRows(header, left, right)
	}
	if t.stacked {
		lines = t.stackedRows(left, right)
	}
	return lines
}

// cells returns the cells of all rows: left are time, labels and value, right are
// deviation and location.
func (t *layout) cells() (left, right [][]string) {
	values := make([]float64, len(t.rows))
	largest := -1.0
	for i, a := range t.rows {
		values[i] = a.Value
		largest = max(largest, a.Distance())
	}
	texts := chart.FormatColumn(values)
	for i, a := range t.rows {
		if math.IsNaN(a.Value) {
			texts[i] = t.style.none
		}
		color, deviation := bold, t.style.deviation(a)
		// The largest anomaly is highlighted, but not among rows with labels: these are of
		// different fields and keys, whose deviations cannot be compared.
		if t.labels[i] == nil && a.Distance() == largest && len(t.rows) > 1 {
			color, deviation = outlierColor, t.style.paint(outlierColor, deviation)
		}
		// Spaces at the end, which align the decimal points, stay without colour.
		value := strings.TrimRight(texts[i], " ")
		value = t.style.paint(color, value) + texts[i][len(value):]
		cells := []string{t.style.sanitize(a.Time)}
		for _, l := range t.labels[i] {
			cells = append(cells, t.style.sanitize(l))
		}
		left = append(left, append(cells, value))
		right = append(right, []string{deviation, t.style.sanitize(a.Location)})
	}
	return left, right
}

// oneLineRows arranges every row on one line. If a line would be too wide even with
// locations truncated to minLocation, it sets stacked and returns nil.
func (t *layout) oneLineRows(header []string, left, right [][]string) []string {
	n := len(left[0])
	widths := make([]int, n+2)
	copy(widths, t.minWidth)
	rows := make([][]string, 0, len(left)+1)
	if header != nil {
		var cells []string
		for _, h := range header {
			cells = append(cells, t.style.paint(faint, t.style.sanitize(h)))
		}
		rows = append(rows, cells)
	}
	for i := range left {
		rows = append(rows, append(append([]string(nil), left[i]...), right[i]...))
	}
	for _, cells := range rows {
		for i, cell := range cells[:n+1] {
			widths[i] = max(widths[i], displayWidth(cell))
		}
	}
	free := t.style.width - gridWidth(widths) + widths[n+1] // for the location
	for i, cells := range rows {
		location := cells[n+1]
		if displayWidth(location) > free && free >= minLocation {
			cells[n+1] = t.style.truncateStart(location, free)
		}
		if header == nil || i > 0 {
			cells[n+1] = t.style.paint(faint, cells[n+1])
		}
		if displayWidth(cells[n+1]) > free {
			t.stacked = true
			return nil
		}
	}
	alignRight := make([]bool, n+2)
	alignRight[n-1], alignRight[n] = true, true // value and deviation
	lines, widths := grid(rows, alignRight, widths)
	t.minWidth = widths[:n+1]
	return lines
}

// stackedRows arranges every row on two lines, left above right. If left is wider
// than the terminal, the value gets a line of its own between them: names may be
// truncated, numbers should not.
func (t *layout) stackedRows(left, right [][]string) []string {
	alignRight := make([]bool, len(left[0]))
	alignRight[len(alignRight)-1] = true
	above, widths := grid(left, alignRight, nil)
	threeLines := gridWidth(widths) > t.style.width
	var lines []string
	for i, cells := range left {
		deviation, location := right[i][0], right[i][1]
		if threeLines {
			n := len(cells) - 1
			lines = append(lines, t.style.truncateEnd(strings.Join(cells[:n], "  "), t.style.width))
			lines = append(lines, "  "+strings.TrimSpace(cells[n])+"  "+deviation)
			if location != "" {
				lines = append(lines, "  "+t.style.paint(faint, t.style.truncateStart(location, t.style.width-2)))
			}
			continue
		}
		below := "  " + deviation
		free := t.style.width - displayWidth(below) - 2
		if free > displayWidth(t.style.ellipsis) {
			below += "  " + t.style.paint(faint, t.style.truncateStart(location, free))
		}
		lines = append(lines, above[i], below)
	}
	return lines
}
