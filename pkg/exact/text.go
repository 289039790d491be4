package exact

import (
	"math"
	"math/big"
	"math/bits"
	"strconv"
)

// Append appends d as Parse reads it back: plainly if 40 digits are enough,
// else as an integer with an exponent. Equal numbers have the same text.
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
// With digits < 0, counts, sums and extremes are printed exactly and plainly,
// without an exponent or trailing zeros, if 40 digits are enough (a 0 before
// the point is not counted, zeros behind it are); else, and for means,
// variances, deviations and quantiles always, the nearest float64 is printed
// as encoding/json does, but never -0.
//
// With digits >= 0 the exact value is rounded, half to even, to that many
// decimals (at most 1100) and printed plainly without trailing zeros, if 40
// digits are enough, else the float64 nearest to the rounded number.
//
// Null, and what lies outside float64 and is not printed plainly, is null.
//
// Room in dst behind the text may be written to, up to 48 bytes of it.
func (v Value) Append(dst []byte, digits int) []byte {
	if v.form.kind() == ratio && digits < 0 {
		if out, ok := v.appendMean(dst); ok {
			return out
		}
	}
	switch {
	case v.IsNull():
		return append(dst, "null"...)
	case digits >= 0:
		return v.appendRounded(dst, min(digits, maxDigits))
	case v.form.kind() == ratio && v.big == nil:
		if out, ok := v.appendShort(dst); ok {
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

// appendShort appends a quotient that ends within 15 digits as it is: that is
// the shortest text of the float64 nearest to it, since no two decimals of 15
// digits share one. It leaves exponents to appendFloat.
func (v Value) appendShort(dst []byte) ([]byte, bool) {
	hi, lo := v.num.abs()
	if hi != 0 {
		return dst, false
	}
	den, scale := v.form.den(), int(v.form.scale())
	c, r := lo/den, lo%den
	if r != 0 {
		// What ends does so within as many decimals as den has twos or fives
		// (441/1024 is just under the logarithm of 2 to the base 5).
		two := bits.TrailingZeros64(den)
		k := min(15-decimals(c), max(two, bits.Len64(den>>two)*441>>10))
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
	if c >= 1e15 || c != 0 && decimals(c)-scale < -5 {
		return dst, false
	}
	return appendInt128(dst, v.num.neg(), 0, c, scale), true
}

// decimals returns how many decimal digits c has; 0 has none.
func decimals(c uint64) int {
	n := bits.Len64(c) * 1233 >> 12 // log10(2) = 1233/4096 - 0.00001
	if n < len(pow10) && c >= pow10[n] {
		n++
	}
	return n
}

// appendFloat appends f as encoding/json does; null for infinities.
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
	if n := len(dst); n >= 4 && dst[n-4] == 'e' && dst[n-3] == '-' && dst[n-2] == '0' {
		dst[n-2] = dst[n-1]
		dst = dst[:n-1]
	}
	return dst
}

const zeros = "00000000000000000000000000000000000000000000"

// appendInt128 appends ±(hi,lo) × 10^-scale for scale <= 40 and a
// magnitude of at most 2^127.
func appendInt128(dst []byte, neg bool, hi, lo uint64, scale int) []byte {
	if hi == 0 {
		lo, scale = trim(lo, scale)
		return appendUint(dst, neg, lo, scale)
	}
	const base = 1e19 // its square is over 2^126, so q has 64 bits
	q, r := bits.Div64(hi, lo, base)
	var buf [maxExact]byte
	digits := strconv.AppendUint(buf[:0], q, 10)
	digits = append(digits, zeros[:19]...)
	for i := len(digits) - 1; r > 0; i-- {
		digits[i] = '0' + byte(r%10)
		r /= 10
	}
	dst, _ = appendDecimal(dst, neg, digits, scale)
	return dst
}

// appendUint appends ±c × 10^-scale with all zeros behind the point, for scale <= 40.
func appendUint(dst []byte, neg bool, c uint64, scale int) []byte {
	if neg && c != 0 {
		dst = append(dst, '-')
	}
	first := len(dst)
	dst = append(dst, zeros[:max(decimals(c), scale+1)]...)
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

// digitsOf returns the sign and the digits of c.
func digitsOf(c *big.Int) (neg bool, digits []byte) {
	text := c.Append(nil, 10)
	if text[0] == '-' {
		return true, text[1:]
	}
	return false, text
}

// appendDecimal appends ±digits × 10^-scale plainly if 40 digits are enough;
// if not, it appends nothing and returns false. The digits have no leading
// zero unless they are "0".
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
	if max(n, scale, n-scale) > maxExact {
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
