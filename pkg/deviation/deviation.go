// Package deviation decides which readings are anomalies: those that differ from a baseline,
// which is the mean or the median of some readings, by more than a limit. The filters mavg and
// stats, recent and cli import it.
//
// [Parse] reads a [Limit], such as 20%, 3sd or 3mad. [Baseline.Set] computes the baseline and
// the limit of a set of readings, and [Baseline.Exceeded] judges a reading by them.
//
// Whether a reading is an anomaly is decided exactly: by floats if these differ by more than
// their rounding errors may be, else by exact arithmetic.
package deviation

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"weir/pkg/agg"
	"weir/pkg/exact"
)

// Kind is the unit of a limit.
type Kind uint8

// The kinds of limits.
const (
	None    Kind = iota // There is no limit, and no anomaly.
	Percent             // A share of the mean's magnitude.
	SDs                 // A number of standard deviations of the sample, from the mean.
	MADs                // A number of median absolute deviations, from the median.
)

// suffixes are how limits end, by kind.
var suffixes = [...]string{Percent: "%", SDs: "sd", MADs: "mad"}

// Limit is how far a reading may be from a baseline: Factor times the mean's magnitude, or times
// the standard deviation, or times the median absolute deviation. 20% has the Factor 0.2. The
// zero value is no limit.
type Limit struct {
	Kind   Kind
	Factor exact.Dec // at least 0
}

// ErrLimit is the error of Parse.
var ErrLimit = errors.New("not a limit such as 20%, 3sd, 3mad or none")

// Parse reads a limit such as "20%", "3sd", "3mad" or "none". Any other text, and a negative
// number, is ErrLimit.
func Parse(s string) (Limit, error) {
	if s == "none" {
		return Limit{}, nil
	}
	for kind := Percent; kind <= MADs; kind++ {
		number, ok := strings.CutSuffix(s, suffixes[kind])
		if !ok {
			continue
		}
		if kind == Percent {
			number = shifted(number, -2)
		}
		d, err := exact.Parse([]byte(number))
		if err == nil && d.Sign() >= 0 {
			return Limit{kind, d}, nil
		}
	}
	return Limit{}, ErrLimit
}

// String returns the limit as Parse reads it. Equal limits have equal texts.
func (l Limit) String() string {
	if l.Kind == None {
		return "none"
	}
	number := l.Factor.Append(nil)
	if l.Kind == Percent {
		d, err := exact.Parse([]byte(shifted(string(number), 2)))
		if err == nil {
			number = d.Append(nil)
		}
	}
	return string(number) + suffixes[l.Kind]
}

// shifted returns the text of a JSON number times 10^by. Any other text is not one afterwards
// either.
func shifted(number string, by int) string {
	mantissa, exponent, ok := strings.Cut(strings.ToLower(number), "e")
	if !ok {
		return fmt.Sprintf("%se%d", number, by)
	}
	n, err := strconv.Atoi(exponent)
	if err != nil {
		return number
	}
	return fmt.Sprintf("%se%d", mantissa, n+by)
}

// Needs returns what must be kept of a set of readings to compute a baseline and the limit.
func (l Limit) Needs() agg.Needs {
	switch l.Kind {
	case SDs:
		return agg.Needs{Squares: true}
	case MADs:
		return agg.Needs{Quantiles: true, MinMax: true}
	}
	return agg.Needs{}
}

// Baseline is what readings are compared with. The zero value is that of no readings, from which
// nothing differs.
type Baseline struct {
	Center exact.Value // the mean, or the median; null of no readings

	unit   exact.Value // the limit is factor times the magnitude of unit
	factor exact.Dec

	center, limit float64 // Center and the limit as floats; NaN if they have none, which makes all comparisons false
}

// Set computes the baseline of a set of readings that keeps what l needs. If l is None, all that
// is known of it is the Center, the mean.
func (b *Baseline) Set(l Limit, s agg.Summary) {
	switch l.Kind {
	case SDs:
		b.set(l, s.Mean(), s.SD())
	case MADs:
		b.set(l, s.Quantile(1, 2), s.MAD())
	default:
		b.SetMean(l, s.Mean())
	}
}

// SetMean is Set for a set of readings of which the mean is known. Requires that l is a share of
// it, or None.
func (b *Baseline) SetMean(l Limit, mean exact.Value) {
	b.Center, b.unit, b.factor = mean, mean, l.Factor
	b.center, b.limit = math.NaN(), math.NaN()
	x, ok := mean.Float()
	if ok {
		b.center, b.limit = x, math.Abs(x)*l.Factor.Float()
	}
}

// set sets the baseline to center, with factor times the magnitude of unit as the limit.
func (b *Baseline) set(l Limit, center, unit exact.Value) {
	b.SetMean(l, center)
	b.unit, b.limit = unit, math.NaN()
	x, ok := unit.Float()
	if ok {
		b.limit = math.Abs(x) * l.Factor.Float()
	}
}

// Band returns the smallest and the largest reading that is no anomaly, as floats; NaN if there is
// no limit.
func (b *Baseline) Band() (low, high float64) { return b.center - b.limit, b.center + b.limit }

// Exceeded reports whether d differs from the baseline by more than the limit: it is an
// anomaly. A limit of null, which the standard deviation of one reading is, is never exceeded.
func (b *Baseline) Exceeded(d exact.Dec) bool {
	x := d.Float()
	off := math.Abs(x - b.center)
	bound := errorBound(math.Abs(x) + math.Abs(b.center) + b.limit)
	switch {
	case off > b.limit+bound:
		return true
	case off < b.limit-bound:
		return false
	}
	v := d.Minus(b.Center)
	return v.Sign() != 0 && v.Exceeds(b.factor, b.unit)
}

// errorBound returns a bound for the error of a difference of floats; size is the sum of
// their magnitudes. Each float differs from its exact value by at most 2^-52 of itself,
// and so does the result of each operation; 2^-48 leaves room for a few of them. The
// second term covers subnormal numbers.
func errorBound(size float64) float64 { return size*0x1p-48 + 0x1p-1048 }

// Compare returns 1 if d is farther from the baseline than e, 0 if both are equally far, else
// -1.
func (b *Baseline) Compare(d, e exact.Dec) int {
	if d.Cmp(e) == 0 {
		return 0
	}
	x, y := d.Float(), e.Float()
	more := math.Abs(x-b.center) - math.Abs(y-b.center)
	bound := errorBound(math.Abs(x) + math.Abs(y) + math.Abs(b.center))
	switch {
	case more > bound:
		return 1
	case more < -bound:
		return -1
	}
	return magnitude(d.Minus(b.Center)).Cmp(magnitude(e.Minus(b.Center)))
}

func magnitude(v exact.Value) exact.Value {
	if v.Sign() < 0 {
		return v.Negated()
	}
	return v
}

// Off returns by how much d differs from the baseline, and how many percent of the baseline's
// magnitude that is: null if the baseline is 0.
func (b *Baseline) Off(d exact.Dec) (off, percent exact.Value) {
	off = d.Minus(b.Center)
	return off, off.Percent(b.Center)
}
