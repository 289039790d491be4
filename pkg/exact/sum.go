package exact

import (
	"math/big"
	"math/bits"
)

const (
	sumTop    = 340 // decimal exponent of the largest sum: 2^63 times the largest float64
	squareTop = 660 // the same of a sum of squares
)

// Sum is a running total that does not round. The zero value is empty. A Sum
// may be copied like a number: the copies are independent. One goroutine at a
// time, for reading too. 32 bytes.
//
// Removing what was not added is no error: the total is then that of a
// negative number of readings.
type Sum struct{ total[int128] }

// Add adds d to the total.
func (s *Sum) Add(d Dec) { s.count(d, false) }

// Remove takes d away from the total.
func (s *Sum) Remove(d Dec) { s.count(d, true) }

// count adds or removes d.
func (s *Sum) count(d Dec, minus bool) {
	k := s.scale - d.scale // wraps to over 200 if d is finer
	if d.big != nil || int(k) >= len(pow10) {
		s.addSlow(d, minus)
		return
	}
	sign := allOnes(d.neg != minus)
	h, l := bits.Mul64(d.c, pow10[k])
	lo, carry := bits.Add64(s.num.lo, l^sign, sign&1)
	hi, _ := bits.Add64(s.num.hi, h^sign, carry)
	if int64(h|(s.num.hi^hi)&(h^sign^hi)) < 0 {
		s.addSlow(d, minus)
		return
	}
	s.num = int128{hi, lo}
}

// allOnes is -1 for true, else 0.
func allOnes(b bool) (m uint64) {
	if b {
		m = 1
	}
	return -m
}

func (s *Sum) addSlow(d Dec, minus bool) {
	if d.big != nil {
		s.overflow(*d.big, minus)
		return
	}
	if d.scale < s.scale {
		s.rescale()
	}
	x, _ := d.at(d.scale)
	s.add(x, d.scale, minus)
}

// Merge adds all that o holds; o stays as it is.
func (s *Sum) Merge(o *Sum) { s.merge(o.total, false) }

// Take removes all that o holds; o stays as it is.
func (s *Sum) Subtract(o *Sum) { s.merge(o.total, true) }

// Value returns the total, which prints exactly.
func (s *Sum) Value() Value {
	if s.small() {
		return Value{num: s.num, form: newForm(plain, 1, s.scale)}
	}
	return whole(s.whole())
}

// Mean returns the n-th part of the total, which prints as a float64; null
// unless n > 0.
func (s *Sum) Mean(n int64) Value {
	if s.big != nil || s.scale > maxScale/2 || uint64(n)-1 >= maxDen {
		return s.slowMean(n)
	}
	return Value{num: s.num, form: newForm(ratio, uint64(n), s.scale)}
}

func (s *Sum) slowMean(n int64) Value {
	if n <= 0 {
		return Value{}
	}
	if s.small() && n <= maxDen {
		return Value{num: s.num, form: newForm(ratio, uint64(n), s.scale)}
	}
	return fractional(s.whole(), big.NewInt(n))
}

// Dec returns the total as a number, which may be beyond what Parse accepts.
func (s *Sum) Dec() Dec {
	if s.small() {
		if hi, lo := s.num.abs(); hi == 0 {
			c, scale := trim(lo, int(s.scale))
			return Dec{c: c, neg: s.num.neg(), scale: uint8(scale)}
		}
	}
	w := s.whole()
	return normal(false, new(big.Int).Set(w.c), w.scale)
}

// Append appends the total as ParseSum reads it back, in the text form of a
// Dec: it depends on the total alone.
func (s *Sum) Append(dst []byte) []byte { return s.Dec().Append(dst) }

// ParseSum reads what Append wrote. The errors are those of Parse.
func ParseSum(text []byte) (Sum, error) {
	var s Sum
	d, err := parse(text, sumTop, maxFine)
	if err == nil {
		s.Add(d)
	}
	return s, err
}
