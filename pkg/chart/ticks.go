package chart

import (
	"math"
	"slices"
	"strconv"
)

// Tick is a round value of an axis.
type Tick struct {
	At    float64 // Its position: 0 to 1.
	Value float64 // Of a horizontal axis of time: seconds since the start of the period.
	Label string
}

// Spacing is the distance between two round values: Digit times a power of ten.
type Spacing struct {
	Digit, Exponent int
}

// maxMultiple is the largest multiple of a spacing that is used: floats hold it, and those
// next to it, exactly.
const maxMultiple = 1 << 50

// SpacingOf returns the smallest spacing, of those with the digits 1, 2 and 5, of which at
// most n reach from lo to hi, when the first begins and the last ends at a multiple of
// it. ok is false if lo is not less than hi, or if float64 cannot hold such multiples.
// Requires n of at least 2.
func SpacingOf(lo, hi float64, n int) (s Spacing, ok bool) {
	return spacing(lo, hi, n, func(size float64) float64 { return math.Ceil(hi/size) - math.Floor(lo/size) })
}

// spacing returns the smallest spacing with which count is at most n. A spacing of the
// range's n-th part or less is not tried.
func spacing(lo, hi float64, n int, count func(size float64) float64) (s Spacing, ok bool) {
	width := hi/float64(n+1) - lo/float64(n+1) // hi-lo may be beyond float64
	if !(width > 0) || math.IsInf(width, 0) {
		return s, false
	}
	s = Spacing{1, int(math.Floor(math.Log10(width)))}
	for range 9 {
		size := s.Size()
		if size > 0 && max(math.Abs(lo/size), math.Abs(hi/size)) < maxMultiple && count(size) <= float64(n) {
			return s, true
		}
		s = s.next()
	}
	return s, false
}

// Size returns the spacing as a float: the one nearest to 0.1, say.
func (s Spacing) Size() float64 { return s.Times(1) }

// Times returns k spacings, as the float64 nearest to the decimal. Requires k to be whole.
func (s Spacing) Times(k float64) float64 {
	v, _ := strconv.ParseFloat(s.Text(k), 64) // out of range: an infinity, or 0
	return v
}

// Text returns k spacings, of a whole k, as a JSON number: "-20", "1e-5".
func (s Spacing) Text(k float64) string {
	text := strconv.FormatFloat(k*float64(s.Digit), 'f', 0, 64)
	if s.Exponent == 0 || k == 0 {
		return text
	}
	return text + "e" + strconv.Itoa(s.Exponent)
}

// next returns the next larger spacing.
func (s Spacing) next() Spacing {
	switch s.Digit {
	case 1:
		s.Digit = 2
	case 2:
		s.Digit = 5
	default:
		s = Spacing{1, s.Exponent + 1}
	}
	return s
}

// Ticks returns the round values from lo to hi, in rising order, with the smallest spacing
// that makes them at most n; they may be n+1 if both ends are round. If lo and hi are
// equal, there is that one, in the middle. If there is no round value, the ends are
// returned. Requires n of at least 2.
func Ticks(lo, hi float64, n int) []Tick {
	if lo == hi {
		return []Tick{{At: 0.5, Value: lo, Label: FormatNumber(lo)}}
	}
	within := func(size float64) float64 { return math.Floor(hi/size) - math.Ceil(lo/size) + 1 }
	var all []Tick
	s, ok := spacing(lo, hi, n, within)
	if ok {
		all = s.ticks(lo, hi, n)
	}
	if len(all) == 0 {
		all = []Tick{{At: 0, Value: lo, Label: FormatNumber(lo)}, {At: 1, Value: hi, Label: FormatNumber(hi)}}
	}
	return all
}

// ticks returns the multiples of s from lo to hi, which are about n.
func (s Spacing) ticks(lo, hi float64, n int) (all []Tick) {
	var values []float64
	first := math.Ceil(lo/s.Size()) - 1 // a division may be rounded up
	for i := range n + 3 {
		v := s.Times(first + float64(i))
		if v >= lo && v <= hi {
			all = append(all, Tick{At: (v/2 - lo/2) / (hi/2 - lo/2), Value: v})
			values = append(values, v)
		}
	}
	for i, label := range FormatAligned(values, max(0, -s.Exponent)) {
		all[i].Label = label
	}
	// Of numbers with more digits than are shown, several may have the same label.
	return slices.CompactFunc(all, func(a, b Tick) bool { return a.Label == b.Label })
}
