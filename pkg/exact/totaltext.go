package exact

import (
	"bytes"
	"math/bits"
)

// This file reads and writes the text of totals of up to 38 digits without math/big. A state
// has a line for each key and field, and nearly all totals are that short.

// maxTextDigits is the number of digits that parse128 reads: 10^38 is below 2^127.
const maxTextDigits = 38

// parse128 reads a number of the JSON grammar without an exponent, of at most maxTextDigits
// digits with its zeros, as ±(hi,lo) × 10^-scale. The scale is at most maxTextDigits, and not
// always the least possible. ok is false for any other text.
func parse128(text []byte) (neg bool, hi, lo uint64, scale int, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		neg, text = true, text[1:]
	}
	whole, rest := digitRun(text)
	var fraction []byte
	if len(rest) > 0 && rest[0] == '.' {
		fraction, rest = digitRun(rest[1:])
		if len(fraction) == 0 {
			return false, 0, 0, 0, false
		}
	}
	if len(whole) == 0 || whole[0] == '0' && len(whole) > 1 || len(rest) > 0 || len(whole)+len(fraction) > maxTextDigits {
		return false, 0, 0, 0, false
	}
	x := int128{}
	for _, digits := range [2][]byte{whole, fraction} {
		for len(digits) >= 8 {
			x = x.appendDigits(8, value8(load8(digits)))
			digits = digits[8:]
		}
		for _, c := range digits {
			x = x.appendDigits(1, uint64(c-'0'))
		}
	}
	return neg, x.hi, x.lo, len(fraction), true
}

// appendDigits returns x × 10^k + c. Requires that it fits, and that x is not negative.
func (x int128) appendDigits(k int, c uint64) int128 {
	hi, lo := bits.Mul64(x.lo, pow10[k])
	lo, carry := bits.Add64(lo, c, 0)
	return int128{x.hi*pow10[k] + hi + carry, lo}
}

// setText makes s, which is empty, the sum of a text of parse128, if that has at most maxScale
// decimals. Otherwise it reports false.
func (s *Sum) setText(text []byte) bool {
	neg, hi, lo, scale, ok := parse128(text)
	if !ok || scale > maxScale {
		return false
	}
	s.num, s.scale = int128{hi, lo}, uint8(scale)
	if neg {
		s.num = s.num.negated()
	}
	return true
}

// setSquares makes the squares of m, which is empty but for its sum, those of a text of
// parse128, in the unit that the invariant of Moments wants. It reports false if text is
// none, or negative.
func (m *Moments) setSquares(text []byte) bool {
	neg, hi, lo, scale, ok := parse128(text)
	if !ok || neg {
		return false
	}
	num, fits := int256{a: lo, b: hi}.mulPow10(scale & 1)
	if !fits {
		return false
	}
	m.sq.num, m.sq.scale = num, uint8(scale+scale&1)
	return m.alignScales()
}

// appendSmall appends a sum that is in the small part. Otherwise it appends nothing and
// returns false.
func (s *Sum) appendSmall(dst []byte) ([]byte, bool) {
	if s.big != nil {
		return dst, false
	}
	hi, lo := s.num.abs()
	return appendInt128(dst, s.num.neg(), hi, lo, int(s.scale)), true
}

// appendSmallSquares appends the sum of the squares, if it is in the small part and below
// 2^127 of units of at most maxPlainDigits decimals. Otherwise it appends nothing and returns
// false.
func (m *Moments) appendSmallSquares(dst []byte) ([]byte, bool) {
	q := &m.sq
	if q.big != nil || q.num.d|q.num.c != 0 || int64(q.num.b) < 0 || int(q.scale) > maxPlainDigits {
		return dst, false
	}
	return appendInt128(dst, false, q.num.b, q.num.a, int(q.scale)), true
}

// IsPlain reports whether a text is a number of at most 38 digits in the one spelling that
// the Append methods of Dec, Sum and Moments have for it: an optional minus, digits, and an
// optional point with digits, without superfluous zeros. It is false for longer numbers, also
// if they are spelled as Append does.
func IsPlain(text []byte) bool {
	neg := len(text) > 0 && text[0] == '-'
	if neg {
		text = text[1:]
	}
	point := -1
	for i, c := range text {
		if c == '.' && point < 0 {
			point = i
		} else if c-'0' > 9 {
			return false
		}
	}
	n := len(text)
	switch {
	case n == 0 || n > maxTextDigits || point == 0 || point > 0 && text[n-1]-'1' > 8:
		return false
	case text[0] == '0':
		return point == 1 || n == 1 && !neg
	}
	return true
}

// ParseText reads what Dec.Append wrote. Its errors are those of Parse, and ErrSyntax for any
// other spelling of a number.
func ParseText(text []byte) (Dec, error) {
	d, err := Parse(text)
	if err != nil || IsPlain(text) {
		return d, err
	}
	var buf [64]byte
	if !bytes.Equal(d.Append(buf[:0]), text) {
		return Dec{}, ErrSyntax
	}
	return d, nil
}
