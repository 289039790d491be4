package exact

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// Parse reads a number of the JSON grammar that fills the whole text. Its
// errors are ErrSyntax, ErrRange and ErrFine. The time is linear in the length
// of the text and the memory is bounded, whatever exponent the text has.
//
// Numbers without an exponent of up to 24 bytes and 19 digits are read by
// parse8 and parse24, eight bytes at a time in a word ("SIMD within a
// register"). Everything else, valid or not, goes to parse. So the fast path
// never has to say what is wrong, only that it does not apply.
func Parse(text []byte) (Dec, error) {
	body, neg := text, false
	if len(body) > 0 && body[0] == '-' {
		body, neg = body[1:], true
	}
	n := len(body)
	// x-'0' > 9 is one comparison for both ends: bytes below '0' wrap around.
	if n == 0 || n > 24 || body[0]-'0' > 9 || body[0] == '0' && n > 1 && body[1] != '.' {
		return parse(text, maxParseExp, maxParseScale)
	}
	var c uint64
	var scale int
	var ok bool
	if n <= 8 {
		c, scale, ok = parse8(body)
	} else {
		c, scale, ok = parse24(body)
	}
	if !ok {
		return parse(text, maxParseExp, maxParseScale)
	}
	// At most 24 bytes with a digit before the point: at most 22 decimals,
	// which a small Dec has.
	if scale > 0 && body[n-1] == '0' {
		c, scale = trim(c, scale)
	}
	return Dec{c: c, neg: neg && c != 0, scale: uint8(scale)}, nil
}

// parse8 reads 1 to 8 bytes, digits and at most one point, as c × 10^-scale. It
// returns false if the text has anything else. Requires that the first byte is
// a digit.
//
// The digits are shifted to the upper end of a word, where the last byte of the
// text is the highest. The zero bytes that come in below count as leading
// zeros. Removing the point moves the bytes before it up by one.
func parse8(b []byte) (c uint64, scale int, ok bool) {
	var w uint64
	if len(b) == 8 {
		w = load8(b)
	} else {
		w = load7(b) << (64 - 8*uint(len(b)))
	}
	if nonDigits(w) != 0 {
		w, scale = removePoint(w)
		if scale == 0 || nonDigits(w) != 0 { // no point, a point at the end, or a second one
			return 0, 0, false
		}
	}
	return value8(w), scale, true
}

// parse24 does the same with 9 to 24 bytes, which are spread over three words:
// l has the last eight bytes of the text, m the eight before, h the first ones.
// Where the text has no multiple of eight bytes, the first load overlaps the
// next word; the shift pushes out the bytes that the next word has already.
//
// Removing the point leaves a gap at the lowest byte of its word. The last byte
// of the word before it in the text moves there, so all digits are adjacent
// again. A byte that is neither digit nor point survives in its word and is
// found by the last test: the or with a digit cannot turn it into a digit.
func parse24(b []byte) (c uint64, scale int, ok bool) {
	n := len(b)
	l := load8(b[n-8:])
	var h, m uint64
	if n <= 16 {
		m = load8(b) << (128 - 8*uint(n))
	} else {
		m = load8(b[n-16:])
		h = load8(b) << (192 - 8*uint(n))
	}
	if nonDigits(l) != 0 {
		l, scale = removePoint(l)
		if scale == 0 {
			return 0, 0, false
		}
		l |= m >> 56
		m = m<<8 | h>>56
		h <<= 8
	} else if nonDigits(m) != 0 {
		m, scale = removePoint(m)
		m |= h >> 56
		h <<= 8
		scale += 8
	} else if nonDigits(h) != 0 {
		h, scale = removePoint(h)
		scale += 16
	}
	if nonDigits(l)|nonDigits(m)|nonDigits(h) != 0 {
		return 0, 0, false
	}
	// With top below 1000 the number is below 10^19, which fits 64 bits.
	top := value8(h)
	return value8(l) + value8(m)*1e8 + top*1e16, scale, top < 1000
}

const (
	ones  = 0x0101010101010101 // a 1 in each byte; x*ones has x in each byte
	point = '.' ^ '0'          // a point as load8 represents it: 0x1e
)

// load8 returns the first eight bytes of b in a word, the first byte lowest,
// each one XOR '0'. A digit is then its value: '0' to '9' are 0x30 to 0x39.
func load8(b []byte) uint64 { return binary.LittleEndian.Uint64(b) ^ '0'*ones }

// load7 does the same with the 1 to 7 bytes of b; the bytes above are 0. From
// four bytes on, two loads of four bytes overlap; where they do they are equal,
// so the or changes nothing.
func load7(b []byte) uint64 {
	n := uint(len(b))
	if n >= 4 {
		lo := uint64(binary.LittleEndian.Uint32(b) ^ '0'*ones&0xffffffff)
		hi := uint64(binary.LittleEndian.Uint32(b[n-4:]) ^ '0'*ones&0xffffffff)
		return lo | hi<<(8*(n-4))
	}
	w := uint64(b[0] ^ '0')
	if n > 1 {
		w |= uint64(b[1]^'0') << 8
	}
	if n > 2 {
		w |= uint64(b[2]^'0') << 16
	}
	return w
}

// nonDigits returns 0 if every byte of w is a digit, 0 to 9. Otherwise the
// lowest set bit is the top bit of the lowest byte that is not a digit.
//
// Adding 0x76 takes 9 to 0x7f and 10 to 0x80, so it sets the top bit of the
// bytes from 10 to 0x7f; the or adds those that have it already. From 0x8a on,
// a byte carries into the next one, which may be marked wrongly then. That is
// why only the lowest mark is meaningful: nothing below it carried.
func nonDigits(w uint64) uint64 { return (w + 0x76*ones | w) & (0x80 * ones) }

// removePoint removes the lowest byte of w that is not a digit, if that is the
// point. The bytes below move up by one, the lowest byte becomes 0. It returns
// the number of bytes above the point, which is the number of decimals. If
// there is no point, or another byte comes first, it returns w and 0.
//
// The mark is bit 7 of its byte; without the three lowest bits its index is p,
// the index of the byte's bit 0. Without a mark p is 64, the shift gives 0 and
// the comparison fails.
func removePoint(w uint64) (uint64, int) {
	p := uint(bits.TrailingZeros64(nonDigits(w))) &^ 7
	if w>>p&0xff != point {
		return w, 0
	}
	above := w & (^uint64(0) << p << 8)
	below := w & (1<<p - 1) << 8
	return above | below, int(56-p) / 8
}

// value8 returns the number whose eight decimal digits are the bytes of w, the
// first digit in the lowest byte. Requires that all are digits. (It is the
// method of parse_eight_digits_unrolled in simdjson and fast_float.)
//
// Step 1 joins neighbours: after w*10 + w>>8, byte i is 10 × d[i] + d[i+1]. At
// most 99, no byte carries. The bytes 0, 2, 4 and 6 are the pairs p0 to p3.
// Step 2 joins the four pairs with two multiplications, whose upper 32 bits
// hold the sum: the mask leaves p0 in the lower and p2 in the upper half of the
// word; the product's upper half is p0 × 10^6 + p2 × 100. After the shift by 16
// it leaves p1 and p3, which give p1 × 10^4 + p3. The sum of the lower halves,
// p0 × 100 + p1, is small and does not carry; the upper sum is below 10^8.
func value8(w uint64) uint64 {
	const mask = 0x000000ff000000ff
	w = w*10 + w>>8
	return ((w&mask)*(100+1000000<<32) + (w>>16&mask)*(1+10000<<32)) >> 32
}

// trim removes the zeros at the end of c × 10^-scale that are decimals.
func trim(c uint64, scale int) (uint64, int) {
	if c == 0 {
		return 0, 0
	}
	for scale > 0 && c%10 == 0 {
		c /= 10
		scale--
	}
	return c, scale
}

// parse reads any number, if the decimal exponent of its first digit other than
// zero is at most maxExp and it has at most maxDecimals decimals. With maxExp =
// maxParseExp, the limit of float64 applies as well: ErrRange if the nearest
// float64 is infinite.
//
// The limits are checked on the exponent before a big.Int is made, so a short
// text cannot ask for a long number.
func parse(text []byte, maxExp, maxDecimals int64) (Dec, error) {
	n, ok := splitNumeral(text)
	if !ok {
		return Dec{}, ErrSyntax
	}
	first, last := n.significant()
	if first < 0 {
		return Dec{}, nil
	}
	// The digit at index i is worth 10^(n.exp + len(n.intDigits) - 1 - i).
	// No overflow: exp is within ±2^59.
	unitsDigit := n.exp + int64(len(n.intDigits)) - 1
	switch {
	case unitsDigit-first > maxExp:
		return Dec{}, ErrRange
	case unitsDigit-last < -maxDecimals:
		return Dec{}, ErrFine
	}
	d := n.dec(first, last, int(last-unitsDigit))
	if maxExp == maxParseExp && unitsDigit-first == maxExp && overflowsFloat(d) {
		return Dec{}, ErrRange
	}
	return d, nil
}

// overflowsFloat reports whether the float64 nearest to d is infinite. That is
// so from the middle between the largest float64, (2^53 - 1) × 2^971, and the
// next power of two on: from (2^54 - 1) × 2^970. The middle itself is a tie,
// which goes to the even neighbour, 2^1024.
func overflowsFloat(d Dec) bool {
	limit := big.NewInt(1<<54 - 1)
	w := d.toBig()
	x, y := align(bigDec{new(big.Int).Abs(w.c), w.scale}, bigDec{limit.Lsh(limit, 970), 0})
	return x.c.Cmp(y.c) >= 0
}

// numeral is the text of a number, split into the parts of the JSON grammar.
type numeral struct {
	neg                   bool
	intDigits, fracDigits []byte // the digits before and after the point
	exp                   int64  // from -expLimit to expLimit
}

// expLimit stands for all larger exponents. No text in memory has enough digits
// to make up for it, so such a number is out of range, or zero, either way.
const expLimit = 1 << 59

// splitNumeral splits a number. It returns false if text is not a number of the
// JSON grammar.
func splitNumeral(text []byte) (n numeral, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		n.neg = true
		text = text[1:]
	}
	n.intDigits, text = digitRun(text)
	if len(n.intDigits) == 0 || n.intDigits[0] == '0' && len(n.intDigits) > 1 {
		return n, false
	}
	if len(text) > 0 && text[0] == '.' {
		n.fracDigits, text = digitRun(text[1:])
		if len(n.fracDigits) == 0 {
			return n, false
		}
	}
	if len(text) > 0 && text[0]|0x20 == 'e' {
		n.exp, ok = exponent(text[1:])
		return n, ok
	}
	return n, len(text) == 0
}

// digitRun splits b after the digits that it begins with.
func digitRun(b []byte) (run, rest []byte) {
	i := 0
	for len(b)-i >= 8 && nonDigits(load8(b[i:])) == 0 {
		i += 8
	}
	for i < len(b) && b[i]-'0' <= 9 {
		i++
	}
	return b[:i], b[i:]
}

// exponent reads what follows the e, limited to ±expLimit.
func exponent(b []byte) (int64, bool) {
	neg := false
	if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
		neg = b[0] == '-'
		b = b[1:]
	}
	var e int64
	for _, c := range b {
		if c-'0' > 9 {
			return 0, false
		}
		e = min(e*10+int64(c-'0'), expLimit) // 10 × 2^59 + 9 fits
	}
	if neg {
		e = -e
	}
	return e, len(b) > 0
}

// digit returns the digit at index i, as text; the first one has index 0.
func (n *numeral) digit(i int64) byte {
	w := int64(len(n.intDigits))
	if i >= w {
		return n.fracDigits[i-w]
	}
	return n.intDigits[i]
}

// significant returns the indices of the first and the last digit that is not
// zero, or -1, -1 if all are zero.
func (n *numeral) significant() (first, last int64) {
	size := int64(len(n.intDigits) + len(n.fracDigits))
	for first < size && n.digit(first) == '0' {
		first++
	}
	if first == size {
		return -1, -1
	}
	for last = size - 1; n.digit(last) == '0'; {
		last--
	}
	return first, last
}

// dec returns the number that the digits from first to last make, the last one
// being worth 10^-scale. Requires that the last digit is not zero, so that a
// positive scale is the least possible.
func (n *numeral) dec(first, last int64, scale int) Dec {
	// A negative scale appends zeros. Up to 19 digits with them fit 64 bits.
	size := last - first + 1 - int64(min(scale, 0))
	if size < 20 && scale <= maxScale {
		var c uint64
		for i := first; i <= last; i++ {
			c = c*10 + uint64(n.digit(i)-'0')
		}
		return Dec{c: c * pow10[-min(scale, 0)], neg: n.neg, scale: uint8(max(scale, 0))}
	}
	text := make([]byte, 0, last-first+1)
	for i := first; i <= last; i++ {
		text = append(text, n.digit(i))
	}
	c, _ := new(big.Int).SetString(string(text), 10)
	return newDec(n.neg, c, scale)
}
