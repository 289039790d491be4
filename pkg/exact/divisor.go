package exact

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// Units returns d in units of 10^-decimals. It returns false if that is not an
// integer or has over 62 bits. Two bits remain free, so that the callers can
// subtract two such numbers, or add 1, without a test for overflow.
func (d Dec) Units(decimals uint8) (int64, bool) {
	// (c ^ sign) - sign negates c if sign is all ones.
	if d.scale == decimals && d.big == nil {
		sign := allOnes(d.neg)
		return int64(d.c ^ sign - sign), d.c>>62 == 0
	}
	k := decimals - d.scale // wraps to over 200 if d has more decimals
	if d.big != nil || int(k) >= len(pow10) {
		return 0, false
	}
	h, x := bits.Mul64(d.c, pow10[k])
	sign := allOnes(d.neg)
	return int64(x ^ sign - sign), h|x>>62 == 0
}

// FromUnits returns n × 10^-decimals. Requires decimals <= 24.
func FromUnits(n int64, decimals uint8) Dec {
	d := Int(n)
	c, scale := trim(d.c, int(decimals))
	return Dec{c: c, neg: d.neg, scale: uint8(scale)}
}

// Divisor divides a series of integers by den × 10^decimals. What depends on the
// divisor alone is computed once.
//
// Invariant: if den < 128 and 1/divisor is milli × 10^-3 for an integer milli, a num
// with |num| < below has a quotient of less than 10^9 thousandths, and FormatMilli
// can write it. Otherwise both are 0.
type Divisor struct {
	form  form
	milli uint64
	below uint64
}

// NewDivisor returns a divisor. Requires 1 <= den < 2^56 and decimals <= 12.
//
// Why 12: it is maxScale/2. Up to there Value.small holds for most den; above, it
// fails often, and rounding is slow. See total.makeSmall.
func NewDivisor(den int64, decimals uint8) Divisor {
	d := Divisor{form: newForm(ratio, uint64(den), decimals)}
	if den < int64(len(finiteQuotients)) {
		e := finiteQuotients[den]
		scale := uint32(decimals) + e.decimals
		if scale < uint32(len(milliPer)) {
			d.milli = uint64(e.times * milliPer[scale]) // at most 10^3 × 10^3
			d.below = 1e9 / d.milli
		}
	}
	return d
}

// Quotient returns num divided by d, which prints as a float64.
func (d *Divisor) Quotient(num int64) Value { return Value{num: fromInt(num), form: d.form} }

// CanFormatMilli reports whether there are quotients that FormatMilli writes.
func (d *Divisor) CanFormatMilli() bool { return d.below > 0 }

// FormatMilli writes d.Quotient(num) as Value.Append does with digits < 0 and
// returns the length, if the quotient is below a million in magnitude and
// CanFormatMilli holds. Otherwise it returns 0.
//
// It computes the quotient in thousandths, by a multiplication, and writes it in
// groups of three digits, each from a table; see triplets. A group is stored as
// four bytes, of which the last ones may be too many: the next group or the
// caller overwrites them. It has at most 9 significant digits, so it is its own
// shortest text (see Value.appendFinite).
//
// The masks and the remainders by 1000 change nothing. They tell the compiler
// that an index is in range: n is at most 4 before the second group and at most 7
// before the fraction. The function calls nothing, so it needs no stack frame.
func (d *Divisor) FormatMilli(num int64, out *[FormatSize]byte) int {
	neg := uint64(num) >> 63
	lo := uint64(num^num>>63) + neg // |num|
	if lo >= d.below {
		return 0
	}
	out[0] = '-' // overwritten if num is not negative
	n := uint32(neg)
	c := uint32(lo * d.milli) // below 10^9
	whole := c / 1000
	if whole < 1000 {
		w := triplets.leading[whole]
		binary.LittleEndian.PutUint32(out[n:], w)
		n += w >> 24
	} else {
		top := whole / 1000
		w := triplets.leading[top%1000]
		binary.LittleEndian.PutUint32(out[n:], w)
		n += w >> 24
		binary.LittleEndian.PutUint32(out[n&7:], triplets.inner[(whole-top*1000)%1000])
		n += 3
	}
	w := triplets.fraction[(c-whole*1000)%1000]
	binary.LittleEndian.PutUint32(out[n&15:], w<<8|'.') // w<<8 drops the length
	return int(n + w>>24)
}

// Ratio returns num × 10^-decimals / den, which prints as a float64. It is null
// unless den > 0. Requires decimals <= 12, as NewDivisor does.
//
// uint64(den)-1 wraps for den = 0 and is large for a negative den, so one
// comparison finds all that needs care.
func Ratio(num int64, decimals uint8, den int64) Value {
	if uint64(den)-1 >= maxDen {
		if den <= 0 {
			return Value{}
		}
		return ratioValue(FromUnits(num, decimals).toBig(), big.NewInt(den))
	}
	return Value{num: fromInt(num), form: newForm(ratio, uint64(den), decimals)}
}
