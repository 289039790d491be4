package stamp

import "errors"

var errNumber = errors.New("not a number")

// wholeDigits is the number of digits before the point of text that is digits, or digits, a point and digits; else 0.
func wholeDigits(b []byte) (n int) {
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	if n == len(b) || n < len(b)-1 && b[n] == '.' && digits(b[n+1:]) {
		return n
	}
	return 0
}

// count reads a JSON number as a count of the unit k since the epoch; with auto the number of its digits tells the unit.
func count(b []byte, k kind) (Time, error) {
	if len(b) == 0 || len(b) > 19 || b[0] == '0' {
		return countDecimal(b, k)
	}
	u := uint64(0)
	for _, c := range b {
		if c-'0' > 9 {
			return countDecimal(b, k)
		}
		u = u*10 + uint64(c-'0')
	}
	if k == auto {
		k = unit(int64(len(b)))
	}
	t := Time{}
	switch k {
	case unix:
		t.Sec = int64(min(u, maxSec+1))
	case unixMilli:
		t = Time{int64(u / 1e3), int32(u % 1e3 * 1e6)}
	case unixMicro:
		t = Time{int64(u / 1e6), int32(u % 1e6 * 1e3)}
	default:
		t = Time{int64(u / 1e9), int32(u % 1e9)}
	}
	return t, t.check()
}

// unit is the one that n digits before the point suggest.
func unit(n int64) kind {
	switch {
	case n <= 11:
		return unix
	case n <= 14:
		return unixMilli
	case n <= 17:
		return unixMicro
	}
	return unixNano
}

func (k kind) decimals() int64 {
	switch k {
	case unixMilli:
		return 3
	case unixMicro:
		return 6
	case unixNano:
		return 9
	}
	return 0
}

// decimal is a JSON number in its parts: digits before and after the point, and a power of ten, far off if it is capped.
type decimal struct {
	negative    bool
	whole, part []byte
	exp         int64
}

// at is the i-th digit, 0 where there is none.
func (d *decimal) at(i int64) int64 {
	w := int64(len(d.whole))
	switch {
	case i < 0 || i >= w+int64(len(d.part)):
		return 0
	case i < w:
		return int64(d.whole[i] - '0')
	}
	return int64(d.part[i-w] - '0')
}

// countDecimal is count for every JSON number. A number before the epoch goes to the nanosecond before it.
func countDecimal(b []byte, k kind) (Time, error) {
	d, ok := parseDecimal(b)
	if !ok {
		return Time{}, errNumber
	}
	n := int64(len(d.whole) + len(d.part))
	first := int64(0) // digit that is not zero
	for first < n && d.at(first) == 0 {
		first++
	}
	if first == n {
		return Time{}, nil
	}
	point := int64(len(d.whole)) + d.exp // digits before the point, if there are so many
	if k == auto {
		k = unit(point - first)
	}
	point -= k.decimals()
	if point-first > 12 {
		return Time{maxSec + 1, 0}, Time{Sec: maxSec + 1}.check()
	}
	t := Time{}
	for i := first; i < point; i++ {
		t.Sec = t.Sec*10 + d.at(i)
	}
	for i := point; i < point+9; i++ {
		t.Nsec = t.Nsec*10 + int32(d.at(i))
	}
	if d.negative {
		t = t.negate()
		for i := max(first, point+9); i < n; i++ {
			if d.at(i) != 0 {
				t = t.Add(-1)
				break
			}
		}
	}
	return t, t.check()
}

func (t Time) negate() Time {
	if t.Nsec == 0 {
		return Time{-t.Sec, 0}
	}
	return Time{-t.Sec - 1, 1e9 - t.Nsec}
}

// parseDecimal takes a number of RFC 8259, section 6, apart.
func parseDecimal(b []byte) (d decimal, ok bool) {
	if len(b) > 0 && b[0] == '-' {
		d.negative, b = true, b[1:]
	}
	d.whole, b = run(b)
	if len(d.whole) == 0 || len(d.whole) > 1 && d.whole[0] == '0' {
		return d, false
	}
	if len(b) > 0 && b[0] == '.' {
		if d.part, b = run(b[1:]); len(d.part) == 0 {
			return d, false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		sign := int64(1)
		if b = b[1:]; len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			if b[0] == '-' {
				sign = -1
			}
			b = b[1:]
		}
		var power []byte
		if power, b = run(b); len(power) == 0 {
			return d, false
		}
		for _, c := range power {
			d.exp = min(d.exp*10+int64(c-'0'), 1e15)
		}
		d.exp *= sign
	}
	return d, len(b) == 0
}

// run cuts the digits off the start of b.
func run(b []byte) (digits, rest []byte) {
	n := 0
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	return b[:n], b[n:]
}
