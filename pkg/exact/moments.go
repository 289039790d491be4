package exact

import (
	"bytes"
	"math/big"
	"math/bits"
)

// Moments is a Sum that also totals the squares, from which the variance
// follows. The zero value is empty, copies are independent, and one goroutine
// at a time may use it, as with a Sum. It takes 80 bytes.
//
// The textbook formula (n Σx² - (Σx)²) / n(n-1) is notorious with floats,
// where the difference of two large, nearly equal numbers has no correct digit
// left. Here both totals are exact, and so is their difference.
//
// Invariants: the squares count in units of 10^-sq.scale, and sq.scale is
// even. Usually sq.scale is twice sum.scale, so that one scaled number and its
// square can be added; the fast path tests it. They differ when only one of
// the totals changes its scale, and alignScales brings them together again.
type Moments struct {
	sum Sum
	sq  total[int256]
}

// Sum returns the sum of the numbers. It is a copy, which may be used further.
func (m *Moments) Sum() (sum Sum) {
	sum.Merge(&m.sum)
	return sum
}

// Add adds d to the totals.
func (m *Moments) Add(d Dec) { m.accumulate(d, false) }

// Remove subtracts d from the totals.
func (m *Moments) Remove(d Dec) { m.accumulate(d, true) }

// accumulate adds d and its square, or subtracts them if minus is set.
//
// The fast path brings d into the unit of the sum with one multiplication. It
// requires that the result x has 64 bits (over is 0) and that the unit of the
// squares is the square of that unit, so that x² has the right scale. x² has
// 128 bits; it is added in 256. As in Sum.accumulate, a subtraction inverts
// all bits and adds 1. Words above those of the operand are its sign, all
// zeros or all ones. An addition overflowed if the sign of the result differs
// from that of both operands; full collects that bit of both totals.
func (m *Moments) accumulate(d Dec, minus bool) {
	k := m.sum.scale - d.scale // wraps to over 200 if d has more decimals
	if d.big != nil || int(k) >= len(pow10) || m.sq.scale != 2*m.sum.scale {
		m.accumulateSlow(d, minus)
		return
	}
	over, x := bits.Mul64(d.c, pow10[k])
	sign := allOnes(d.neg != minus)
	lo, c := bits.Add64(m.sum.num.lo, x^sign, sign&1)
	hi, _ := bits.Add64(m.sum.num.hi, sign, c)
	full := (m.sum.num.hi ^ hi) & (sign ^ hi)

	sign = allOnes(minus)
	h, l := bits.Mul64(x, x)
	var sq int256
	sq.a, c = bits.Add64(m.sq.num.a, l^sign, sign&1)
	sq.b, c = bits.Add64(m.sq.num.b, h^sign, c)
	sq.c, c = bits.Add64(m.sq.num.c, sign, c)
	sq.d, _ = bits.Add64(m.sq.num.d, sign, c)
	full |= (m.sq.num.d ^ sq.d) & (sign ^ sq.d)
	if over != 0 || int64(full) < 0 {
		m.accumulateSlow(d, minus)
		return
	}
	m.sum.num, m.sq.num = int128{hi, lo}, sq
}

// accumulateSlow is accumulate for every d.
func (m *Moments) accumulateSlow(d Dec, minus bool) {
	m.sum.accumulate(d, minus)
	if d.big != nil {
		m.sq.addBig(bigDec{new(big.Int).Mul(d.big.c, d.big.c), 2 * d.big.scale}, minus)
		return
	}
	if 2*d.scale < m.sq.scale {
		m.sq.rescale()
	}
	m.sq.add(square(0, d.c), 2*d.scale, minus)
	m.alignScales()
}

// alignScales raises the lower of the two scales so that sq.scale is twice
// sum.scale. It reports whether the numbers fit then; to add zero at a scale is
// to convert a total to it.
func (m *Moments) alignScales() bool {
	scale := max(m.sum.scale, m.sq.scale/2)
	return (scale == m.sum.scale || m.sum.addSmall(int128{}, scale, false)) &&
		(2*scale == m.sq.scale || m.sq.addSmall(int256{}, 2*scale, false))
}

// Merge adds everything that o holds. It does not change o, which may be m.
func (m *Moments) Merge(o *Moments) {
	m.sum.Merge(&o.sum)
	m.sq.merge(o.sq, false)
}

// Subtract removes everything that o holds. It does not change o.
func (m *Moments) Subtract(o *Moments) {
	m.sum.Subtract(&o.sum)
	m.sq.merge(o.sq, true)
}

// Equal reports whether both have the same totals. It does not change o.
func (m *Moments) Equal(o *Moments) bool {
	d := *m
	d.Subtract(o)
	return d.sum.isZero() && d.sq.isZero()
}

// Value returns the total, which prints exactly.
func (m *Moments) Value() Value { return m.sum.Value() }

// Mean returns the total divided by n, which prints as a float64. It is null
// unless n > 0.
func (m *Moments) Mean(n int64) Value { return m.sum.Mean(n) }

// Var returns the sample variance of n readings (with the divisor n-1), which
// prints as a float64. It is null unless n > 1.
func (m *Moments) Var(n int64) Value { return m.moment(n, ratio) }

// SD returns the sample standard deviation, the square root of Var.
func (m *Moments) SD(n int64) Value { return m.moment(n, root) }

// moment returns (n Σx² - (Σx)²) / n(n-1), or its root if k is root. By the
// inequality of Cauchy and Schwarz the numerator is not negative for n readings;
// if the caller's n is wrong, it may be, and the result is null.
func (m *Moments) moment(n int64, k kind) Value {
	if n < 2 {
		return Value{}
	}
	v, ok := m.smallMoment(uint64(n))
	if !ok {
		v = m.bigMoment(big.NewInt(n))
	}
	if v.Sign() < 0 {
		return Value{}
	}
	v.form = v.form&^3 | form(k) // the lowest two bits are the kind
	return v
}

// smallMoment computes the moment in 256 bits. It returns false if the totals
// are not small, if the numerator is negative or has over 127 bits, or if
// n(n-1) does not fit a form.
func (m *Moments) smallMoment(n uint64) (v Value, ok bool) {
	if !m.sum.makeSmall() || !m.sq.makeSmall() || !m.alignScales() {
		return v, false
	}
	// Both terms count in units of 10^-sq.scale: squaring the sum doubles its scale.
	nq, ok1 := m.sq.num.mul(n)
	diff, ok2 := nq.sub(square(m.sum.num.abs()))
	over, den := bits.Mul64(n, n-1)
	if !ok1 || !ok2 || den > maxDen || over|diff.d|diff.c != 0 || int64(diff.b) < 0 {
		return v, false
	}
	return Value{num: int128{diff.b, diff.a}, form: newForm(ratio, den, m.sq.scale)}, true
}

// bigMoment computes the moment with math/big.
func (m *Moments) bigMoment(n *big.Int) Value {
	sum, sq := m.sum.toBig(), m.sq.toBig()
	sq.c = new(big.Int).Mul(sq.c, n)
	sum = bigDec{new(big.Int).Mul(sum.c, sum.c), 2 * sum.scale}
	den := new(big.Int).Sub(n, big.NewInt(1))
	return ratioValue(sq.add(sum, true), den.Mul(den, n))
}

// Append appends the totals as ParseMoments reads them back: the sum, a space
// and the sum of the squares, each in the text form of a Dec. The text depends
// on the totals alone, not on how they came about.
func (m *Moments) Append(dst []byte) []byte {
	dst = append(m.sum.Append(dst), ' ')
	out, ok := m.appendSmallSquares(dst)
	if ok {
		return out
	}
	w := m.sq.toBig()
	return newDec(false, new(big.Int).Set(w.c), w.scale).Append(dst)
}

// ParseMoments reads what Append wrote. Its errors are those of ParseSum, but for
// the sum of squares ErrRange reports 10^661 or more, and ErrFine reports non-zero
// digits below 10^-2200.
func ParseMoments(text []byte) (Moments, error) {
	var m Moments
	left, right, _ := bytes.Cut(text, []byte{' '})
	sum, err := ParseSum(left)
	if err != nil {
		return m, err
	}
	m.sum = sum
	if m.setSquares(right) {
		return m, nil
	}
	m.sq = total[int256]{}
	d, err := parse(right, maxSquareExp, 2*maxParseScale)
	if err != nil {
		return m, err
	}
	w := d.toBig()
	m.sq.addBig(w, false)
	m.sq.normalize()
	return m, nil
}
