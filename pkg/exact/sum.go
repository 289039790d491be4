package exact

import (
	"math/big"
	"math/bits"
)

const (
	// maxSumExp is the decimal exponent of the largest sum that ParseSum
	// accepts: 2^63 readings of the largest float64 are below 10^328, and
	// there is some margin.
	maxSumExp = 340
	// maxSquareExp is the same for a sum of squares: 2^63 × (1.8e308)² < 10^637.
	maxSquareExp = 660
)

// Sum is a running total that does not round. The zero value is empty, with
// the total 0. Copies are independent. It takes 32 bytes.
//
// A Sum does not count its readings: the caller passes their number to Mean.
// Removing what was not added is not an error, the total is then that of a
// negative number of readings.
//
// Methods that read, such as Value, may change the representation. A Sum must
// not be used from two goroutines at once, not even for reading.
type Sum struct{ total[int128] }

// Add adds d to the total.
func (s *Sum) Add(d Dec) { s.accumulate(d, false) }

// Remove subtracts d from the total.
func (s *Sum) Remove(d Dec) { s.accumulate(d, true) }

// accumulate adds d, or subtracts it if minus is set.
//
// The fast path is for a small d with at most 19 decimals less than the total
// counts in: d.c × 10^k is below 2^64 × 2^64, so the product (h,l) fits 128
// bits unsigned. To subtract, all bits are inverted (by XOR with all ones) and
// 1 is added, as the carry into the lowest word.
//
// It must not be used where the result does not fit 128 bits signed. That is
// so in two cases, which one test of a sign bit covers: the product is at
// least 2^127 (the top bit of h is set), or the signed addition overflows, as
// the result's sign differs from that of both operands. The carry does not
// disturb the latter: it only occurs with an inverted, thus negative, operand.
func (s *Sum) accumulate(d Dec, minus bool) {
	k := s.scale - d.scale // wraps to over 200 if d has more decimals than s
	if d.big != nil || int(k) >= len(pow10) {
		s.accumulateSlow(d, minus)
		return
	}
	sign := allOnes(d.neg != minus)
	h, l := bits.Mul64(d.c, pow10[k])
	lo, carry := bits.Add64(s.num.lo, l^sign, sign&1)
	hi, _ := bits.Add64(s.num.hi, h^sign, carry)
	if int64(h|(s.num.hi^hi)&(h^sign^hi)) < 0 {
		s.accumulateSlow(d, minus)
		return
	}
	s.num = int128{hi, lo}
}

// allOnes returns 64 set bits for true and 0 for false, without a branch.
func allOnes(b bool) (m uint64) {
	if b {
		m = 1
	}
	return -m
}

// accumulateSlow is accumulate for every d.
func (s *Sum) accumulateSlow(d Dec, minus bool) {
	if d.big != nil {
		s.addBig(*d.big, minus)
		return
	}
	if d.scale < s.scale {
		s.rescale()
	}
	x, _ := d.atScale(d.scale)
	s.add(x, d.scale, minus)
}

// Merge adds everything that o holds. It does not change o, which may be s.
func (s *Sum) Merge(o *Sum) { s.merge(o.total, false) }

// Subtract removes everything that o holds. It does not change o.
func (s *Sum) Subtract(o *Sum) { s.merge(o.total, true) }

// Equal reports whether both have the same total. It does not change o.
func (s *Sum) Equal(o *Sum) bool {
	d := *s
	d.Subtract(o)
	return d.isZero()
}

// Value returns the total, which prints exactly.
func (s *Sum) Value() Value {
	if s.makeSmall() {
		return Value{num: s.num, form: newForm(plain, 1, s.scale)}
	}
	return exactValue(s.toBig())
}

// Mean returns the total divided by n, which prints as a float64. It is null
// unless n > 0.
//
// It is short so that it is inlined. uint64(n)-1 wraps for n = 0 and is large
// for a negative n, so one comparison covers both ends of the range. A scale
// over maxScale/2 goes the slow path, which may be able to lower it.
func (s *Sum) Mean(n int64) Value {
	if s.big != nil || s.scale > maxScale/2 || uint64(n)-1 >= maxDen {
		return s.slowMean(n)
	}
	return Value{num: s.num, form: newForm(ratio, uint64(n), s.scale)}
}

// slowMean is Mean for every state and n.
func (s *Sum) slowMean(n int64) Value {
	if n <= 0 {
		return Value{}
	}
	if s.makeSmall() && n <= maxDen {
		return Value{num: s.num, form: newForm(ratio, uint64(n), s.scale)}
	}
	return ratioValue(s.toBig(), big.NewInt(n))
}

// Dec returns the total as a number, which may be larger than Parse accepts.
func (s *Sum) Dec() Dec {
	if s.makeSmall() {
		hi, lo := s.num.abs()
		if hi == 0 {
			c, scale := trim(lo, int(s.scale))
			return Dec{c: c, neg: s.num.neg(), scale: uint8(scale)}
		}
	}
	w := s.toBig()
	return newDec(false, new(big.Int).Set(w.c), w.scale)
}

// Append appends the total in the text form of a Dec, which ParseSum reads
// back. The text depends on the total alone, not on how it came about.
func (s *Sum) Append(dst []byte) []byte {
	out, ok := s.appendSmall(dst)
	if ok {
		return out
	}
	return s.Dec().Append(dst)
}

// ParseSum reads what Append wrote. Its errors are those of Parse, but ErrRange
// reports a sum of 10^341 or more.
func ParseSum(text []byte) (Sum, error) {
	var s Sum
	if s.setText(text) {
		return s, nil
	}
	d, err := parse(text, maxSumExp, maxParseScale)
	if err == nil {
		s.Add(d)
	}
	return s, err
}
