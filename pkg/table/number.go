package table

import (
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
// be compared (formatColumn, formatAligned).

// digits is the number of significant digits of a number with decimals.
const digits = 6

// formatNumber formats a single number.
func formatNumber(v float64) string {
	if v == 0 {
		return "0" // -0 as well
	}
	if !isPositional(v) {
		return scientific(v)
	}
	return addCommas(trimZeros(strconv.FormatFloat(v, 'f', decimals(v), 64)))
}

// formatText is formatNumber for a JSON number.
func formatText(s string) string {
	v, _ := strconv.ParseFloat(s, 64) // cannot fail: line.set has parsed it
	return formatNumber(v)
}

// formatColumn formats numbers that are shown one below the other, right aligned.
// Their points are aligned, too: all have at most the decimals that the number with
// the largest absolute value has, zeros at the end are replaced by spaces, and a
// number that would become 0 is formatted on its own.
func formatColumn(values []float64) []string {
	largest := 0.0
	for _, v := range values {
		if isPositional(v) {
			largest = max(largest, math.Abs(v))
		}
	}
	texts := formatAligned(values, decimals(largest))
	for i, s := range texts {
		if isPositional(values[i]) {
			t := trimZeros(s)
			texts[i] = t + strings.Repeat(" ", len(s)-len(t))
		}
	}
	return texts
}

// formatAligned formats all values with the same number of decimals: as many as one
// of them needs, and at most maxDecimals. Numbers with an exponent, and those that
// would become 0, are formatted on their own.
func formatAligned(values []float64, maxDecimals int) []string {
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
		texts[i] = addCommas(s)
		if v != 0 && (!isPositional(v) || strings.Trim(s, "-0.") == "") {
			texts[i] = formatNumber(v)
		}
	}
	return texts
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

// scientific formats v with an exponent; NaN, an unknown value, is "NaN".
func scientific(v float64) string {
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(v, 'e', digits-1, 64), "e")
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

// addCommas inserts commas between the thousands of a decimal number.
func addCommas(s string) string {
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
