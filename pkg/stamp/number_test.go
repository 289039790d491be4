package stamp_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"weir/pkg/stamp"
)

// numbers has formats, numbers and the instants that they are, or after "!" a part
// of the error.
var numbers = [][3]string{
	{"auto", "0", "1970-01-01T00:00:00Z"},
	{"auto", "-0.0e5", "1970-01-01T00:00:00Z"},
	{"auto", "0e999999999999999999999", "1970-01-01T00:00:00Z"},
	{"auto", "60", "1970-01-01T00:01:00Z"},
	{"auto", "-1", "1969-12-31T23:59:59Z"},
	{"auto", "-0.5", "1969-12-31T23:59:59.5Z"},
	{"auto", "-0.0000000001", "1969-12-31T23:59:59.999999999Z"},
	{"auto", "-1e-1000000000", "1969-12-31T23:59:59.999999999Z"},
	{"auto", "1e-1000000000", "1970-01-01T00:00:00Z"},
	{"auto", "1545847875", "2018-12-26T18:11:15Z"},
	{"auto", "1.545847875e9", "2018-12-26T18:11:15Z"},
	{"auto", "1545847875000E-3", "2018-12-26T18:11:15Z"},
	{"auto", "1545847875.123456789999", "2018-12-26T18:11:15.123456789Z"},
	{"auto", "1545847875123", "2018-12-26T18:11:15.123Z"},
	{"auto", "1545847875123.456", "2018-12-26T18:11:15.123456Z"},
	{"auto", "1545847875123456", "2018-12-26T18:11:15.123456Z"},
	{"auto", "1545847875123456789", "2018-12-26T18:11:15.123456789Z"},
	{"auto", "1.545847875123456789e18", "2018-12-26T18:11:15.123456789Z"},
	{"auto", "99999999999", "5138-11-16T09:46:39Z"},
	{"auto", "99999999999.9", "5138-11-16T09:46:39.9Z"},
	{"auto", "100000000000", "1973-03-03T09:46:40Z"},
	{"auto", "99999999999999", "5138-11-16T09:46:39.999Z"},
	{"auto", "100000000000000", "1973-03-03T09:46:40Z"},
	{"auto", "9999999999999999", "2286-11-20T17:46:39.999999Z"},
	{"auto", "1000000000000000000", "2001-09-09T01:46:40Z"},
	{"auto", "9999999999999999999", "2286-11-20T17:46:39.999999999Z"},
	{"auto", "253402300799999999999", "9999-12-31T23:59:59.999999999Z"},
	{"unix", "253402300799", "9999-12-31T23:59:59Z"},
	{"unix", "-62135596800", "0001-01-01T00:00:00Z"},
	{"unix_ms", "1", "1970-01-01T00:00:00.001Z"},
	{"unix_ms", "-62135596800000", "0001-01-01T00:00:00Z"},
	{"unix_us", "1", "1970-01-01T00:00:00.000001Z"},
	{"unix_ns", "1", "1970-01-01T00:00:00.000000001Z"},
	{"unix_ns", "-1", "1969-12-31T23:59:59.999999999Z"},
	{"%Y%m%d%H%M%S", "20181226181108", "2018-12-26T18:11:08Z"},

	// Ten digits are seconds, also if they read as a date and an hour.
	{"auto", "2018122618", "2033-12-13T21:36:58Z"},
	// Digits that read as no date, or as one of another century, are a count.
	{"auto", "20181326", "1970-08-22T13:55:26Z"},
	{"auto", "20180229", "1970-08-22T13:37:09Z"},
	{"auto", "18991231", "1970-08-08T19:20:31Z"},
	{"auto", "21010101", "1970-09-01T04:08:21Z"},
	{"auto", "-20181226", "1969-05-12T10:06:14Z"},
	{"auto", "201812262411", "1976-05-24T18:57:42.411Z"},
	{"auto", "20181226186108", "2609-07-09T00:09:46.108Z"},
	// What the messages about ambiguous digits advise.
	{"unix_ms", "20181226181108", "2609-07-09T00:09:41.108Z"},
	{"unix", "20181226", "1970-08-22T13:53:46Z"},
	{"unix_ns", "636814362680000000", "1990-03-07T12:52:42.68Z"},
	{"unix_us", "63681436268000000", "3987-12-26T15:51:08Z"},
	{"%Y%m%d", "20181226.0", "2018-12-26T00:00:00Z"},
	{"%Y%m%d%H%M", "201812261811", "2018-12-26T18:11:00Z"},
	{"%Y%m%d%H%M", "201812261811.00", "2018-12-26T18:11:00Z"},
	{"%Y%m%d%H%M%S", "20181226181108.5", "2018-12-26T18:11:08.5Z"},
	{"%Y%m%d%H%M%S", "20181226181108.0", "2018-12-26T18:11:08Z"},

	{"auto", "20181226181108", "! not a time: 20181226181108 (it may be a date; --time-format '%Y%m%d%H%M%S' reads it as one, unix_ms as a count since 1970)"},
	{"auto", "20181226181108.5", "! '%Y%m%d%H%M%S' reads it as one,"},
	{"auto", "20181226240000", "! '%Y%m%d%H%M%S' reads it as one,"},
	{"auto", "20161231235960", "! '%Y%m%d%H%M%S' reads it as one,"},
	{"auto", "201812261811", "! '%Y%m%d%H%M' reads it as one, unix_ms as a count"},
	{"auto", "20181226", "! (it may be a date; --time-format '%Y%m%d' reads it as one, unix as a count since 1970)"},
	{"auto", "20181226.0", "! '%Y%m%d' reads it as one,"},
	{"auto", "19000101", "! may be a date"},
	{"auto", "21001231", "! may be a date"},
	{"auto", "20160229", "! may be a date"},
	{"auto", "20181226.5", "! (it may be a date; write one as in 2018-12-26T18:11:08, or use --time-format unix for a count since 1970)"},
	{"auto", "2.0181226181108e13", "! use --time-format unix_ms for"},
	{"auto", "20181226181108000e-3", "! use --time-format unix_ms for"},
	{"auto", "636814362680000000", "! not a time: 636814362680000000 (it may be .NET ticks; (N-621355968000000000)/1e7 is the time in seconds; for a count since 1970 use --time-format unix_ns)"},
	{"auto", "636814362680000000.5", "! .NET ticks"},
	{"auto", "6.3681436268e17", "! .NET ticks"},
	{"auto", "131903214680000000", "! (it may be a Windows FILETIME; (N-116444736000000000)/1e7 is"},
	{"auto", "94354848000000000", "! FILETIME"},
	{"auto", "20181226181108509", "! (it may be a date with milliseconds; write it as in 2018-12-26T18:11:08.509, or use --time-format unix_us"},
	{"auto", "17000000000000000", "! (17 digits are no usual count since 1970; say what they are with --time-format, such as unix_us or unix_ns)"},
	{"auto", "100000000000000000", "! Windows FILETIME"},
	{"auto", "999999999999999999", "! (18 digits are no usual count"},
	{"auto", "-100000000000000000", "! (18 digits are no usual count"},

	{"auto", "253402300800000000000", "! not a time: 253402300800000000000 (outside the years 0001 to 9999)"},
	{"auto", "1e1000000000", "! (outside the years"},
	{"auto", "-99999999999", "! (outside the years"},
	{"unix", "253402300800", "! (outside the years"},
	{"unix", "9999999999999999999", "! (outside the years"},
	{"unix", "-62135596800.1", "! (outside the years"},
	{"unix_ns", "1e400", "! (outside the years"},
	{"unix", "1568723594631", "! (outside the years 0001 to 9999; it may be a count for unix_ms)"},
	{"unix", "1568723594631000", "! (outside the years 0001 to 9999; it may be a count for unix_us)"},
	{"unix_ms", "1568723594631000000", "! (outside the years 0001 to 9999; it may be a count for unix_ns)"},
	{"unix", "253402300800", "! (outside the years 0001 to 9999; it may be a count for unix_ms)"},
	{"unix", "156872359463100000", "! (outside the years 0001 to 9999)"},
	{"rfc3339", "1545847875", "! (a number, but the time format is rfc3339)"},
	{"auto", "", "! empty"},
	{"auto", "-", "! (not a number)"},
	{"auto", "01", "! (not a number)"},
	{"auto", "1.", "! (not a number)"},
	{"auto", ".5", "! (not a number)"},
	{"auto", "1e", "! (not a number)"},
	{"auto", "1e+", "! (not a number)"},
	{"auto", "+1", "! (not a number)"},
	{"auto", "1x", "! (not a number)"},
	{"auto", "NaN", "! (not a number)"},
}

// TestNumber: the numbers above are read as what is given, and with unix formats as
// text too.
func TestNumber(t *testing.T) {
	t.Parallel()
	for _, c := range numbers {
		p := parser(t, c[0])
		check(t, c[1], c[2], p.Number)
		if strings.HasPrefix(c[0], "unix") {
			check(t, c[1], c[2], p.Text)
		}
	}
}

// calendar is the oracle for digits that may be a date: package time reads them by a
// layout.
func calendar(digits string) bool {
	layout, ok := map[int]string{8: "20060102", 12: "200601021504", 14: "20060102150405"}[len(digits)]
	if !ok {
		return false
	}
	if strings.HasSuffix(digits, "60") && len(digits) == 14 { // a leap second
		digits = digits[:12] + "59"
	}
	if len(digits) > 8 && strings.Trim(digits[8:], "0") == "24" && digits[8] == '2' { // 24:00:00
		digits = digits[:8] + strings.Repeat("0", len(layout)-8)
	}
	at, err := time.Parse(layout, digits)
	return err == nil && at.Year() >= 1900 && at.Year() <= 2100
}

// rational is the oracle: it reads a JSON number as a count of the unit of format
// with math/big.
func rational(text, format string) (stamp.Time, bool) {
	r, ok := new(big.Rat).SetString(text)
	if !ok || !json.Valid([]byte(text)) {
		return stamp.Time{}, false
	}
	pow := func(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }
	whole := new(big.Int).Quo(r.Num(), r.Denom()).String()
	size := len(strings.TrimPrefix(whole, "-")) // of 0 it does not matter
	if format == "auto" && (size == 17 || size == 18 || calendar(whole)) {
		return stamp.Time{}, false
	}
	nanos := int64(0) // a unit has 10^nanos
	switch {
	case format == "unix" || format == "auto" && size <= 11:
		nanos = 9
	case format == "unix_ms" || format == "auto" && size <= 14:
		nanos = 6
	case format == "unix_us" || format == "auto" && size <= 16:
		nanos = 3
	}
	n := new(big.Rat).Mul(r, new(big.Rat).SetInt(pow(nanos)))
	sec, nsec := new(big.Int).DivMod(new(big.Int).Div(n.Num(), n.Denom()), pow(9), new(big.Int))
	if !sec.IsInt64() || sec.Int64() < minSec || sec.Int64() > maxSec {
		return stamp.Time{}, false
	}
	return stamp.Time{Sec: sec.Int64(), Nsec: int32(nsec.Int64())}, true
}

// sameAsRational tests that every format reads text as the oracle does.
func sameAsRational(t interface{ Fatalf(string, ...any) }, text string) {
	for _, format := range []string{"auto", "unix", "unix_ms", "unix_us", "unix_ns"} {
		f, _ := stamp.ParseFormat(format)
		got, err := stamp.NewParser(f).Number([]byte(text))
		want, ok := rational(text, format)
		if ok != (err == nil) || ok && got != want {
			t.Fatalf("%s %q is %v (%v), want %v (%t)", format, text, got, err, want, ok)
		}
	}
}

// FuzzNumber: every text is read, or refused, as math/big reads it.
func FuzzNumber(f *testing.F) {
	for _, c := range numbers {
		f.Add(c[1])
	}
	long := regexp.MustCompile(`[eE][+-]?[0-9]{4}`) // math/big would compute all the zeros
	f.Fuzz(func(t *testing.T, text string) {
		if long.MatchString(text) {
			_, _ = new(stamp.Parser).Number([]byte(text))
			return
		}
		sameAsRational(t, text)
	})
}

// TestNumbersAreExact: numbers with fractions and exponents are exact to the
// nanosecond.
func TestNumbersAreExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`-?(0|[1-9][0-9]{0,22})(\.[0-9]{1,14})?([eE][+-]?[0-9]{1,2})?`).Draw(t, "number")
		sameAsRational(t, s)
	})
}

// TestDatesAsNumbers: digits that are a date, or nearly one, are a count if and only if
// package time does not read them.
func TestDatesAsNumbers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := fmt.Sprintf("%04d%02d%02d", rapid.IntRange(1895, 2105).Draw(t, "y"), rapid.IntRange(0, 13).Draw(t, "m"), rapid.IntRange(0, 32).Draw(t, "d"))
		h, m, s := rapid.IntRange(0, 25).Draw(t, "h"), rapid.IntRange(0, 60).Draw(t, "min"), rapid.IntRange(0, 61).Draw(t, "s")
		d += rapid.SampledFrom([]string{"", fmt.Sprintf("%02d%02d", h, m), fmt.Sprintf("%02d%02d%02d", h, m, s)}).Draw(t, "clock")
		sameAsRational(t, d+rapid.SampledFrom([]string{"", ".0", ".5", "e0"}).Draw(t, "end"))
	})
}

// TestEpochTextEqualsNumber: a text of 10, 13, 16 or 19 digits is read as the
// number is; other digits are refused.
func TestEpochTextEqualsNumber(t *testing.T) {
	t.Parallel()
	var p stamp.Parser
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.StringMatching(`[1-9][0-9]{0,20}(\.[0-9]{1,11})?`).Draw(t, "digits")
		got, err := p.Text([]byte(s))
		want, bad := p.Number([]byte(s))
		whole, _, _ := strings.Cut(s, ".")
		n := len(whole)
		switch {
		case n == 10 || n == 13 || n == 16 || n == 19:
			if err != nil || bad != nil || got != want {
				t.Fatalf("%s: %v %v, the number is %v %v", s, got, err, want, bad)
			}
		case err == nil:
			t.Fatalf("%s is read as %v", s, got)
		}
	})
}

// TestAutoFormat: the format that auto reads a time by reads it as the same time.
func TestAutoFormat(t *testing.T) {
	t.Parallel()
	var auto stamp.Parser
	for _, c := range numbers {
		if c[0] != "auto" || c[2][0] == '!' {
			continue
		}
		want, _ := auto.Number([]byte(c[1]))
		f := stamp.AutoFormat([]byte(c[1]))
		got, err := stamp.NewParser(f).Number([]byte(c[1]))
		if err != nil || got != want {
			t.Errorf("%s with %v is %v (%v), want %v", c[1], f, got, err, want)
		}
	}
	for _, c := range texts {
		want, err := auto.Text([]byte(c[0]))
		if err != nil {
			continue
		}
		f := stamp.AutoFormat([]byte(c[0]))
		got, err := stamp.NewParser(f).Text([]byte(c[0]))
		if err != nil || got != want {
			t.Errorf("%s with %v is %v (%v), want %v", c[0], f, got, err, want)
		}
	}
}

// TestTicksAreCounts: the conversion that the messages about ticks name is right.
func TestTicksAreCounts(t *testing.T) {
	t.Parallel()
	expression := regexp.MustCompile(`\(N-([0-9]+)\)/1e7`)
	at := time.Date(2018, 12, 26, 18, 11, 8, 0, time.UTC)
	for _, epoch := range []int{1, 1601} {
		ticks := (at.Unix() - time.Date(epoch, 1, 1, 0, 0, 0, 0, time.UTC).Unix()) * 10_000_000
		_, err := new(stamp.Parser).Number(strconv.AppendInt(nil, ticks, 10))
		m := expression.FindStringSubmatch(fmt.Sprint(err))
		if m == nil {
			t.Errorf("%d: %v", ticks, err)
			continue
		}
		less, _ := strconv.ParseInt(m[1], 10, 64)
		if (ticks-less)/10_000_000 != at.Unix() {
			t.Errorf("%d: %v, which is %v", ticks, err, time.Unix((ticks-less)/10_000_000, 0))
		}
	}
}

func BenchmarkNumber(b *testing.B) {
	for _, text := range []string{"1545847875", "1545847875123", strconv.Itoa(1545847875) + ".509654"} {
		b.Run(text, func(b *testing.B) {
			p, in := stamp.NewParser(stamp.Format{}), []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				_, _ = p.Number(in)
			}
		})
	}
}
