package table

import (
	"math"
	"strings"
)

// sheet lays out anomalies: in columns or, where there is no room for these,
// each on two lines or three.
type layout struct {
	style    style
	rows     []anomaly
	labels   [][]string // further cells of each row, after the time
	minWidth []int      // widths of what was laid out before
	narrow   bool       // there was no room before
}

func (s *layout) add(a anomaly, labels []string) {
	s.rows, s.labels = append(s.rows, a), append(s.labels, labels)
}

// placeLeast is to how much a place may be shortened before two lines are
// taken.
const minPlace = 14

// lines lays out the rows, below heads if there are any, and forgets them.
func (s *layout) lines(heads []string) []string {
	if len(s.rows) == 0 {
		return nil
	}
	first, second := s.cells()
	s.rows, s.labels = nil, nil
	var lines []string
	if !s.narrow {
		lines = s.single(heads, first, second)
	}
	if s.narrow {
		lines = s.double(first, second)
	}
	return lines
}

// cells are time, labels and value of every row, and distance and place.
func (s *layout) cells() (first, second [][]string) {
	values := make([]float64, len(s.rows))
	far := -1.0
	for i, a := range s.rows {
		values[i] = a.value
		far = max(far, a.distance())
	}
	texts := row(values)
	for i, a := range s.rows {
		if math.IsNaN(a.value) {
			texts[i] = s.style.none
		}
		st, distance := strong, s.style.distance(a)
		// Only readings of one field and key can be compared.
		if s.labels[i] == nil && a.distance() == far && len(s.rows) > 1 {
			st, distance = alarm, s.style.paint(alarm, distance)
		}
		value := strings.TrimRight(texts[i], " ")
		value = s.style.paint(st, value) + texts[i][len(value):]
		cells := []string{s.style.clean(a.time)}
		for _, l := range s.labels[i] {
			cells = append(cells, s.style.clean(l))
		}
		first = append(first, append(cells, value))
		second = append(second, []string{distance, s.style.clean(a.place)})
	}
	return first, second
}

// single sets a row on one line; s.narrow if there is no room.
func (s *layout) single(heads []string, first, second [][]string) []string {
	n := len(first[0])
	widths := make([]int, n+2)
	copy(widths, s.minWidth)
	rows := make([][]string, 0, len(first)+1)
	if heads != nil {
		var faded []string
		for _, h := range heads {
			faded = append(faded, s.style.paint(faint, s.style.clean(h)))
		}
		rows = append(rows, faded)
	}
	for i := range first {
		rows = append(rows, append(append([]string(nil), first[i]...), second[i]...))
	}
	for _, cells := range rows {
		for i, cell := range cells[:n+1] {
			widths[i] = max(widths[i], displayWidth(cell))
		}
	}
	room := s.style.width - across(widths) + widths[n+1]
	for i, cells := range rows {
		if place := cells[n+1]; displayWidth(place) > room && room >= minPlace {
			cells[n+1] = s.style.tail(place, room)
		}
		if heads == nil || i > 0 {
			cells[n+1] = s.style.paint(faint, cells[n+1])
		}
		if displayWidth(cells[n+1]) > room {
			s.narrow = true
			return nil
		}
	}
	right := make([]bool, n+2)
	right[n-1], right[n] = true, true
	lines, widths := grid(rows, right, widths)
	s.minWidth = widths[:n+1]
	return lines
}

// double sets a row on two lines or, where even that is too wide, on three: a
// number must not lose its end.
func (s *layout) double(first, second [][]string) []string {
	right := make([]bool, len(first[0]))
	right[len(right)-1] = true
	above, widths := grid(first, right, nil)
	cramped := across(widths) > s.style.width
	var lines []string
	for i, cells := range first {
		distance, place := second[i][0], second[i][1]
		if n := len(cells) - 1; cramped {
			lines = append(lines, s.style.fit(strings.Join(cells[:n], "  "), s.style.width))
			lines = append(lines, "  "+strings.TrimSpace(cells[n])+"  "+distance)
			if place != "" {
				lines = append(lines, "  "+s.style.paint(faint, s.style.tail(place, s.style.width-2)))
			}
			continue
		}
		below := "  " + distance
		if room := s.style.width - displayWidth(below) - 2; room > displayWidth(s.style.glyphs.cut) {
			below += "  " + s.style.paint(faint, s.style.tail(place, room))
		}
		lines = append(lines, above[i], below)
	}
	return lines
}
