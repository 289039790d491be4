package stamp

import (
	"bytes"
	"errors"
	"fmt"
	"time"
)

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

// digitsText reads a text of digits, n before the point, in auto. The lengths that the
// present has in the four units are counts; for all others it returns an error.
func digitsText(b []byte, n int) (Time, error) {
	switch {
	case n == 10 || n == 13 || n == 16 || n == 19:
		return parseCount(b, auto)
	case isAmbiguous(int64(n)) && b[0] != '0':
		_, err := parseCount(b, auto)
		if err != nil {
			return Time{}, err
		}
	}
	return Time{}, errors.New("only digits: say what they mean with --time-format, such as unix or '%Y%m%d'")
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
		n := int64(len(b)) // there is no leading zero
		if isAmbiguous(n) {
			err := ambiguity(u, n, true)
			if err != nil {
				return Time{}, err
			}
		}
		k = unitOf(n)
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
	if t.Sec > maxSec {
		return Time{}, tooLarge(t, int64(len(b)), k)
	}
	return t, nil
}

// tooLarge returns the error of a count with n digits that is the time t in the unit k,
// after the year 9999. It names the unit that such a count usually has.
func tooLarge(t Time, n int64, k kind) error {
	err := t.check()
	usual := unitOf(n)
	if usual == k || n == 17 || n == 18 {
		return err
	}
	return fmt.Errorf("%w; it may be a count for %s", err, Format{kind: usual})
}

// unitOf returns the unit of a count with n digits before the point. Seconds have
// up to 11 digits until the year 5138, and the present has 10, 13, 16 or 19 digits
// in the four units, so the ranges are not close to each other. Requires that n is not
// 17 or 18, which ambiguity refuses.
func unitOf(n int64) kind {
	switch {
	case n <= 11:
		return unix
	case n <= 14:
		return unixMilli
	case n <= 16:
		return unixMicro
	}
	return unixNano
}

// isAmbiguous reports whether a number with n digits before the point may be something
// else than a count: ambiguity decides.
func isAmbiguous(n int64) bool {
	const lengths = 1<<8 | 1<<12 | 1<<14 | 1<<17 | 1<<18
	return 0 <= n && n < 64 && lengths>>uint(n)&1 != 0
}

// ambiguity returns an error if u, a number of n digits that isAmbiguous, is not taken
// for a count by auto: it reads as a date of the years 1900 to 2100, YYYYMMDD, HHMM
// or HHMMSS following, or it has 17 or 18 digits, as ticks have, which are units of
// 100 ns since the year 1 (.NET) or 1601 (Windows). The error says how to read it.
// plain says that a layout can read it: it is written as n digits, and at most zeros
// follow the point, or digits the seconds.
//
// Why refuse: as counts these would be times of the years 1970 and 1975 to 2609, and
// what follows from them looks like a result.
func ambiguity(u uint64, n int64, plain bool) error {
	date, clock, layout, unit := u, uint64(0), "%Y%m%d", unix
	switch n {
	case 12:
		date, clock, layout, unit = u/1e4, u%1e4*100, "%Y%m%d%H%M", unixMilli
	case 14:
		date, clock, layout, unit = u/1e6, u%1e6, "%Y%m%d%H%M%S", unixMilli
	case 17, 18:
		return ticks(u, n)
	}
	switch {
	case !isDate(date) || !isClock(clock):
		return nil
	case !plain:
		return fmt.Errorf("it may be a date; write one as in 2018-12-26T18:11:08, or use --time-format %v for a count since 1970", unit)
	}
	return fmt.Errorf("it may be a date; --time-format '%s' reads it as one, %v as a count since 1970", layout, unit)
}

// ticks returns the error for a number u of n digits, 17 or 18. What it may be is
// told from the size: the times of 1900 to 2100 are from 5.99e17 to 6.62e17 in .NET,
// and from 9.4e16 to 1.57e17 in Windows.
func ticks(u uint64, n int64) error {
	switch {
	case u >= 599e15 && u < 663e15:
		return errors.New("it may be .NET ticks; (N-621355968000000000)/1e7 is the time in seconds; for a count since 1970 use --time-format unix_ns")
	case u >= 94e15 && u < 158e15:
		return errors.New("it may be a Windows FILETIME; (N-116444736000000000)/1e7 is the time in seconds; for a count since 1970 use --time-format unix_ns")
	case n == 17 && isDate(u/1e9) && isClock(u/1e3%1e6):
		return errors.New("it may be a date with milliseconds; write it as in 2018-12-26T18:11:08.509, or use --time-format unix_us for a count since 1970")
	}
	return fmt.Errorf("%d digits are no usual count since 1970; say what they are with --time-format, such as unix_us or unix_ns", n)
}

// isDate reports whether d is YYYYMMDD, a date of the years 1900 to 2100 that exists.
func isDate(d uint64) bool {
	year, month, day := int(d/1e4), time.Month(d/100%100), int(d%100)
	t := time.Date(year, month, day, 0, 0, 0, 0, time.UTC) // which makes 2 March of 30 February
	return year >= 1900 && year <= 2100 && t.Month() == month && t.Day() == day
}

// isClock reports whether c is HHMMSS, a time of day, leap seconds and 24:00:00
// included.
func isClock(c uint64) bool {
	return c/1e4 < 24 && c/100%100 < 60 && c%100 <= 60 || c == 24e4
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

// first returns the index of the first digit that is not zero, or the number of digits.
func (d *decimal) first() (i int64) {
	n := int64(len(d.intDigits) + len(d.fracDigits))
	for i < n && d.digit(i) == 0 {
		i++
	}
	return i
}

// size returns the number of digits before the point, without leading zeros, once the
// exponent has moved it. It is negative if zeros follow the point.
func (d *decimal) size() int64 { return int64(len(d.intDigits)) + d.exp - d.first() }

// whole returns the digits from index i to j as a number, and 0 if d is negative.
// Requires j-i <= 18.
func (d *decimal) whole(i, j int64) (u uint64) {
	if d.negative {
		return 0
	}
	for ; i < j; i++ {
		u = u*10 + uint64(d.digit(i))
	}
	return u
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
	first := d.first()
	if first == n { // zero, of any exponent
		return Time{}, nil
	}
	// point is the index of the first digit after the decimal point, once the
	// exponent and then the unit have moved it. It may be outside the digits on
	// either side.
	point := int64(len(d.intDigits)) + d.exp
	if k == auto {
		size := d.size()
		if isAmbiguous(size) {
			err := ambiguity(d.whole(first, point), size, d.exp == 0 && (size == 14 || allZeros(d.fracDigits)))
			if err != nil {
				return Time{}, err
			}
		}
		k = unitOf(size)
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

// allZeros reports whether b has nothing but zeros.
func allZeros(b []byte) bool { return len(bytes.Trim(b, "0")) == 0 }

// digitRun splits b after the digits that it begins with.
func digitRun(b []byte) (digits, rest []byte) {
	n := 0
	for n < len(b) && b[n]-'0' <= 9 {
		n++
	}
	return b[:n], b[n:]
}
