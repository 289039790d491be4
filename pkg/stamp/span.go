package stamp

import (
	"fmt"
	"math"
	"math/big"
	"strings"
	"time"
)

// units are how people write spans of time, the widest first.
var units = [...]struct {
	name string
	span time.Duration
}{{"d", 24 * time.Hour}, {"h", time.Hour}, {"m", time.Minute}, {"s", time.Second}, {"ms", time.Millisecond}}

// ParseSpan reads a span of time as people write it: a decimal number and d, h,
// m, s or ms, such as "90s", "1.5h", "7d"; a number alone is in bare units. It
// must come out in whole nanoseconds, not be negative and stay below 292 years.
func ParseSpan(s string, bare time.Duration) (time.Duration, error) {
	number := strings.TrimRight(s, "abcdefghijklmnopqrstuvwxyz")
	unit := bare
	if name := s[len(number):]; name != "" {
		unit = 0
		for _, u := range units {
			if u.name == name {
				unit = u.span
			}
		}
	}
	if unit == 0 || number == "" || strings.Trim(number, "0123456789.") != "" || len(number) > 30 {
		return 0, fmt.Errorf("%q is not a span of time: write 90s, 10m, 1.5h or 7d", s)
	}
	r, ok := new(big.Rat).SetString(number)
	if !ok {
		return 0, fmt.Errorf("%q is not a span of time: write 90s, 10m, 1.5h or 7d", s)
	}
	r.Mul(r, new(big.Rat).SetInt64(int64(unit)))
	if !r.IsInt() {
		return 0, fmt.Errorf("%q is no whole number of nanoseconds", s)
	}
	if !r.Num().IsInt64() || r.Num().Int64() == math.MaxInt64 {
		return 0, fmt.Errorf("%q is too long a span", s)
	}
	return time.Duration(r.Num().Int64()), nil
}

// SpanText writes a span, not negative, as ParseSpan reads it: in the widest
// unit that needs no fraction, or in seconds with one.
func SpanText(d time.Duration) string {
	for _, u := range units {
		if d%u.span == 0 && (d > 0 || u.span == time.Second) {
			return fmt.Sprintf("%d%s", d/u.span, u.name)
		}
	}
	return strings.TrimRight(fmt.Sprintf("%d.%09d", d/time.Second, d%time.Second), "0") + "s"
}
