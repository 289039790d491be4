// Package stamp parses timestamps: RFC 3339 and the variants of it that programs
// write, counts of seconds since the Unix epoch, and any other format by a strftime
// layout. It also has the arithmetic that windows need and formats the date of a
// row.
//
// The types, in the order in which they are used:
//
//   - [Format] says how timestamps are written. [ParseFormat] reads it from the
//     argument of --time-format.
//   - [Parser] parses timestamps of one Format. It is fast because it caches the
//     minute that it parsed last.
//   - [Time] is the result: an instant, to the nanosecond. [AppendDateTime] formats
//     its seconds, and [DateFormat] does so in other forms.
//   - [Zone] is a time zone: of times that are written without one, and of dates.
//   - [ParseSpan] and [SpanText] convert lengths of time such as 90s or 7d; [Forever] is
//     longer than all.
//
// The package reads neither the clock nor the local time zone, so the same text gives the
// same [Time] on every machine with the same time zone database. Any package of a higher
// layer may import it. It imports suggest, for messages, and is the only package that
// imports go-strftime, for layouts.
package stamp

import (
	"cmp"
	"math"
	"time"
)

const (
	second   = int64(time.Second)
	lastNano = 1e9 - 1 // the last nanosecond of a second

	// In seconds:
	minute = 60
	hour   = 60 * minute

	// The range of a Parser's times, which is that of four-digit years without
	// 0000.
	minSec = -62135596800 // 0001-01-01 00:00:00
	maxSec = 253402300799 // 9999-12-31 23:59:59
)

// Time is an instant: Sec seconds since 1970-01-01 00:00:00 UTC in the proleptic
// Gregorian calendar, without leap seconds, plus Nsec nanoseconds.
//
// Invariant: 0 <= Nsec < 1e9, before 1970 as well, so an instant has one
// representation and == compares instants.
//
// A [Parser] returns times of the years 0001 to 9999. The methods are right for
// these and for all times within a [time.Duration] of them: seconds are below 2^38
// there, so no sum or product of theirs overflows.
//
// Why not time.Time: it has 24 bytes and a pointer, and its arithmetic has to care
// for the monotonic clock and zones.
type Time struct {
	Sec  int64
	Nsec int32
}

// Compare returns -1 if t is before u, 0 if they are the same instant, and 1 if t
// is after u.
func (t Time) Compare(u Time) int {
	c := cmp.Compare(t.Sec, u.Sec)
	if c != 0 {
		return c
	}
	return cmp.Compare(t.Nsec, u.Nsec)
}

// Before reports whether t is earlier than u.
func (t Time) Before(u Time) bool {
	return t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec
}

// Floor returns the last multiple of step seconds, counted from the epoch, that is
// not after t. Requires step > 0.
func (t Time) Floor(step int64) int64 {
	r := t.Sec % step // truncated toward zero, so negative before 1970
	if r < 0 {
		r += step
	}
	return t.Sec - r
}

// Ceil returns the first multiple of step seconds, counted from the epoch, that is
// not before t. Requires step > 0.
func (t Time) Ceil(step int64) int64 {
	f := t.Floor(step)
	if f == t.Sec && t.Nsec == 0 {
		return f
	}
	return f + step
}

// Add returns the instant d after t.
func (t Time) Add(d time.Duration) Time {
	sec, nsec := t.Sec+int64(d)/second, int64(t.Nsec)+int64(d)%second
	switch {
	case nsec < 0:
		sec, nsec = sec-1, nsec+second
	case nsec >= second:
		sec, nsec = sec+1, nsec-second
	}
	return Time{sec, int32(nsec)}
}

// Sub returns the time from u to t, or the nearest Duration if they are more than
// 292 years apart. It is right for any two Times, of every int64.
func (t Time) Sub(u Time) time.Duration {
	c := t.Compare(u)
	if c < 0 {
		d := u.Sub(t)
		if d < math.MaxInt64 {
			return -d
		}
		// d is saturated, or it is MaxInt64 exactly. Only in the latter case its
		// opposite is a Duration that differs from the saturated MinInt64.
		if t.Add(math.MaxInt64) == u {
			return -math.MaxInt64
		}
		return math.MinInt64
	}
	s := uint64(t.Sec) - uint64(u.Sec) // not negative, as t is not before u; right also where int64 would overflow
	if s > math.MaxInt64/uint64(second)+1 {
		return math.MaxInt64
	}
	// s × 10^9 is below 2^63 + 2 × 10^9, and the difference of the nanoseconds,
	// which may wrap, does not make the sum negative.
	n := s*uint64(second) + uint64(int64(t.Nsec)-int64(u.Nsec))
	return time.Duration(min(n, math.MaxInt64))
}

// AppendDateTime appends sec, seconds since the epoch, as YYYY-MM-DD HH:MM:SS in
// UTC. A [Parser] reads it back if its year is one of 0001 to 9999. A year after 9999
// has five digits (10000-01-01 00:00:00), the year before 0001 is 0000, and earlier
// ones have a minus sign. It allocates nothing if dst has free capacity for 19 bytes.
//
// Why not AppendFormat for all years: it takes three times as long.
func AppendDateTime(dst []byte, sec int64) []byte {
	t := time.Unix(sec, 0).UTC()
	y, mon, d := t.Date()
	if y < 0 || y > 9999 {
		return t.AppendFormat(dst, time.DateTime)
	}
	h, m, s := t.Clock()
	dst = appendPair(appendPair(dst, y/100), y%100)
	dst = appendPair(append(dst, '-'), int(mon))
	dst = appendPair(append(dst, '-'), d)
	dst = appendPair(append(dst, ' '), h)
	dst = appendPair(append(dst, ':'), m)
	return appendPair(append(dst, ':'), s)
}

// appendPair appends the two digits of n. Requires 0 <= n < 100.
func appendPair(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10), byte('0'+n%10))
}
