package stamp

import "errors"

// This file reads numbers as counts of seconds, or of smaller units, since the
// epoch.

var errNumber = errors.New("not a number")

// wholeDigits returns the number of digits before the point if b is digits, or
// digits, a point and digits. Otherwise it returns 0.
func wholeDigits(b []byte) (n int) {
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	if n == len(b) || n < len(b)-1 && b[n] == '.' && allDigits(b[n+1:]) {
		return n
	}
	return 0
}

// parseCount reads a JSON number as a count of the unit of k since the epoch. With
// auto the number of digits before the point decides the unit.
//
// The loop is the fast path, for integers of up to 19 digits without a sign: these
// are below 10^19 and fit 64 bits, and the quotients below fit an int64. All
// others, and what is not a number, go to parseDecimalCount.
func parseCount(b []byte, k kind) (Time, error) {
	if len(b) == 0 || len(b) > 19 || b[0] == '0' {
		return parseDecimalCount(b, k)
	}
	u := uint64(0)
	for _, c := range b {
		if c-'0' > 9 {
			return parseDecimalCount(b, k)
		}
		u = u*10 + uint64(c-'0')
	}
	if k == auto {
		k = unitOf(int64(len(b))) // there is no leading zero
	}
	// Sec and Nsec are the quotient and the remainder by the number of units in a
	// second; check refuses the years after 9999.
	t := Time{}
	switch k {
	case unix:
		t.Sec = int64(min(u, maxSec+1)) // u may be above the largest int64
	case unixMilli:
		t = Time{int64(u / 1e3), int32(u % 1e3 * 1e6)}
	case unixMicro:
		t = Time{int64(u / 1e6), int32(u % 1e6 * 1e3)}
	default:
		t = Time{int64(u / 1e9), int32(u % 1e9)}
	}
	return t, t.check()
}

// unitOf returns the unit of a count with n digits before the point. Seconds have
// up to 11 digits until the year 5138, and the present has 10, 13, 16 or 19 digits
// in the four units, so the ranges are not close to each other.
func unitOf(n int64) kind {
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

// decimals returns n if the unit of k is 10^-n seconds.
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

// decimal is a JSON number, split into the parts of the grammar.
type decimal struct {
	negative              bool
	intDigits, fracDigits []byte // before and after the point
	exp                   int64  // limited to ±10^15: no text has enough digits to make up for that
}

// digit returns the digit at index i, counted from the first one, and 0 for an i
// outside the number.
func (d *decimal) digit(i int64) int64 {
	w := int64(len(d.intDigits))
	switch {
	case i < 0 || i >= w+int64(len(d.fracDigits)):
		return 0
	case i < w:
		return int64(d.intDigits[i] - '0')
	}
	return int64(d.fracDigits[i-w] - '0')
}

// parseDecimalCount is parseCount for every JSON number. It is exact to the
// nanosecond; digits below a nanosecond are truncated toward the past, also before
// the epoch.
func parseDecimalCount(b []byte, k kind) (Time, error) {
	d, ok := parseDecimal(b)
	if !ok {
		return Time{}, errNumber
	}
	n := int64(len(d.intDigits) + len(d.fracDigits))
	first := int64(0) // the index of the first digit that is not zero
	for first < n && d.digit(first) == 0 {
		first++
	}
	if first == n { // zero, of any exponent
		return Time{}, nil
	}
	// point is the index of the first digit after the decimal point, once the
	// exponent and then the unit have moved it. It may be outside the digits on
	// either side.
	point := int64(len(d.intDigits)) + d.exp
	if k == auto {
		k = unitOf(point - first)
	}
	point -= k.decimals()
	if point-first > 12 { // 10^12 seconds or more
		return Time{maxSec + 1, 0}, Time{Sec: maxSec + 1}.check()
	}
	// digit is 0 outside the number, so the loops need no limits: at most 12 digits
	// of seconds, and nine of nanoseconds, fit.
	t := Time{}
	for i := first; i < point; i++ {
		t.Sec = t.Sec*10 + d.digit(i)
	}
	for i := point; i < point+9; i++ {
		t.Nsec = t.Nsec*10 + int32(d.digit(i))
	}
	if d.negative {
		t = t.negate()
		// Digits below the nanosecond: the time is a little earlier.
		for i := max(first, point+9); i < n; i++ {
			if d.digit(i) != 0 {
				t = t.Add(-1)
				break
			}
		}
	}
	return t, t.check()
}

// negate returns the time that is as long before the epoch as t is after it. Nsec
// stays positive.
func (t Time) negate() Time {
	if t.Nsec == 0 {
		return Time{-t.Sec, 0}
	}
	return Time{-t.Sec - 1, 1e9 - t.Nsec}
}

// parseDecimal splits a number of the JSON grammar (RFC 8259, section 6). It
// returns false if b is not one.
func parseDecimal(b []byte) (d decimal, ok bool) {
	if len(b) > 0 && b[0] == '-' {
		d.negative, b = true, b[1:]
	}
	d.intDigits, b = digitRun(b)
	if len(d.intDigits) == 0 || len(d.intDigits) > 1 && d.intDigits[0] == '0' {
		return d, false
	}
	if len(b) > 0 && b[0] == '.' {
		d.fracDigits, b = digitRun(b[1:])
		if len(d.fracDigits) == 0 {
			return d, false
		}
	}
	if len(b) > 0 && (b[0] == 'e' || b[0] == 'E') {
		sign := int64(1)
		b = b[1:]
		if len(b) > 0 && (b[0] == '+' || b[0] == '-') {
			if b[0] == '-' {
				sign = -1
			}
			b = b[1:]
		}
		var power []byte
		power, b = digitRun(b)
		if len(power) == 0 {
			return d, false
		}
		for _, c := range power {
			d.exp = min(d.exp*10+int64(c-'0'), 1e15)
		}
		d.exp *= sign
	}
	return d, len(b) == 0
}

// digitRun splits b after the digits that it begins with.
func digitRun(b []byte) (digits, rest []byte) {
	n := 0
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	return b[:n], b[n:]
}
