package stamp

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// units are the units of durations as SpanText writes them, the longest first.
var units = [...]struct {
	name string
	span time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

// unitNames are the names of units that ParseSpan reads.
var unitNames = map[string]time.Duration{
	"w": 7 * 24 * time.Hour, "week": 7 * 24 * time.Hour, "weeks": 7 * 24 * time.Hour,
	"d": 24 * time.Hour, "day": 24 * time.Hour, "days": 24 * time.Hour,
	"h": time.Hour, "hr": time.Hour, "hrs": time.Hour, "hour": time.Hour, "hours": time.Hour,
	"m": time.Minute, "min": time.Minute, "mins": time.Minute, "minute": time.Minute, "minutes": time.Minute,
	"s": time.Second, "sec": time.Second, "secs": time.Second, "second": time.Second, "seconds": time.Second,
	"ms": time.Millisecond,
}

// maxDays is the number of whole days in the longest Duration.
const maxDays = math.MaxInt64 / int64(24*time.Hour)

// Forever is longer than any duration that ParseSpan returns. It stands for "no limit".
const Forever = time.Duration(math.MaxInt64)

// ParseSpan reads a duration: a decimal number and a unit, w, d, h, m, s, ms or another
// usual name of one, such as "90s", "10min", "1.5h" or "2w"; or several of these, each
// with a shorter unit than the one before, such as "1h30m". One blank may separate
// them. A number alone is in units of defaultUnit; if that is 0, a unit is required. The
// duration must be a whole number of nanoseconds, not negative and below 292 years, the
// range of a Duration. The largest Duration, Forever, is refused too.
func ParseSpan(s string, defaultUnit time.Duration) (time.Duration, error) {
	total := new(big.Rat)
	last := Forever // the unit before
	for rest := s; rest != "" || s == ""; {
		number, name, after := cutUnit(rest)
		// The length is limited because math/big takes quadratic time. Rat also reads
		// signs, exponents and quotients, which cutUnit does not let through.
		n, ok := new(big.Rat).SetString(number)
		unit, known := unitNames[name]
		switch {
		case !ok || len(number) > 30 || !known && name != "":
			return 0, fmt.Errorf("%q is not a duration: write 90s, 10m, 1h30m, 1.5h, 7d or 2w", s)
		case known:
		case number != s:
			return 0, fmt.Errorf("%q is not a duration: %s has no unit", s, number)
		case defaultUnit == 0:
			return 0, fmt.Errorf("%q has no unit: write %[1]ss, %[1]sm, %[1]sh or %[1]sd", s)
		default:
			unit = defaultUnit
		}
		if unit >= last {
			return 0, fmt.Errorf("%q is not a duration: a longer unit comes before a shorter one, as in 1h30m", s)
		}
		total.Add(total, n.Mul(n, new(big.Rat).SetInt64(int64(unit))))
		rest, last = after, unit
	}
	if !total.IsInt() {
		return 0, fmt.Errorf("%q is not a whole number of nanoseconds", s)
	}
	if !total.Num().IsInt64() || total.Num().Int64() == math.MaxInt64 {
		return 0, fmt.Errorf("%q is too long: durations are at most %dd", s, maxDays)
	}
	return time.Duration(total.Num().Int64()), nil
}

// cutUnit splits s after a number and the name of a unit, each of which may be empty.
// rest does not begin with a blank, unless that is all of it.
func cutUnit(s string) (number, name, rest string) {
	number = s[:len(s)-len(strings.TrimLeft(s, "0123456789."))]
	name = s[len(number):]
	if len(name) > 1 && name[0] == ' ' {
		name = name[1:]
	}
	rest = strings.TrimLeft(name, "abcdefghijklmnopqrstuvwxyz")
	name = name[:len(name)-len(rest)]
	if len(rest) > 1 && rest[0] == ' ' {
		rest = rest[1:]
	}
	return number, name, rest
}

// SpanText formats a duration as ParseSpan reads it: in the longest unit that needs no
// fraction, or in seconds with a fraction. Requires d >= 0.
func SpanText(d time.Duration) string {
	// 0 is a multiple of every unit; it is written 0s.
	for _, u := range units {
		if d%u.span == 0 && (d > 0 || u.span == time.Second) {
			return fmt.Sprintf("%d%s", d/u.span, u.name)
		}
	}
	return strings.TrimRight(fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second), "0") + "s"
}
