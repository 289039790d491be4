package stamp_test

import (
	"encoding/json"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"testing"

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
	{"auto", "99999999999999999", "5138-11-16T09:46:39.999999Z"},
	{"auto", "100000000000000000", "1973-03-03T09:46:40Z"},
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

	{"auto", "253402300800000000000", "! not a time: 253402300800000000000 (outside the years 0001 to 9999)"},
	{"auto", "1e1000000000", "! (outside the years"},
	{"auto", "-99999999999", "! (outside the years"},
	{"unix", "253402300800", "! (outside the years"},
	{"unix", "9999999999999999999", "! (outside the years"},
	{"unix", "-62135596800.1", "! (outside the years"},
	{"unix_ns", "1e400", "! (outside the years"},
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

// rational is the oracle: it reads a JSON number as a count of the unit of format
// with math/big.
func rational(text, format string) (stamp.Time, bool) {
	r, ok := new(big.Rat).SetString(text)
	if !ok || !json.Valid([]byte(text)) {
		return stamp.Time{}, false
	}
	pow := func(n int64) *big.Int { return new(big.Int).Exp(big.NewInt(10), big.NewInt(n), nil) }
	below := func(n int64) bool { return new(big.Rat).Abs(r).Cmp(new(big.Rat).SetInt(pow(n))) < 0 }
	nanos := int64(0) // a unit has 10^nanos
	switch {
	case format == "unix" || format == "auto" && below(11):
		nanos = 9
	case format == "unix_ms" || format == "auto" && below(14):
		nanos = 6
	case format == "unix_us" || format == "auto" && below(17):
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
