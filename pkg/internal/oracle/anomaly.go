package oracle

import (
	"math/big"
	"strings"
)

// Baseline is what readings are compared with, and how far from it one may be.
type Baseline struct {
	Center *big.Rat // the mean or the median

	limit   *big.Rat // nil: none is exceeded
	squared bool     // limit is the square of it, as a standard deviation has no exact root
}

// NewBaseline returns that of one or more readings, for a limit as --deviation has it: 20%, 3sd
// or 3mad.
func NewBaseline(limit string, set []Reading) Baseline {
	unit := strings.TrimLeft(limit, "0123456789.")
	b := Baseline{Center: Mean(set), limit: Number(strings.TrimSuffix(limit, unit))}
	switch unit {
	case "%":
		b.limit.Mul(b.limit, abs(b.Center)).Quo(b.limit, big.NewRat(100, 1))
	case "sd":
		if len(set) < 2 {
			b.limit = nil
			break
		}
		b.limit.Mul(b.limit, b.limit).Mul(b.limit, Variance(set))
		b.squared = true
	case "mad":
		sorted := Sorted(set)
		b.Center = Quantile(sorted, big.NewRat(1, 2), AllBits)
		b.limit.Mul(b.limit, MAD(sorted, AllBits))
	default:
		panic("oracle: not a limit: " + limit)
	}
	return b
}

// Distance returns how far v is from the center.
func (b Baseline) Distance(v *big.Rat) *big.Rat { return abs(new(big.Rat).Sub(v, b.Center)) }

// Exceeded reports whether v is farther from the center than the limit.
func (b Baseline) Exceeded(v *big.Rat) bool {
	d := b.Distance(v)
	if b.squared {
		d.Mul(d, d)
	}
	return b.limit != nil && d.Cmp(b.limit) > 0
}

// Percent returns what weir prints for how many percent of the magnitude of center v differs from
// it; digits is as for Stat.
func Percent(v, center *big.Rat, digits int) string {
	if center.Sign() == 0 {
		return "null"
	}
	off := new(big.Rat).Sub(v, center)
	off.Quo(off, abs(center))
	return Float(off.Mul(off, big.NewRat(100, 1)), digits)
}

func abs(r *big.Rat) *big.Rat { return new(big.Rat).Abs(r) }
