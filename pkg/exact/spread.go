package exact

import (
	"bytes"
	"math/big"
	"math/bits"
)

// Spread is a Sum that keeps the sum of the squares too, for variances. The
// zero value is empty, copies are independent, as those of a Sum are. One
// goroutine at a time, for reading too. 80 bytes.
type Spread struct {
	sum Sum
	sq  total[int256] // its scale is even: twice that of what was squared
}

// Add adds d to the totals.
func (s *Spread) Add(d Dec) {
	s.sum.Add(d)
	if x, ok := s.fit(d); ok {
		hi, lo := bits.Mul64(x, x)
		if sq, ok := s.sq.num.add(int256{a: lo, b: hi}); ok {
			s.sq.num = sq
			return
		}
	}
	s.slow(d, false)
}

// Remove takes d away from the totals.
func (s *Spread) Remove(d Dec) {
	s.sum.Remove(d)
	if x, ok := s.fit(d); ok {
		hi, lo := bits.Mul64(x, x)
		if sq, ok := s.sq.num.sub(int256{a: lo, b: hi}); ok {
			s.sq.num = sq
			return
		}
	}
	s.slow(d, true)
}

// fit returns the magnitude of d in the unit that the squares are squares of,
// if that is not finer than d's and the result has 64 bits.
func (s *Spread) fit(d Dec) (uint64, bool) {
	k := s.sq.scale/2 - d.scale // wraps to over 200 if d is finer
	if d.far != nil || int(k) >= len(pow10) {
		return 0, false
	}
	hi, lo := bits.Mul64(d.c, pow10[k])
	return lo, hi == 0
}

func (s *Spread) slow(d Dec, minus bool) {
	if d.far != nil {
		s.sq.spill(wide{new(big.Int).Mul(d.far.c, d.far.c), 2 * d.far.scale}, minus)
		return
	}
	if 2*d.scale < s.sq.scale {
		s.sq.ease()
	}
	s.sq.put(square(0, d.c), 2*d.scale, minus)
}

// Merge adds all that o holds; o stays as it is.
func (s *Spread) Merge(o *Spread) {
	s.sum.Merge(&o.sum)
	s.sq.merge(o.sq, false)
}

// Take removes all that o holds; o stays as it is.
func (s *Spread) Take(o *Spread) {
	s.sum.Take(&o.sum)
	s.sq.merge(o.sq, true)
}

// Value returns the total, which prints exactly.
func (s *Spread) Value() Value { return s.sum.Value() }

// Mean returns the n-th part of the total, which prints as a float64; null
// unless n > 0.
func (s *Spread) Mean(n int64) Value { return s.sum.Mean(n) }

// Var returns the variance of n readings as a sample (divided by n-1), which
// prints as a float64; null unless n > 1.
func (s *Spread) Var(n int64) Value { return s.moment(n, ratio) }

// SD returns the standard deviation, the square root of Var.
func (s *Spread) SD(n int64) Value { return s.moment(n, rooted) }

// moment returns (n Σx² - (Σx)²) / n(n-1). Null also when that is negative, as
// it is for no n readings.
func (s *Spread) moment(n int64, k kind) Value {
	if n < 2 {
		return Value{}
	}
	v, ok := s.nearMoment(uint64(n))
	if !ok {
		v = s.farMoment(big.NewInt(n))
	}
	if v.Sign() < 0 {
		return Value{}
	}
	v.kind = k
	return v
}

func (s *Spread) nearMoment(n uint64) (v Value, ok bool) {
	if !s.sum.near() || !s.sq.near() {
		return v, false
	}
	if scale := max(s.sum.scale, s.sq.scale/2); scale != s.sum.scale || 2*scale != s.sq.scale {
		if !s.sum.putNear(int128{}, scale, false) || !s.sq.putNear(int256{}, 2*scale, false) {
			return v, false
		}
	}
	nq, ok1 := s.sq.num.mul(n)
	diff, ok2 := nq.sub(square(s.sum.num.abs()))
	over, den := bits.Mul64(n, n-1)
	if !ok1 || !ok2 || over|diff.d|diff.c != 0 || int64(diff.b) < 0 {
		return v, false
	}
	return Value{num: int128{diff.b, diff.a}, den: den, scale: s.sq.scale}, true
}

func (s *Spread) farMoment(n *big.Int) Value {
	sum, sq := s.sum.whole(), s.sq.whole()
	sq.c = new(big.Int).Mul(sq.c, n)
	sum = wide{new(big.Int).Mul(sum.c, sum.c), 2 * sum.scale}
	den := new(big.Int).Sub(n, big.NewInt(1))
	return Value{far: &fraction{sq.add(sum, true), den.Mul(den, n)}}
}

// Append appends the totals as ParseSpread reads them back: the sum, a space
// and the sum of the squares, each in the text form of a Dec. It depends on
// the totals alone.
func (s *Spread) Append(dst []byte) []byte {
	dst = append(s.sum.Append(dst), ' ')
	w := s.sq.whole()
	return normal(false, new(big.Int).Set(w.c), w.scale).Append(dst)
}

// ParseSpread reads what Append wrote. The errors are those of Parse.
func ParseSpread(text []byte) (Spread, error) {
	var s Spread
	left, right, _ := bytes.Cut(text, []byte{' '})
	sum, err := ParseSum(left)
	if err != nil {
		return s, err
	}
	d, err := parse(right, squareTop, 2*maxFine)
	if err != nil {
		return s, err
	}
	w := d.wide()
	s.sum = sum
	s.sq.spill(w, false)
	s.sq.settle()
	return s, nil
}
