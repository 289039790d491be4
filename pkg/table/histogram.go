package table

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
)

// histogram counts readings in bins of one width between two values.
type histogram struct {
	from, to float64
	counts   []uint64
}

// most bins that are shown; more are added up, evenly.
const maxBars = 12

// parse reads {"from":…,"to":…,"counts":[…]}; null is none.
func (h *histogram) parse(value json.RawMessage) error {
	if string(value) == "null" {
		return nil
	}
	members, err := object(value)
	if err != nil {
		return err
	}
	for _, m := range members {
		switch m.name {
		case "from":
			h.from, err = finite(m.value)
		case "to":
			h.to, err = finite(m.value)
		case "counts":
			err = json.Unmarshal(m.value, &h.counts)
		default:
			err = errNoStats
		}
		if err != nil {
			return err
		}
	}
	total := uint64(0)
	for _, n := range h.counts {
		if total += n; total < n || total > math.MaxInt64 {
			return errNoStats
		}
	}
	return nil
}

// alone says how many readings of each bin stand alone: they are in a run of
// bins with at least a twentieth of all bins empty at each side of it, and no
// more than one in a hundred of all readings. If more than one in ten are like
// that, the readings are scattered, and none stands alone.
func (h histogram) outliers() []uint64 {
	total, lone := uint64(0), uint64(0)
	for _, n := range h.counts {
		total += n
	}
	found := make([]uint64, len(h.counts))
	gap, last := max(1, len(h.counts)/20), -len(h.counts)
	for i := 0; i < len(h.counts); {
		if h.counts[i] == 0 {
			i++
			continue
		}
		end, sum := i, uint64(0)
		for end < len(h.counts) && h.counts[end] > 0 {
			sum += h.counts[end]
			end++
		}
		next := end
		for next < len(h.counts) && h.counts[next] == 0 {
			next++
		}
		if i-last > gap && (next == len(h.counts) || next-end >= gap) && sum <= max(1, total/100) {
			copy(found[i:end], h.counts[i:end])
			lone += sum
		}
		last, i = end-1, next
	}
	if total < 4 || lone > max(1, total/10) {
		clear(found)
	}
	return found
}

// bar is a line of the histogram.
type bar struct {
	from, to       float64
	count, outlier uint64
}

func (h histogram) bars() []bar {
	alone := h.outliers()
	each := (len(h.counts) + maxBars - 1) / maxBars
	edge := func(i int) float64 {
		part := float64(i) / float64(len(h.counts))
		return h.from*(1-part) + h.to*part
	}
	var all []bar
	for i := 0; i < len(h.counts); i += each {
		end := min(i+each, len(h.counts))
		b := bar{from: edge(i), to: edge(end)}
		for j := i; j < end; j++ {
			b.count += h.counts[j]
			b.outlier += alone[j]
		}
		all = append(all, b)
	}
	return all
}

// histogram shows bins as bars of proportional length, one that holds anything
// never without a mark, with their counts, and what stands alone in words.
func (p style) histogram(h histogram) []string {
	bars := h.bars()
	if len(bars) == 0 {
		return nil
	}
	labels := p.labels(bars, true)
	counts, notes := make([]string, len(bars)), make([]string, len(bars))
	longest, widths := uint64(1), make([]int, 4)
	for i, b := range bars {
		longest = max(longest, b.count)
		counts[i] = whole(b.count)
		switch b.outlier {
		case 0:
		case b.count:
			notes[i] = p.point + " alone"
		default:
			notes[i] = p.point + " " + whole(b.outlier) + " alone"
		}
		widths[2] = max(widths[2], displayWidth(counts[i]))
		widths[3] = max(widths[3], displayWidth(notes[i]))
	}
	room := func() int {
		widths[0] = 0
		for _, s := range labels {
			widths[0] = max(widths[0], displayWidth(s))
		}
		return min(60, p.width-across(widths))
	}
	if room() < 8 {
		labels = p.labels(bars, false)
	}
	widths[1] = max(1, room())
	rows := make([][]string, len(bars))
	for i, b := range bars {
		st, plain := ink, faint
		if b.outlier > 0 {
			st, plain = alarm, alarm
		}
		rows[i] = []string{
			p.paint(faint, labels[i]), p.paint(st, p.bar(b.count, longest, widths[1])),
			p.paint(plain, counts[i]), p.paint(alarm, notes[i]),
		}
		if b.count > 0 && b.outlier == 0 {
			rows[i][2] = counts[i]
		}
	}
	lines, _ := grid(rows, []bool{true, false, true, false}, widths)
	return lines
}

// labels are the edges of bins, to two digits of their width.
func (p style) labels(bars []bar, both bool) []string {
	edges := make([]float64, 0, len(bars)+1)
	for _, b := range bars {
		edges = append(edges, b.from)
	}
	edges = append(edges, bars[len(bars)-1].to)
	// 4 digits fewer than those of short are 2.
	texts := fixed(edges, max(0, decimals(edges[1]-edges[0])-digits+2))
	widest := 0
	for _, s := range texts[1:] {
		widest = max(widest, displayWidth(s))
	}
	labels := make([]string, len(bars))
	for i := range bars {
		labels[i] = texts[i]
		if both && texts[i] != texts[i+1] {
			labels[i] += " " + p.span + " " + strings.Repeat(" ", widest-displayWidth(texts[i+1])) + texts[i+1]
		}
	}
	return labels
}

// bar is part of the whole, in a room of width cells.
func (p style) bar(part, whole uint64, width int) string {
	if part == 0 {
		return ""
	}
	steps := len(p.bars) - 1
	n := int(math.Round(float64(part) / float64(whole) * float64(width*steps)))
	if n == 0 && p.ascii {
		return "|"
	}
	n = max(1, n)
	return strings.Repeat(p.bars[steps], n/steps) + p.bars[n%steps]
}

func whole(n uint64) string { return commas(strconv.FormatUint(n, 10)) }
