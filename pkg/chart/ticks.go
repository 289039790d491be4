package chart

import (
	"math"
	"strconv"
)

// Tick is a round value of an axis.
type Tick struct {
	At    float64 // Its position: 0 to 1.
	Value float64 // Of a horizontal axis of time: seconds since the start of the period.
	Label string
}

// Spacing is the distance between two round values: Digit times a power of ten.
//
// SpacingOf returns steps whose Digit is 1, 2 or 5.
type Spacing struct {
	Digit, Exponent int
}

// SpacingOf returns the smallest step of which at most n reach from lo to hi, when the first
// begins and the last ends at a multiple of the step. ok is false if lo is not less than
// hi, or if float64 cannot hold that few steps. Requires n of at least 2.
func SpacingOf(lo, hi float64, n int) (s Spacing, ok bool) {
	width := hi/float64(n) - lo/float64(n) // hi-lo may be beyond float64
	if !(width > 0) || math.IsInf(width, 0) {
		return s, false
	}
	s = Spacing{1, int(math.Floor(math.Log10(width)))}
	for range 9 { // a few steps are skipped, since the ends are moved outwards
		size := s.Size()
		if size > 0 && !math.IsInf(size, 0) && math.Ceil(hi/size)-math.Floor(lo/size) <= float64(n) {
			return s, true
		}
		s = s.next()
	}
	return s, false
}

// Size returns the step as a float: 0.1 is the float64 nearest to it.
func (s Spacing) Size() float64 { return s.Times(1) }

// Times returns k steps, as the float64 nearest to the decimal.
func (s Spacing) Times(k float64) float64 {
	v, _ := strconv.ParseFloat(s.Text(k), 64) // out of range: an infinity, or 0
	return v
}

// Text returns k steps, a whole number, as a JSON number: "-20", "1e-05".
func (s Spacing) Text(k float64) string {
	text := strconv.FormatFloat(k*float64(s.Digit), 'f', 0, 64)
	if s.Exponent == 0 || k == 0 {
		return text
	}
	return text + "e" + strconv.Itoa(s.Exponent)
}

// next returns the next larger step.
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

// Ticks returns the round values from lo to hi, in rising order: at most n of one step. If
// lo and hi are equal, there is that one, in the middle. Requires n of at least 2.
func Ticks(lo, hi float64, n int) []Tick {
	if lo == hi {
		return []Tick{{At: 0.5, Value: lo, Label: FormatNumber(lo)}}
	}
	step, ok := SpacingOf(lo, hi, n+1) // n+1 steps have n edges between them
	if !ok {
		return []Tick{{At: 0, Value: lo, Label: FormatNumber(lo)}, {At: 1, Value: hi, Label: FormatNumber(hi)}}
	}
	var all []Tick
	var values []float64
	for k := math.Ceil(lo / step.Size()); ; k++ {
		v := step.Times(k)
		if v > hi || len(all) > n+1 {
			break
		}
		if v < lo {
			continue
		}
		all = append(all, Tick{At: (v/2 - lo/2) / (hi/2 - lo/2), Value: v})
		values = append(values, v)
	}
	for i, label := range FormatAligned(values, max(0, -step.Exponent)) {
		all[i].Label = label
	}
	return all
}
