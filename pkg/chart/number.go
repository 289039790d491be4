package chart

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// How numbers are shortened. A person reads six digits, and looks up more in the
// NDJSON. So a number v is shown
//
//   - whole, in full, if it is a whole number below 10^15: 1,950,102. float64 holds
//     these exactly.
//   - otherwise with as many decimals as make six significant digits, without zeros
//     at the end: 85.9265, 0.00123, 12,345.7.
//   - with an exponent if it is 10^15 or more, or below 10^-4: 1.23457e19, 1e-05.
//
// Whole numbers need no code of their own: with six digits or more before the point
// there are no decimals, and with fewer the decimals are zeros, which are dropped.
//
// Numbers that belong together have the same number of decimals, so that they can
// be compared (FormatColumn, FormatAligned).

// digits is the number of significant digits of a number with decimals.
const digits = 6

// FormatNumber formats a single number.
func FormatNumber(v float64) string {
	if v == 0 {
		return "0" // -0 as well
	}
	if !isPositional(v) {
		return scientific(v, digits)
	}
	return AddCommas(trimZeros(strconv.FormatFloat(v, 'f', decimals(v), 64)))
}

// FormatText is FormatNumber for a JSON number.
func FormatText(s string) string {
	v, _ := strconv.ParseFloat(s, 64) // cannot fail: Parser has parsed it
	return FormatNumber(v)
}

// FormatColumn formats numbers that are shown one below the other, right aligned. Each
// is formatted as by FormatNumber, so that it is spelt as elsewhere; spaces at the end
// align the points.
func FormatColumn(values []float64) []string {
	texts := make([]string, len(values))
	fraction := func(s string) int { // its length, with the point
		at := strings.IndexByte(s, '.')
		if at < 0 {
			return 0
		}
		return len(s) - at
	}
	longest := 0
	for i, v := range values {
		texts[i] = FormatNumber(v)
		if isPositional(v) {
			longest = max(longest, fraction(texts[i]))
		}
	}
	for i, s := range texts {
		if isPositional(values[i]) {
			texts[i] += strings.Repeat(" ", longest-fraction(s))
		}
	}
	return texts
}

// FormatEdges formats the edges of consecutive intervals of equal width, at least two,
// with as many decimals as two significant digits of the width need at most.
func FormatEdges(edges []float64) []string {
	// decimals gives the width six significant digits; four decimals fewer leave two.
	return FormatAligned(edges, max(0, decimals(edges[1]-edges[0])-digits+2))
}

// FormatAligned formats all values with the same number of decimals: as many as one
// of them needs, and at most maxDecimals. Numbers with an exponent, and those that
// would become 0, are formatted on their own, with more than six digits if neighbours
// are the same otherwise.
func FormatAligned(values []float64, maxDecimals int) []string {
	needed := 0
	for _, v := range values {
		if isPositional(v) {
			_, fraction, _ := strings.Cut(trimZeros(strconv.FormatFloat(v, 'f', maxDecimals, 64)), ".")
			needed = max(needed, len(fraction))
		}
	}
	texts := make([]string, len(values))
	for i, v := range values {
		s := strconv.FormatFloat(v, 'f', needed, 64)
		if v == 0 {
			s = strconv.FormatFloat(0, 'f', needed, 64) // no sign for -0
		}
		texts[i] = AddCommas(s)
		if v != 0 && (!isPositional(v) || strings.Trim(s, "-0.") == "") {
			texts[i] = FormatNumber(v)
		}
	}
	for n := digits + 1; n <= 17 && repeats(texts, values); n++ {
		for i, v := range values {
			if !isPositional(v) {
				texts[i] = scientific(v, n)
			}
		}
	}
	return texts
}

// repeats reports whether neighbours that differ, and have exponents, have the same text.
func repeats(texts []string, values []float64) bool {
	for i := 1; i < len(values); i++ {
		if texts[i] == texts[i-1] && values[i] != values[i-1] && !isPositional(values[i]) {
			return true
		}
	}
	return false
}

// isPositional reports whether v is shown without an exponent. It is false for NaN.
func isPositional(v float64) bool {
	v = math.Abs(v)
	return v == 0 || v >= 1e-4 && v < 1e15
}

// decimals returns how many decimals give v six significant digits; 0 if it has six
// or more before the point. It is computed from the rounded number, since 9.9999999
// has one digit before the point, but two when rounded.
func decimals(v float64) int {
	if v == 0 {
		return 0
	}
	s := strconv.FormatFloat(math.Abs(v), 'e', digits-1, 64)
	exponent, _ := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	return max(0, digits-1-exponent)
}

// scientific formats v with n digits and an exponent; NaN, an unknown value, is "NaN".
func scientific(v float64, n int) string {
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(v, 'e', n-1, 64), "e")
	if !ok {
		return mantissa
	}
	return trimZeros(mantissa) + "e" + strings.TrimPrefix(exponent, "+")
}

// trimZeros removes the zeros at the end of a fraction, and a point that is left.
func trimZeros(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// FormatPercent formats a percentage with one decimal, with none from 1,000 on, and as any other
// number below 0.1, where one decimal would be too coarse.
//
// Requires: v is not negative.
func FormatPercent(v float64) string {
	switch {
	case v < 0.1 || v >= 1e15:
		return FormatNumber(v)
	case v >= 1000:
		return AddCommas(strconv.FormatFloat(v, 'f', 0, 64))
	}
	return AddCommas(strconv.FormatFloat(v, 'f', 1, 64))
}

// FormatCount formats a count in full, with commas.
func FormatCount[N int | int64 | uint64](n N) string { return AddCommas(fmt.Sprint(n)) }

// AddCommas inserts commas between the thousands of a decimal number.
func AddCommas(s string) string {
	whole, fraction, _ := strings.Cut(s, ".")
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	var b strings.Builder
	b.WriteString(sign)
	for i, c := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(c)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}
