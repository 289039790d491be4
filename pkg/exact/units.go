package exact

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// Units returns d in units of 10^-decimals; false if that is no integer, or one
// of over 62 bits.
func (d Dec) Units(decimals uint8) (int64, bool) {
	if d.scale == decimals && d.big == nil {
		sign := allOnes(d.neg)
		return int64(d.c ^ sign - sign), d.c>>62 == 0
	}
	k := decimals - d.scale // wraps to over 200 if d is finer
	if d.big != nil || int(k) >= len(pow10) {
		return 0, false
	}
	h, x := bits.Mul64(d.c, pow10[k])
	sign := allOnes(d.neg)
	return int64(x ^ sign - sign), h|x>>62 == 0
}

// Units returns n × 10^-decimals, of at most 24 decimals.
func Units(n int64, decimals uint8) Dec {
	d := Int(n)
	c, scale := trim(d.c, int(decimals))
	return Dec{c: c, neg: d.neg, scale: uint8(scale)}
}

// Divisor is den × 10^decimals, by which integers are divided, one after the other.
type Divisor struct {
	form  form
	milli uint64 // 1/d in units of 10^-3, if that is a whole number;
	below uint64 // numbers below this have a text by threes then. Else 0
}

// NewDivisor is for a den from 1 to 2^56-1, and at most 12 decimals.
func NewDivisor(den int64, decimals uint8) Divisor {
	d := Divisor{form: newForm(ratio, uint64(den), decimals)}
	if den < int64(len(finiteQuotients)) {
		e := finiteQuotients[den]
		if scale := uint32(decimals) + e.more; scale < uint32(len(milliPer)) {
			d.milli = uint64(e.times * milliPer[scale])
			d.below = 1e9 / d.milli
		}
	}
	return d
}

// Of returns num / d, which prints as a float64.
func (d *Divisor) Quotient(num int64) Value { return Value{num: fromInt(num), form: d.form} }

// Threes reports whether ByThrees writes any quotient at all.
func (d *Divisor) CanFormatMilli() bool { return d.below > 0 }

// ByThrees is Brief of Of(num), a quotient below a million that ends within three decimals, which
// it writes three digits at a time; 0 is no. (It calls nothing.)
func (d *Divisor) FormatMilli(num int64, out *[Room]byte) int {
	neg := uint64(num) >> 63
	lo := uint64(num^num>>63) + neg
	if lo >= d.below {
		return 0
	}
	out[0] = '-'
	n := uint32(neg)
	c := uint32(lo * d.milli)
	whole := c / 1000
	if whole < 1000 {
		w := triplets.front[whole]
		binary.LittleEndian.PutUint32(out[n:], w)
		n += w >> 24
	} else {
		top := whole / 1000
		w := triplets.front[top%1000]
		binary.LittleEndian.PutUint32(out[n:], w)
		n += w >> 24
		binary.LittleEndian.PutUint32(out[n&7:], triplets.inside[(whole-top*1000)%1000])
		n += 3
	}
	w := triplets.behind[(c-whole*1000)%1000]
	binary.LittleEndian.PutUint32(out[n&15:], w<<8|'.')
	return int(n + w>>24)
}

// Ratio returns num × 10^-decimals / den, of at most 12 decimals, which prints as
// a float64; null unless den > 0.
func Ratio(num int64, decimals uint8, den int64) Value {
	if uint64(den)-1 >= maxDen {
		if den <= 0 {
			return Value{}
		}
		return fractional(Units(num, decimals).toBig(), big.NewInt(den))
	}
	return Value{num: fromInt(num), form: newForm(ratio, uint64(den), decimals)}
}
