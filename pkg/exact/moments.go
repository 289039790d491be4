package exact

import (
	"bytes"
	"math/big"
	"math/bits"
)

// Spread is a Sum that keeps the sum of the squares too, for variances. The
// zero value is empty, copies are independent, as those of a Sum are. One
// goroutine at a time, for reading too. 80 bytes.
type Moments struct {
	sum Sum
	sq  total[int256] // its scale is even: twice that of what was squared
}

// Add adds d to the totals.
func (s *Moments) Add(d Dec) { s.count(d, false) }

// Remove takes d away from the totals.
func (s *Moments) Remove(d Dec) { s.count(d, true) }

// count adds or removes d. One multiplication brings it into the unit of both
// totals, as long as the squares count in squares of the other's.
func (s *Moments) count(d Dec, minus bool) {
	k := s.sum.scale - d.scale // wraps to over 200 if d is finer
	if d.big != nil || int(k) >= len(pow10) || s.sq.scale != 2*s.sum.scale {
		s.addSlow(d, minus)
		return
	}
	over, x := bits.Mul64(d.c, pow10[k])
	sign := allOnes(d.neg != minus)
	lo, c := bits.Add64(s.sum.num.lo, x^sign, sign&1)
	hi, _ := bits.Add64(s.sum.num.hi, sign, c)
	full := (s.sum.num.hi ^ hi) & (sign ^ hi)

	sign = allOnes(minus)
	h, l := bits.Mul64(x, x)
	var sq int256
	sq.a, c = bits.Add64(s.sq.num.a, l^sign, sign&1)
	sq.b, c = bits.Add64(s.sq.num.b, h^sign, c)
	sq.c, c = bits.Add64(s.sq.num.c, sign, c)
	sq.d, _ = bits.Add64(s.sq.num.d, sign, c)
	full |= (s.sq.num.d ^ sq.d) & (sign ^ sq.d)
	if over != 0 || int64(full) < 0 {
		s.addSlow(d, minus)
		return
	}
	s.sum.num, s.sq.num = int128{hi, lo}, sq
}

func (s *Moments) addSlow(d Dec, minus bool) {
	s.sum.count(d, minus)
	if d.big != nil {
		s.sq.overflow(bigDec{new(big.Int).Mul(d.big.c, d.big.c), 2 * d.big.scale}, minus)
		return
	}
	if 2*d.scale < s.sq.scale {
		s.sq.rescale()
	}
	s.sq.add(square(0, d.c), 2*d.scale, minus)
	s.alignScales()
}

// match brings the squares to the square of the sum's unit, or the other way
// round, and says whether that fits.
func (s *Moments) alignScales() bool {
	scale := max(s.sum.scale, s.sq.scale/2)
	return (scale == s.sum.scale || s.sum.addSmall(int128{}, scale, false)) &&
		(2*scale == s.sq.scale || s.sq.addSmall(int256{}, 2*scale, false))
}

// Merge adds all that o holds; o stays as it is.
func (s *Moments) Merge(o *Moments) {
	s.sum.Merge(&o.sum)
	s.sq.merge(o.sq, false)
}

// Take removes all that o holds; o stays as it is.
func (s *Moments) Subtract(o *Moments) {
	s.sum.Subtract(&o.sum)
	s.sq.merge(o.sq, true)
}

// Value returns the total, which prints exactly.
func (s *Moments) Value() Value { return s.sum.Value() }

// Mean returns the n-th part of the total, which prints as a float64; null
// unless n > 0.
func (s *Moments) Mean(n int64) Value { return s.sum.Mean(n) }

// Var returns the variance of n readings as a sample (divided by n-1), which
// prints as a float64; null unless n > 1.
func (s *Moments) Var(n int64) Value { return s.moment(n, ratio) }

// SD returns the standard deviation, the square root of Var.
func (s *Moments) SD(n int64) Value { return s.moment(n, root) }

// moment returns (n Σx² - (Σx)²) / n(n-1). Null also when that is negative, as
// it is for no n readings.
func (s *Moments) moment(n int64, k kind) Value {
	if n < 2 {
		return Value{}
	}
	v, ok := s.smallMoment(uint64(n))
	if !ok {
		v = s.bigMoment(big.NewInt(n))
	}
	if v.Sign() < 0 {
		return Value{}
	}
	v.form = v.form&^3 | form(k)
	return v
}

func (s *Moments) smallMoment(n uint64) (v Value, ok bool) {
	if !s.sum.small() || !s.sq.small() || !s.alignScales() {
		return v, false
	}
	nq, ok1 := s.sq.num.mul(n)
	diff, ok2 := nq.sub(square(s.sum.num.abs()))
	over, den := bits.Mul64(n, n-1)
	if !ok1 || !ok2 || den > maxDen || over|diff.d|diff.c != 0 || int64(diff.b) < 0 {
		return v, false
	}
	return Value{num: int128{diff.b, diff.a}, form: newForm(ratio, den, s.sq.scale)}, true
}

func (s *Moments) bigMoment(n *big.Int) Value {
	sum, sq := s.sum.whole(), s.sq.whole()
	sq.c = new(big.Int).Mul(sq.c, n)
	sum = bigDec{new(big.Int).Mul(sum.c, sum.c), 2 * sum.scale}
	den := new(big.Int).Sub(n, big.NewInt(1))
	return fractional(sq.add(sum, true), den.Mul(den, n))
}

// Append appends the totals as ParseSpread reads them back: the sum, a space
// and the sum of the squares, each in the text form of a Dec. It depends on
// the totals alone.
func (s *Moments) Append(dst []byte) []byte {
	dst = append(s.sum.Append(dst), ' ')
	w := s.sq.whole()
	return normal(false, new(big.Int).Set(w.c), w.scale).Append(dst)
}

// ParseSpread reads what Append wrote. The errors are those of Parse.
func ParseMoments(text []byte) (Moments, error) {
	var s Moments
	left, right, _ := bytes.Cut(text, []byte{' '})
	sum, err := ParseSum(left)
	if err != nil {
		return s, err
	}
	d, err := parse(right, squareTop, 2*maxFine)
	if err != nil {
		return s, err
	}
	w := d.toBig()
	s.sum = sum
	s.sq.overflow(w, false)
	s.sq.normalize()
	return s, nil
}
