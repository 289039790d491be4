package chart

import "math"

// Histogram has the numbers of readings in bins of equal width.
type Histogram struct {
	From, To float64 // Ends of the first and the last bin.
	Counts   []uint64

	bars int // how many bars the bins make; 0: as many as fit maxBars
}

// maxBars is the maximum number of bars.
const maxBars = 12

// Bar is a part of a histogram that is drawn as one: a bin, or several added up.
type Bar struct {
	From, To        float64
	Count, Isolated uint64 // Isolated: how many of Count are far from all others; see isolated.
}

// Bars returns the bars of the histogram, at most 12; none if it has no bins.
func (h Histogram) Bars() []Bar {
	if len(h.Counts) == 0 {
		return nil
	}
	isolated := h.isolated()
	binsPerBar := (len(h.Counts) + maxBars - 1) / maxBars
	if h.bars > 0 && h.bars <= maxBars && len(h.Counts)%h.bars == 0 {
		binsPerBar = len(h.Counts) / h.bars
	}
	var all []Bar
	for i := 0; i < len(h.Counts); i += binsPerBar {
		end := min(i+binsPerBar, len(h.Counts))
		b := Bar{From: h.edge(i), To: h.edge(end)}
		for j := i; j < end; j++ {
			b.Count += h.Counts[j]
			b.Isolated += isolated[j]
		}
		all = append(all, b)
	}
	return all
}

// edge returns the value between bins i-1 and i. It is a weighted sum, as To-From may overflow,
// rounded to nine digits of the size of a bin: an error of the sum would be shown at 0 as
// -1.1e-16, and at -0.0001 as -1e-04.
func (h Histogram) edge(i int) float64 {
	n := float64(len(h.Counts))
	part := float64(i) / n
	v, size := h.From*(1-part)+h.To*part, h.To/n-h.From/n
	unit := Spacing{1, int(math.Floor(math.Log10(size))) - 9}
	rounded := unit.Times(math.Round(v / unit.Size()))
	if math.Abs(rounded-v) < 1e-8*size { // else float64 cannot hold the unit
		return rounded
	}
	return v
}

// isolated returns how many readings of each bin are isolated: all of it or none.
//
// Consecutive bins with readings form a cluster. The readings of a cluster are
// isolated if on both sides of it at least a twentieth of all bins, or all bins up
// to the end, are empty, and if they are at most one in a hundred of all readings.
// If more than one in ten of all readings are isolated by this rule, or there are
// fewer than 4 readings, none are: the data is scattered.
func (h Histogram) isolated() []uint64 {
	total, sum := uint64(0), uint64(0)
	for _, n := range h.Counts {
		total += n
	}
	isolated := make([]uint64, len(h.Counts))
	minEmpty, last := max(1, len(h.Counts)/20), -len(h.Counts) // last: the last bin of the cluster before
	for i := 0; i < len(h.Counts); {
		if h.Counts[i] == 0 {
			i++
			continue
		}
		end, readings := i, uint64(0)
		for end < len(h.Counts) && h.Counts[end] > 0 {
			readings += h.Counts[end]
			end++
		}
		next := end // the first bin of the cluster after
		for next < len(h.Counts) && h.Counts[next] == 0 {
			next++
		}
		if i-last > minEmpty && (next == len(h.Counts) || next-end >= minEmpty) && readings <= max(1, total/100) {
			copy(isolated[i:end], h.Counts[i:end])
			sum += readings
		}
		last, i = end-1, next
	}
	if total < 4 || sum > max(1, total/10) {
		clear(isolated)
	}
	return isolated
}
