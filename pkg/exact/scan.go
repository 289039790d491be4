package exact

import "math/bits"

// Scan reads the number at the start of b, as Parse does, and returns it with its
// length in bytes. The length is 0 if the number is not of the simple kind,
// which has no exponent, at most 19 digits, and after it a comma, a closing
// bracket or brace, or white space. The caller then has to find the end of the
// number and call Parse. Everything that Scan reads is a small Dec.
//
// Note: it reads byte by byte, although words of eight bytes take fewer steps.
// The processor predicts the loop's branches, so it knows the length of a
// number on similar lines in advance and continues after the number at once.
// If the length is computed from a word, the rest has to wait for it, which was
// measured as 2 to 3 ns per number; words won only for numbers of random
// length. Fractions of five or more digits do use words, see parseRun.
func Scan(b []byte) (Dec, int) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, neg = 1, true
	}
	if i >= len(b) || b[i]-'0' > 9 {
		return Dec{}, 0
	}
	// first is chosen so that i-first is the number of digits so far. c may wrap
	// after 19 digits, but such a number is refused at the end. After a first
	// digit 0 the grammar allows no further one.
	c := uint64(b[i] - '0')
	first := i
	i++
	if c > 0 {
		for ; i < len(b); i++ {
			x := b[i] - '0'
			if x > 9 {
				break
			}
			c = c*10 + uint64(x)
		}
	}
	k := 0
	if i < len(b) && b[i] == '.' {
		i++
		first++ // the point is not a digit
		if len(b)-i >= 24 && b[i+4]-'0' <= 9 {
			c, k = parseRun(c, (*[24]byte)(b[i:]))
			i += k
		} else {
			point := i
			for ; i < len(b); i++ {
				x := b[i] - '0'
				if x > 9 {
					break
				}
				c = c*10 + uint64(x)
			}
			k = i - point
		}
		if k == 0 {
			return Dec{}, 0
		}
	}
	if i-first > 19 || i == len(b) || !endsNumber(b[i]) {
		return Dec{}, 0
	}
	if k > 0 && b[i-1] == '0' {
		c, k = trim(c, k)
	}
	return Dec{c: c, neg: neg && c != 0, scale: uint8(k)}, i
}

// FromParts returns ±c × 10^-decimals. Requires decimals <= 24; c may be a
// multiple of ten.
func FromParts(c uint64, decimals uint8, neg bool) Dec {
	if decimals > 0 && c%10 == 0 {
		least, scale := trim(c, int(decimals))
		c, decimals = least, uint8(scale)
	}
	return Dec{c: c, neg: neg && c != 0, scale: decimals}
}

// Parts returns the arguments from which [FromParts] makes d, with the fewest
// decimals. It returns false if d is big: it has over 24 decimals or its digits
// do not fit 64 bits.
func (d Dec) Parts() (c uint64, decimals uint8, neg, ok bool) {
	return d.c, d.scale, d.neg, d.big == nil
}

// parseRun appends the digits at the start of b to those of c. It returns the
// new c and the number of digits, at most 24.
//
// The k digits before the first mark are shifted to the upper end of the word,
// as in parse8, so that what follows them drops out. With more than 19 digits c
// wraps; Scan refuses these by their number.
func parseRun(c uint64, b *[24]byte) (uint64, int) {
	for n := 0; n < 24; n += 8 {
		w := load8(b[n : n+8])
		marks := nonDigits(w)
		if marks != 0 {
			k := bits.TrailingZeros64(marks) / 8
			return c*pow10[k] + value8(w<<(64-8*k)), n + k
		}
		c = c*1e8 + value8(w)
	}
	return c, 24
}

// endsNumber reports whether c may follow a number in an object or an array, or
// at the end of a line. c|0x20 == '}' holds for '}' and for ']', and for no
// other byte: they are 0x7d and 0x5d.
func endsNumber(c byte) bool {
	const white = uint64(1<<' ' | 1<<'\t' | 1<<'\n' | 1<<'\r')
	return c == ',' || c|0x20 == '}' || c <= ' ' && white>>(c&63)&1 != 0
}
