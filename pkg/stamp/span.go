package stamp

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// units are the units of durations, the longest first.
var units = [...]struct {
	name string
	span time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

// ParseSpan reads a duration: a decimal number and a unit, d, h, m, s or ms,
// such as "90s", "1.5h" or "7d". A number without a unit is in units of
// defaultUnit; if that is 0, a unit is required. The duration must be a whole number of
// nanoseconds, not negative and below 292 years, the range of a Duration. The
// largest Duration is refused too: callers use it for "no limit".
func ParseSpan(s string, defaultUnit time.Duration) (time.Duration, error) {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz")
	unit := defaultUnit
	name := s[len(number):]
	if name != "" {
		unit = 0
		for _, u := range units {
			if u.name == name {
				unit = u.span
			}
		}
	}
	// The length is limited because math/big takes quadratic time. Rat also reads
	// exponents and quotients, which are not allowed.
	if unit == 0 && name != "" || number == "" || strings.Trim(number, "0123456789.") != "" || len(number) > 30 {
		return 0, fmt.Errorf("%q is not a duration: write 90s, 10m, 1.5h or 7d", s)
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, fmt.Errorf("%q is not a duration: write 90s, 10m, 1.5h or 7d", s)
	}
	if unit == 0 {
		return 0, fmt.Errorf("%q has no unit: write %[1]ss, %[1]sm, %[1]sh or %[1]sd", s)
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(unit)))
	if !r.IsInt() {
		return 0, fmt.Errorf("%q is not a whole number of nanoseconds", s)
	}
	if !r.Num().IsInt64() || r.Num().Int64() == math.MaxInt64 {
		return 0, fmt.Errorf("%q is too long: durations must be below 292 years", s)
	}
	return time.Duration(r.Num().Int64()), nil
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
