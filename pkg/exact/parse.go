package exact

import (
	"encoding/binary"
	"math/big"
	"math/bits"
)

// Parse reads a number of the JSON grammar, and nothing before or after it.
// The errors are ErrSyntax, ErrRange and ErrFine. The time it takes is linear
// in the text, the memory bounded, whatever exponent the text has.
func Parse(text []byte) (Dec, error) {
	body, neg := text, false
	if len(body) > 0 && body[0] == '-' {
		body, neg = body[1:], true
	}
	n := len(body)
	if n == 0 || n > 24 || body[0]-'0' > 9 || body[0] == '0' && n > 1 && body[1] != '.' {
		return parse(text, maxTop, maxFine)
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
		return parse(text, maxTop, maxFine)
	}
	if scale > 0 && body[n-1] == '0' {
		c, scale = trim(c, scale)
	}
	return Dec{c: c, neg: neg && c != 0, scale: uint8(scale)}, nil
}

// word reads a plain number of up to eight bytes as c × 10^-scale: the digits
// are pushed to the end of a word, the point is taken out by moving what is
// before it one byte on. False: not for here.
func parse8(b []byte) (c uint64, scale int, ok bool) {
	var w uint64
	if len(b) == 8 {
		w = load8(b)
	} else {
		w = load7(b) << (64 - 8*uint(len(b)))
	}
	if nonDigits(w) != 0 {
		if w, scale = removePoint(w); scale == 0 || nonDigits(w) != 0 {
			return 0, 0, false
		}
	}
	return value8(w), scale, true
}

// words does the same with 9 to 24 bytes in three words, the first one highest.
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
		if l, scale = removePoint(l); scale == 0 {
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
	top := value8(h)
	return value8(l) + value8(m)*1e8 + top*1e16, scale, top < 1000
}

const (
	ones  = 0x0101010101010101
	point = '.' ^ '0'
)

// digits8 returns the first eight bytes, the first one lowest, '0' as 0.
func load8(b []byte) uint64 { return binary.LittleEndian.Uint64(b) ^ '0'*ones }

// short returns the up to seven bytes of b in the same way.
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

// alien is not 0 if a byte of w is no digit; its lowest bit is then in the
// lowest such byte (those above may be wrongly marked).
func nonDigits(w uint64) uint64 { return (w + 0x76*ones | w) & (0x80 * ones) }

// cut takes the lowest byte that is no digit out of w, if it is the point, and
// returns how many are above it. What was below it moves up.
func removePoint(w uint64) (uint64, int) {
	p := uint(bits.TrailingZeros64(nonDigits(w))) &^ 7
	if w>>p&0xff != point {
		return w, 0
	}
	return w&(^uint64(0)<<p<<8) | w&(1<<p-1)<<8, int(56-p) / 8
}

// value8 returns the number that eight digits make.
func value8(w uint64) uint64 {
	const mask = 0x000000ff000000ff
	w = w*10 + w>>8
	return ((w&mask)*(100+1000000<<32) + (w>>16&mask)*(1+10000<<32)) >> 32
}

// trim takes the zeros behind the point off the end of c × 10^-scale.
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

// parse reads any number whose first digit is worth at most 10^top and whose
// last at least 10^-fine. With top = maxTop, float64's bound applies as well.
func parse(text []byte, top, fine int64) (Dec, error) {
	n, ok := splitNumeral(text)
	if !ok {
		return Dec{}, ErrSyntax
	}
	first, last := n.ends()
	if first < 0 {
		return Dec{}, nil
	}
	whole := int64(len(n.whole))
	unit := n.exp + whole - 1 - last // of the last digit that counts
	switch {
	case n.exp+whole-1-first > top:
		return Dec{}, ErrRange
	case unit < -fine:
		return Dec{}, ErrFine
	}
	d := n.dec(first, last, int(-unit))
	if top == maxTop && n.exp+whole-1-first == top && overflowsFloat(d) {
		return Dec{}, ErrRange
	}
	return d, nil
}

// beyond says whether the nearest float64 would be an infinity: from half a
// step above the largest one, 2^1024 - 2^970, on.
func overflowsFloat(d Dec) bool {
	limit := big.NewInt(1<<54 - 1)
	w := d.toBig()
	x, y := align(bigDec{new(big.Int).Abs(w.c), w.scale}, bigDec{limit.Lsh(limit, 970), 0})
	return x.c.Cmp(y.c) >= 0
}

// numeral is a number taken apart, as it stands in the text.
type numeral struct {
	neg             bool
	whole, fraction []byte // the digits before and behind the point
	exp             int64  // no farther from 0 than farExp
}

// farExp stands for all exponents beyond it; no text is so long that its
// digits could make up for it.
const maxExp = 1 << 59

func splitNumeral(text []byte) (n numeral, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		n.neg = true
		text = text[1:]
	}
	n.whole, text = digitRun(text)
	if len(n.whole) == 0 || n.whole[0] == '0' && len(n.whole) > 1 {
		return n, false
	}
	if len(text) > 0 && text[0] == '.' {
		n.fraction, text = digitRun(text[1:])
		if len(n.fraction) == 0 {
			return n, false
		}
	}
	if len(text) > 0 && text[0]|0x20 == 'e' {
		n.exp, ok = exponent(text[1:])
		return n, ok
	}
	return n, len(text) == 0
}

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
		e = min(e*10+int64(c-'0'), maxExp)
	}
	if neg {
		e = -e
	}
	return e, len(b) > 0
}

// at returns digit i, counted from the first before the point.
func (n *numeral) at(i int64) byte {
	if w := int64(len(n.whole)); i >= w {
		return n.fraction[i-w]
	}
	return n.whole[i]
}

// ends returns the first and the last digit that is not zero, or -1, -1.
func (n *numeral) ends() (first, last int64) {
	size := int64(len(n.whole) + len(n.fraction))
	for first < size && n.at(first) == '0' {
		first++
	}
	if first == size {
		return -1, -1
	}
	for last = size - 1; n.at(last) == '0'; {
		last--
	}
	return first, last
}

// dec returns the digits from first to last, the last one worth 10^-scale.
func (n *numeral) dec(first, last int64, scale int) Dec {
	if size := last - first + 1 - int64(min(scale, 0)); size < 20 && scale <= maxScale {
		var c uint64
		for i := first; i <= last; i++ {
			c = c*10 + uint64(n.at(i)-'0')
		}
		return Dec{c: c * pow10[-min(scale, 0)], neg: n.neg, scale: uint8(max(scale, 0))}
	}
	text := make([]byte, 0, last-first+1)
	for i := first; i <= last; i++ {
		text = append(text, n.at(i))
	}
	c, _ := new(big.Int).SetString(string(text), 10)
	return normal(n.neg, c, scale)
}
