package table

import (
	"math"
	"strconv"
	"strings"
)

// digits of a number that has a fraction; whole numbers below 10^15 are shown
// whole.
const digits = 6

// short is a number as a person reads it: whole, or in six digits, with commas
// between thousands; far from 1 with an exponent.
func short(v float64) string {
	if v == 0 {
		return "0"
	}
	if !plain(v) {
		return science(v)
	}
	return commas(trim(strconv.FormatFloat(v, 'f', decimals(v), 64)))
}

// shortText is short for the text of a number in JSON.
func shortText(s string) string {
	v, _ := strconv.ParseFloat(s, 64) // it was read before
	return short(v)
}

// row is short for numbers that stand under each other, flush right: their
// points do too. They have the decimals of the greatest, unless that would make
// a number vanish.
func row(values []float64) []string {
	greatest := 0.0
	for _, v := range values {
		if plain(v) {
			greatest = max(greatest, math.Abs(v))
		}
	}
	texts := fixed(values, decimals(greatest))
	for i, s := range texts {
		if t := trim(s); plain(values[i]) {
			texts[i] = t + strings.Repeat(" ", len(s)-len(t))
		}
	}
	return texts
}

// fixed is short with the same decimals for all, most at most.
func fixed(values []float64, most int) []string {
	need := 0
	for _, v := range values {
		if plain(v) {
			_, fraction, _ := strings.Cut(trim(strconv.FormatFloat(v, 'f', most, 64)), ".")
			need = max(need, len(fraction))
		}
	}
	texts := make([]string, len(values))
	for i, v := range values {
		s := strconv.FormatFloat(v, 'f', need, 64)
		if v == 0 {
			s = strconv.FormatFloat(0, 'f', need, 64)
		}
		texts[i] = commas(s)
		if v != 0 && (!plain(v) || strings.Trim(s, "-0.") == "") {
			texts[i] = short(v)
		}
	}
	return texts
}

// plain is whether v is shown without an exponent.
func plain(v float64) bool {
	v = math.Abs(v)
	return v == 0 || v >= 1e-4 && v < 1e15
}

// decimals are those that make six digits with what stands before the point.
func decimals(v float64) int {
	if v == 0 {
		return 0
	}
	s := strconv.FormatFloat(math.Abs(v), 'e', digits-1, 64)
	exponent, _ := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	return max(0, digits-1-exponent)
}

func science(v float64) string {
	mantissa, exponent, ok := strings.Cut(strconv.FormatFloat(v, 'e', digits-1, 64), "e")
	if !ok {
		return mantissa // NaN: unknown
	}
	return trim(mantissa) + "e" + strings.TrimPrefix(exponent, "+")
}

// trim takes away zeros at the end of a fraction.
func trim(s string) string {
	if !strings.Contains(s, ".") {
		return s
	}
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// commas stand between thousands.
func commas(s string) string {
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
