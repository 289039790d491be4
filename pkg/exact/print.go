package exact

import (
	"encoding/binary"
	"math"
	"math/bits"
	"slices"
)

// Room is what the printing of words may write to behind a text, used or not.
const Room = 48

// Brief writes v as Append does with digits < 0, if it is a mean, and one that ends
// within few decimals or for which the nearest float64 is quickly found. It returns
// the length; 0 is no.
func (v Value) FastFormat(out *[Room]byte) int {
	x := int64(v.num.lo)
	den := v.form.den()
	if v.form.kind() != ratio || uint64(x>>63) != v.num.hi || v.big != nil {
		return 0
	}
	neg := uint64(x) >> 63
	lo := uint64(x^x>>63) + neg
	out[0] = '-'
	if den < uint64(len(finiteQuotients)) {
		e := finiteQuotients[den]
		scale := uint32(v.form.scale()) + e.more
		if c := lo * uint64(e.times); lo < 1e8 && c < 1e8 && scale <= 6 {
			if scale <= 3 && c < 1e6 {
				d := Divisor{milli: uint64(e.times * milliPer[scale]), below: lo + 1} // c × 10^(3-scale) < 10^9
				return d.FormatMilli(x, out)
			}
			return int(neg) + formatSmall((*[24]byte)(out[neg:]), c, int(scale))
		}
	}
	return fastFormat(out, neg, lo, den, int(v.form.scale()))
}

// brief is Brief of ±lo / (den × 10^scale), whatever den is; the sign is there.
func fastFormat(out *[Room]byte, neg, lo, den uint64, scale int) int {
	// What ends does so within as many decimals as den has twos or fives
	// (441/1024 is just under the logarithm of 2 to the base 5).
	two := bits.TrailingZeros64(den)
	k := max(two, bits.Len64(den>>(two&63))*441>>10)
	if lo > 1<<40 || scale+k > 6 {
		return 0
	}
	l := lo * pow10[k]
	q := l / den
	if q*den == l && q < 1e8 {
		return int(neg) + formatSmall((*[24]byte)(out[neg:]), q, scale+k)
	}
	if den >= 1<<29 {
		return 0
	}
	text, ok := appendShortest(out[:0], neg != 0, float64(lo)/float64(den*pow10[scale]))
	if !ok {
		return 0
	}
	return len(text)
}

// appendMean is Append of what is brief.
func (v Value) appendMean(dst []byte) ([]byte, bool) {
	i := len(dst)
	if cap(dst)-i < Room {
		return dst, false
	}
	n := v.FastFormat((*[Room]byte)(dst[i : i+Room]))
	return dst[:i+n], n > 0
}

// ending says of small denominators, by which all quotients end, that
// 1/den = times / 10^more; more is out of reach for others.
var finiteQuotients = func() (t [128]struct{ times, more uint32 }) {
	for den := range t {
		t[den].more = 99
		for more := range uint32(7) {
			if p := uint32(pow10[more]); den > 0 && p%uint32(den) == 0 {
				t[den].times, t[den].more = p/uint32(den), more
				break
			}
		}
	}
	return t
}()

// thousand is how many of 10^-3 there are in 10^-scale.
var milliPer = [4]uint32{1000, 100, 10, 1}

// threes are the texts of the numbers below 1,000, the first digit lowest, by
// where they stand: without zeros in front; with them; and behind a point, without
// zeros at the end. The highest byte is how long the text is, with its point.
var triplets = func() (t struct{ front, inside, behind [1000]uint32 }) {
	for i := range uint32(1000) {
		a, b, c := '0'+i/100, '0'+i/10%10, '0'+i%10
		t.inside[i] = a | b<<8 | c<<16
		switch t.behind[i] = t.inside[i]; {
		case i == 0:
		case i%100 == 0:
			t.behind[i] |= 2 << 24
		case i%10 == 0:
			t.behind[i] |= 3 << 24
		default:
			t.behind[i] |= 4 << 24
		}
		switch {
		case i < 10:
			t.front[i] = c | 1<<24
		case i < 100:
			t.front[i] = b | c<<8 | 2<<24
		default:
			t.front[i] = t.inside[i] | 3<<24
		}
	}
	return t
}()

// small writes c × 10^-scale, c below 10^8 and scale at most 7, without
// zeros at its end that are behind the point.
func formatSmall(out *[24]byte, c uint64, scale int) int {
	w := format8(c)
	t := min(bits.LeadingZeros64(w)>>3, scale)
	w <<= 8 * t & 63
	scale -= t
	lead := min(bits.TrailingZeros64(w)>>3, 7-scale)
	w = (w | '0'*ones) >> (8 * lead & 63)
	binary.LittleEndian.PutUint64(out[:], w)
	n := 8 - lead
	if scale > 0 {
		p := n - scale
		out[p&7] = '.'
		binary.LittleEndian.PutUint64(out[p&7+1:], w>>(8*p&63))
		n++
	}
	return n
}

// appendShortest appends ±f as strconv does; false if f is not for shortest.
func appendShortest(dst []byte, neg bool, f float64) ([]byte, bool) {
	whole, part, j := shortest(f)
	if j == 0 {
		return dst, false
	}
	i := len(dst)
	if cap(dst)-i < Room {
		dst = slices.Grow(dst, Room)
	}
	if neg {
		dst = append(dst, '-')
		i++
	}
	out := dst[i : i+Room-1]
	n := max(decimals(whole), 1)
	putDigits(out[:n], whole)
	out[n] = '.'
	n++
	if j > 16 {
		top := part / 1e16
		part -= top * 1e16
		putDigits(out[n:n+j-16], top)
		n += j - 16
		j = 16
	}
	high := part / 1e8
	low := format8(part-high*1e8) | '0'*ones
	if j > 8 {
		binary.LittleEndian.PutUint64(out[n:], (format8(high)|'0'*ones)>>(8*(16-j)&63))
		binary.LittleEndian.PutUint64(out[n+j-8:], low)
	} else {
		binary.LittleEndian.PutUint64(out[n:], low>>(8*(8-j)&63))
	}
	return dst[:i+n+j], true
}

// shortest returns whole + part × 10^-j with the fewest digits that no other
// float64 is nearer to, and of these the nearest to f. j is 0 if f is not from
// 1/512 to 2^26, is an integer or a power of two, or needs a tie to be broken.
//
// f is m × 2^-k, and what is less than half a unit of m away belongs to it: no
// decimal of so few digits can be just that far away. Each digit that a part of
// 16 digits has too many costs a multiplication, and so does a 17th.
func shortest(f float64) (whole, part uint64, j int) {
	b := math.Float64bits(f)
	k := uint(1075 - b>>52)
	m := b&(1<<52-1) | 1<<52
	if k < 27 || k > 61 || m == 1<<52 {
		return 0, 0, 0
	}
	whole = m >> (k & 63)
	halves := m << 1 & (1<<((k+1)&63) - 1)
	j = 16 - decimals(whole)
	if f < 0.1 {
		j++
		if f < 0.01 {
			j++
		}
	}
	part, ok, tie := nearestPart(halves, j, k)
	for ok && j > 0 {
		c, less, t := nearestPart(halves, j-1, k)
		if !less {
			break
		}
		part, tie = c, t
		j--
	}
	if !ok {
		j++
		part, _, tie = nearestPart(halves, j, k)
	}
	if tie {
		return 0, 0, 0
	}
	return whole, part, j
}

// nearestPart returns the c for which c × 10^-j is nearest to halves × 2^-(k+1),
// whether it is less than 2^-(k+1) away, and whether another one is as near.
func nearestPart(halves uint64, j int, k uint) (c uint64, ok, tie bool) {
	p := pow10[j]
	hi, lo := bits.Mul64(halves, p)
	c = hi<<((63-k)&63) | lo>>((k+1)&63)
	unit := uint64(1) << ((k + 1) & 63)
	rest := lo & (unit - 1)
	if rest > unit/2 {
		c, rest = c+1, unit-rest
	}
	return c, rest < p, rest == unit/2
}

// put writes the last digits of c, as many as out is long.
func putDigits(out []byte, c uint64) {
	for i := len(out) - 1; i >= 0; i-- {
		out[i] = '0' + byte(c%10)
		c /= 10
	}
}

// eight returns the eight digits of c, which is below 10^8, as the bytes of a
// word: the first one lowest, 0 for '0'.
func format8(c uint64) uint64 {
	high := c / 10000
	w := high | (c-high*10000)<<32
	q := w * 10486 >> 20 & 0x7f0000007f // hundreds
	w = q | (w-q*100)<<16
	q = w * 103 >> 10 & 0x000f000f000f000f // tens
	return q | (w-q*10)<<8
}
