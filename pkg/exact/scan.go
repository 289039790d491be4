package exact

import "math/bits"

// Scan reads the number that b begins with, as Parse does, and returns how many
// bytes it has; 0 if it is not of the simple kind: no exponent, at most 19
// digits, and behind them a comma, a closing bracket or brace, or white space.
//
// It goes by the byte where words of eight would take fewer steps: the lengths
// of numbers on lines that are alike are foreseen by the processor, which goes
// on with what is behind a number at once. Where words tell the length, that
// has to wait for them, which costs 2 to 3 ns a number; only lengths at random
// make up for it. Digits come in words where they are many.
func Scan(b []byte) (Dec, int) {
	i, neg := 0, false
	if len(b) > 0 && b[0] == '-' {
		i, neg = 1, true
	}
	if i >= len(b) || b[i]-'0' > 9 {
		return Dec{}, 0
	}
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
		first++
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

// Small returns ±c × 10^-decimals, at most 24 decimals; zeros at its end may be there.
func FromParts(c uint64, decimals uint8, neg bool) Dec {
	if decimals > 0 && c%10 == 0 {
		least, scale := trim(c, int(decimals))
		c, decimals = least, uint8(scale)
	}
	return Dec{c: c, neg: neg && c != 0, scale: decimals}
}

// Small returns what [Small] makes d of, without a zero at its end behind the point;
// false if d has more digits or decimals.
func (d Dec) Parts() (c uint64, decimals uint8, neg, ok bool) {
	return d.c, d.scale, d.neg, d.big == nil
}

// run appends to those of c the digits that b begins with.
func parseRun(c uint64, b *[24]byte) (uint64, int) {
	for n := 0; n < 24; n += 8 {
		w := load8(b[n : n+8])
		if marks := nonDigits(w); marks != 0 {
			k := bits.TrailingZeros64(marks) / 8
			return c*pow10[k] + value8(w<<(64-8*k)), n + k
		}
		c = c*1e8 + value8(w)
	}
	return c, 24
}

// closes says whether c may stand behind a number in an object or an array, or
// after it on a line.
func endsNumber(c byte) bool {
	const white = uint64(1<<' ' | 1<<'\t' | 1<<'\n' | 1<<'\r')
	return c == ',' || c|0x20 == '}' || c <= ' ' && white>>(c&63)&1 != 0
}
