// Package stamp reads timestamps: RFC 3339 and its everyday relatives, counts of seconds since the Unix epoch, and, by a
// strftime layout, the rest. It also does the little arithmetic that windows need and writes the date of a row.
//
// Every room above may lean on it; it leans on none, and it alone knows timefmt-go. It asks no clock and no local zone: the
// same text is the same [Time] on every machine.
package stamp

import (
	"cmp"
	"math"
	"time"
)

const (
	second   = int64(time.Second)
	lastNano = 1e9 - 1

	minute = 60
	hour   = 60 * minute
	day    = 24 * hour

	minSec = -62135596800 // 0001-01-01 00:00:00
	maxSec = 253402300799 // 9999-12-31 23:59:59
)

// Time is an instant: Sec seconds since 1970-01-01 00:00:00 UTC in the proleptic Gregorian calendar, leap seconds not counted,
// and Nsec nanoseconds after that, 0 <= Nsec < 1e9, also before 1970. A [Parser] gives times of the years 0001 to 9999; what
// the methods say holds for these and for whatever is within a [time.Duration] of them.
type Time struct {
	Sec  int64
	Nsec int32
}

// Compare is -1 if t is before u, 0 if they are the same instant, and 1 if t is after u.
func (t Time) Compare(u Time) int {
	if c := cmp.Compare(t.Sec, u.Sec); c != 0 {
		return c
	}
	return cmp.Compare(t.Nsec, u.Nsec)
}

// Before reports whether t is earlier than u.
func (t Time) Before(u Time) bool {
	return t.Sec < u.Sec || t.Sec == u.Sec && t.Nsec < u.Nsec
}

// Floor is the last multiple of step seconds, counted from the epoch, that is not after t; step > 0.
func (t Time) Floor(step int64) int64 {
	r := t.Sec % step
	if r < 0 {
		r += step
	}
	return t.Sec - r
}

// Ceil is the first multiple of step seconds, counted from the epoch, that is not before t; step > 0.
func (t Time) Ceil(step int64) int64 {
	f := t.Floor(step)
	if f == t.Sec && t.Nsec == 0 {
		return f
	}
	return f + step
}

// Add is the instant d after t.
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

// Sub is the time from u to t, or the nearest Duration if they are more than 292 years apart. It is right for any two Times.
func (t Time) Sub(u Time) time.Duration {
	c := t.Compare(u)
	if c < 0 {
		if d := u.Sub(t); d < math.MaxInt64 {
			return -d
		}
		// MinInt64 and -MaxInt64 are neighbours that both come back as MaxInt64.
		if t.Add(math.MaxInt64) == u {
			return -math.MaxInt64
		}
		return math.MinInt64
	}
	s := uint64(t.Sec) - uint64(u.Sec) // not negative, and right even where int64 would overflow
	if s > math.MaxInt64/uint64(second)+1 {
		return math.MaxInt64
	}
	n := s*uint64(second) + uint64(int64(t.Nsec)-int64(u.Nsec))
	return time.Duration(min(n, math.MaxInt64))
}
