package exact

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// Append appends d as Parse reads it back: without an exponent if 40 digits are
// enough, else as an integer with an exponent, such as -125e299. Equal numbers
// have the same text.
func (d Dec) Append(dst []byte) []byte {
	if d.big == nil {
		return appendInt128(dst, d.neg, 0, d.c, int(d.scale))
	}
	neg, digits := digitsOf(d.big.c)
	if out, ok := appendDecimal(dst, neg, digits, d.big.scale); ok {
		return out
	}
	dst = d.big.c.Append(dst, 10)
	if d.big.scale != 0 {
		dst = append(dst, 'e')
		dst = strconv.AppendInt(dst, -int64(d.big.scale), 10)
	}
	return dst
}

// Append appends v as JSON.
//
// With digits < 0, counts, sums and extremes print exactly, without an exponent
// or trailing zeros, if 40 digits are enough. A 0 before the point does not
// count as a digit; zeros after it do. Otherwise, and always for means,
// variances, deviations and quantiles, the nearest float64 prints as
// encoding/json prints it, but never as -0.
//
// With digits >= 0 the exact value is rounded to that many decimals, at most
// 1100, ties to even, and prints without an exponent or trailing zeros if 40
// digits are enough. Otherwise the float64 nearest to the rounded number
// prints; this is the only result that is rounded twice.
//
// Null prints as null, and so does a number whose nearest float64 is infinite.
//
// If dst has free capacity, Append may write to up to 48 bytes of it beyond the
// text, see [FormatSize].
func (v Value) Append(dst []byte, digits int) []byte {
	if v.form.kind() == ratio && digits < 0 {
		if out, ok := v.appendFast(dst); ok {
			return out
		}
	}
	switch {
	case v.IsNull():
		return append(dst, "null"...)
	case digits >= 0:
		return v.appendRounded(dst, min(digits, maxRoundedDecimals))
	case v.form.kind() == ratio && v.big == nil:
		if out, ok := v.appendFinite(dst); ok {
			return out
		}
	case v.form.kind() == plain && v.big == nil:
		hi, lo := v.num.abs()
		return appendInt128(dst, v.num.neg(), hi, lo, int(v.form.scale()))
	case v.form.kind() == plain:
		neg, text := digitsOf(v.big.num.c)
		if out, ok := appendDecimal(dst, neg, text, v.big.num.scale); ok {
			return out
		}
	}
	return appendFloat(dst, v.float())
}

// appendFinite appends v if it is a quotient that terminates within 15 digits
// and whose text has no exponent. It returns false otherwise.
//
// Why this is what appendFloat would print: two different decimals of at most
// 15 digits never have the same nearest float64 (DBL_DIG is 15). So no other
// decimal of 15 digits or less, in particular no shorter one, reads back as the
// float64 nearest to v, and v itself is its shortest text.
func (v Value) appendFinite(dst []byte) ([]byte, bool) {
	hi, lo := v.num.abs()
	if hi != 0 {
		return dst, false
	}
	den, scale := v.form.den(), int(v.form.scale())
	c, r := lo/den, lo%den
	if r != 0 {
		// Decimals that are enough if the quotient terminates at all, but not
		// more than leave 15 digits: c × 10^k is then below 10^15. As r is
		// below den, so is the high word of r × 10^k, as Div64 requires.
		k := min(15-numDigits(c), decimalsOf(den))
		if k <= 0 {
			return dst, false
		}
		h, l := bits.Mul64(r, pow10[k])
		q, r := bits.Div64(h, l, den)
		if r != 0 {
			return dst, false
		}
		c, scale = c*pow10[k]+q, scale+k
	}
	c, scale = trim(c, scale)
	if c >= 1e15 || c != 0 && numDigits(c)-scale < -5 { // below 10^-6: an exponent
		return dst, false
	}
	return appendInt128(dst, v.num.neg(), 0, c, scale), true
}

// numDigits returns the number of decimal digits of c; 0 has none.
//
// 1233/4096 is log10(2) to five digits, a little below it, so n is the number
// of digits or one less, and a comparison tells which. (Sean Anderson's Bit
// Twiddling Hacks: integer log base 10.)
func numDigits(c uint64) int {
	n := bits.Len64(c) * 1233 >> 12
	if n < len(pow10) && c >= pow10[n] {
		n++
	}
	return n
}

// appendFloat appends f as encoding/json does, and null for infinities: the
// shortest text that reads back as f, with an exponent below 1e-6 and from 1e21
// on, which is written e-7, not e-07.
func appendFloat(dst []byte, f float64) []byte {
	if math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	if f == 0 {
		return append(dst, '0')
	}
	a := math.Abs(f)
	if out, ok := appendShortest(dst, f < 0, a); ok {
		return out
	}
	if a >= 1e-6 && a < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	n := len(dst)
	if n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

// zeros has as many zeros as any text here needs: 40 digits and some more.
const zeros = "00000000000000000000000000000000000000000000"

// appendInt128 appends ±(hi,lo) × 10^-scale without trailing zeros. Requires
// scale <= 40 and (hi,lo) <= 2^127.
func appendInt128(dst []byte, neg bool, hi, lo uint64, scale int) []byte {
	if hi == 0 {
		lo, scale = trim(lo, scale)
		return appendUint(dst, neg, lo, scale)
	}
	// Split at 10^19: hi is at most 2^63, below it, and q is below 2^127 /
	// 10^19 < 2^64. So q has up to 20 digits and r 19, with leading zeros.
	const base = 1e19
	q, r := bits.Div64(hi, lo, base)
	var buf [maxPlainDigits]byte
	digits := strconv.AppendUint(buf[:0], q, 10)
	digits = append(digits, zeros[:19]...)
	for i := len(digits) - 1; r > 0; i-- {
		digits[i] = '0' + byte(r%10)
		r /= 10
	}
	dst, _ = appendDecimal(dst, neg, digits, scale)
	return dst
}

// appendUint appends ±c × 10^-scale with exactly scale decimals. Requires scale
// <= 40. It appends zeros, of the length that the text will have, and then
// writes the digits over them from the last one to the first.
func appendUint(dst []byte, neg bool, c uint64, scale int) []byte {
	if neg && c != 0 {
		dst = append(dst, '-')
	}
	first := len(dst)
	dst = append(dst, zeros[:max(numDigits(c), scale+1)]...)
	i := len(dst)
	if scale > 0 {
		dst = append(dst, '0')
		for range scale {
			dst[i] = '0' + byte(c%10)
			c /= 10
			i--
		}
		dst[i] = '.'
	}
	for i--; i >= first; i-- {
		dst[i] = '0' + byte(c%10)
		c /= 10
	}
	return dst
}

// digitsOf returns the sign and the decimal digits of c.
func digitsOf(c *big.Int) (neg bool, digits []byte) {
	text := c.Append(nil, 10)
	if text[0] == '-' {
		return true, text[1:]
	}
	return false, text
}

// appendDecimal appends ±digits × 10^-scale without an exponent or trailing
// zeros if 40 digits are enough. Otherwise it appends nothing and returns
// false. Requires that the digits have no leading zero unless they are "0".
func appendDecimal(dst []byte, neg bool, digits []byte, scale int) ([]byte, bool) {
	n := len(digits)
	if n == 1 && digits[0] == '0' {
		return append(dst, '0'), true
	}
	for scale > 0 && digits[n-1] == '0' {
		n--
		scale--
	}
	digits = digits[:n]
	// n digits, or scale of them if it is a fraction with zeros after the
	// point, or n-scale if scale is negative and zeros follow.
	if max(n, scale, n-scale) > maxPlainDigits {
		return dst, false
	}
	if neg {
		dst = append(dst, '-')
	}
	switch {
	case scale <= 0:
		dst = append(dst, digits...)
		return append(dst, zeros[:-scale]...), true
	case scale >= n:
		dst = append(dst, "0."...)
		dst = append(dst, zeros[:scale-n]...)
		return append(dst, digits...), true
	}
	dst = append(dst, digits[:n-scale]...)
	dst = append(dst, '.')
	return append(dst, digits[n-scale:]...), true
}
