package exact

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
)

// failer is what *testing.T and *rapid.T have in common here.
type failer interface {
	Fatalf(format string, args ...any)
}

func mustParse(t failer, text string) Dec {
	d, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return d
}

func decs(t failer, texts ...string) []Dec {
	ds := make([]Dec, len(texts))
	for i, text := range texts {
		ds[i] = mustParse(t, text)
	}
	return ds
}

// isNumber is the oracle for syntax. It is not in package oracle, which requires
// valid JSON: Parse alone reads bytes of any kind.
func isNumber(text []byte) bool {
	return len(text) > 0 && (text[0] == '-' || text[0]-'0' <= 9) &&
		text[len(text)-1]-'0' <= 9 && json.Valid(text)
}

// seeds are readings, numbers at the limits of float64 and of the small
// representation, and numbers that fastjson's float parser gets wrong (its
// issues 91, 110 and 119).
var seeds = []string{
	"0", "-0", "0.0", "-0.00", "0e5", "7", "71.5", "-3.25", "108.0", "100", "120.50", "12345678", "1234567.8", ".5", "5.",
	"01", "-", "", "+1", "1e", "1e+", "1.e3", "--1", "1.0.1", "1,5", "0x10", "NaN", "1_0", "7l.4", "1234567:", "12345678.12345678/",
	"123456789012345678", "1234567890123456789", "9999999999999999999", "18446744073709551615", "18446744073709551616", "12345678901234567890.5",
	"0.1234567890123456789", "0.12345678901234567890123", "0.00000000000000000000001", "1e-24", "1e-25", "1.5e-24", "123.45678901234567890123",
	"1e19", "1e20", "10000000000000000000", "100000000000000000000", "5e22", "5e23", "1e21", "1e-6", "1e-7",
	"0.1", "0.2", "0.3", "0.30000000000000004", "9007199254740993", "9007199254740992.5", "2.2250738585072014e-308", "2.2250738585072011e-308", "4.9e-324",
	"2.4703282292062327e-324", "2.4703282292062328e-324", "1.7976931348623157e308", "1.7976931348623158e308", "1.7976931348623159e308", "-1e309", "1e400",
	"1e-1000000000", "1e1000000000", "0e999999999999999999999", "1e99999999999999999999", "1e-1100", "1e-1101", "1.5e-1100", "0.000001e6", "123e-2", "1E+2", "12e00",
	"-22.222222222222225", "31.245270191439438", "121.48791951161945", "0.6046602879796196", "8.41e21", "9214843084008499", "1.00000000000000011102230246251565", "7.2057594037927933e16",
}

// FuzzParse: Parse accepts what encoding/json accepts as a number, within the
// limits of range; the result is exact, and its Float is strconv's.
func FuzzParse(f *testing.F) {
	infinite := new(big.Int).Lsh(big.NewInt(1<<54-1), 970) // the least integer whose nearest float64 is infinite
	f.Add([]byte(infinite.String()))
	f.Add([]byte(infinite.Sub(infinite, big.NewInt(1)).String()))
	for _, s := range seeds {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		before := bytes.Clone(text)
		d, err := Parse(text)
		if !bytes.Equal(text, before) {
			t.Fatal("the text was changed")
		}
		number := isNumber(text)
		if number != !errors.Is(err, ErrSyntax) {
			t.Fatalf("%q: %v, but is a number: %v", text, err, number)
		}
		if err == ErrSyntax {
			return
		}
		want, wantErr := strconv.ParseFloat(string(text), 64)
		if (wantErr != nil) != (err == ErrRange) {
			t.Fatalf("%q: %v, but ParseFloat says %v", text, err, wantErr)
		}
		if err != nil {
			return
		}
		got := d.Float()
		if got != want {
			t.Fatalf("%q: %v, but ParseFloat says %v", text, got, want)
		}
		checkForm(t, d, string(text))
	})
}

// checkForm tests that d is the number in text, in its one representation, and
// that its own text reads back.
func checkForm(t failer, d Dec, text string) {
	out := d.Append(nil)
	back, err := Parse(out)
	if err != nil || back.Cmp(d) != 0 || back.Sign() != d.Sign() {
		t.Fatalf("%q: reads back as %v, %v", out, back, err)
	}
	again := back.Append(nil)
	if !bytes.Equal(again, out) {
		t.Fatalf("two texts: %q and %q", out, again)
	}
	if back.big == nil && back != d || (back.big == nil) != (d.big == nil) {
		t.Fatalf("%q: two representations of one number", out)
	}
	if len(text) > 2000 || d.Sign() == 0 { // the oracle would expand 0e999999999
		return
	}
	got, want := oracle.Number(string(out)), oracle.Number(text)
	if got.Cmp(want) != 0 {
		t.Fatalf("%q was read as %q", text, out)
	}
}

// TestErrFine: Parse returns ErrFine exactly if there is a digit other than zero
// below 10^-1100, however the number is written.
func TestErrFine(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want error
	}{
		{"1e-1100", nil},
		{"1e-1101", ErrFine},
		{"10e-1101", nil},
		{"0." + strings.Repeat("0", 1099) + "1", nil},
		{"0." + strings.Repeat("0", 1100) + "1", ErrFine},
		{"0." + strings.Repeat("0", 5000), nil},
		{"1." + strings.Repeat("0", 5000) + "1", ErrFine},
		{"1e-1000000000", ErrFine},
		{"-1e-99999999999999999999999", ErrFine},
		{"0e-99999999999999999999999", nil},
	} {
		_, err := Parse([]byte(c.text))
		if err != c.want {
			t.Errorf("%.20s… (%d bytes): %v, want %v", c.text, len(c.text), err, c.want)
		}
	}
}

// TestExponentsNeedNoMemory: texts of ten megabytes with exponents of any size
// are read or refused in linear time. Their zeros, written out, would not fit in
// memory.
func TestExponentsNeedNoMemory(t *testing.T) {
	t.Parallel()
	const long = 10_000_000
	zeros, nines := strings.Repeat("0", long), strings.Repeat("9", long)
	for _, c := range []struct {
		text, want string
		err        error
	}{
		{"0." + zeros + "15e10000001", "1.5", nil},
		{"25" + zeros + "e-10000001", "2.5", nil},
		{"0." + zeros, "0", nil},
		{"0e" + nines, "0", nil},
		{"1e-" + nines, "", ErrFine},
		{"1e" + nines, "", ErrRange},
		{nines, "", ErrRange},
		{"0." + nines, "", ErrFine},
		{nines + "x", "", ErrSyntax},
		{"1" + zeros + "e-10000000", "1", nil},
	} {
		d, err := Parse([]byte(c.text))
		if err != c.err || err == nil && string(d.Append(nil)) != c.want {
			t.Errorf("%.10s…: %s, %v", c.text, d.Append(nil), err)
		}
	}
}

// TestSyntaxIsJSON: Parse accepts exactly the grammar of JSON.
func TestSyntaxIsJSON(t *testing.T) {
	t.Parallel()
	alphabet := rapid.SliceOfN(rapid.SampledFrom([]byte("0123456789.-+eE x")), 0, 26)
	rapid.Check(t, func(t *rapid.T) {
		text := alphabet.Draw(t, "text")
		_, err := Parse(text)
		if isNumber(text) == (err == ErrSyntax) {
			t.Fatalf("%q: %v", text, err)
		}
	})
}

// TestFromFloatIsExact: FromFloat gives the exact value of every finite float64.
func TestFromFloatIsExact(t *testing.T) {
	t.Parallel()
	for _, f := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		if _, ok := FromFloat(f); ok {
			t.Error(f)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		f := math.Float64frombits(rapid.Uint64().Draw(t, "bits"))
		if rapid.Bool().Draw(t, "plain") {
			f = math.Ldexp(float64(rapid.Int32().Draw(t, "n")), rapid.IntRange(-60, 60).Draw(t, "e"))
		}
		d, ok := FromFloat(f)
		if !ok {
			return
		}
		got := d.Float()
		if got != f {
			t.Fatalf("%v came back as %v", f, got)
		}
		if oracle.Number(string(d.Append(nil))).Cmp(new(big.Rat).SetFloat64(f)) != 0 {
			t.Fatalf("%v: %s", f, d.Append(nil))
		}
	})
}

// TestInt: integers up to the limits of int64 have one representation.
func TestInt(t *testing.T) {
	t.Parallel()
	for _, n := range []int64{0, 1, -1, 10, math.MaxInt64, math.MinInt64} {
		want := strconv.FormatInt(n, 10)
		got := string(Int(n).Append(nil))
		if got != want {
			t.Error(got, want)
		}
		if Int(n) != mustParse(t, want) {
			t.Error("two representations of", n)
		}
		got = string(Count(n).Append(nil, -1))
		if got != want {
			t.Error(got, want)
		}
	}
}

// TestCmpAgreesWithRat: Cmp and Sign of Dec and Value order as math/big.Rat does.
func TestCmpAgreesWithRat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := text().Draw(t, "a"), text().Draw(t, "b")
		x, y := mustParse(t, a), mustParse(t, b)
		want := oracle.Number(a).Cmp(oracle.Number(b))
		got := x.Cmp(y)
		if got != want {
			t.Fatalf("%s, %s: %d, want %d", a, b, got, want)
		}
		got = x.Value().Cmp(y.Value())
		if got != want {
			t.Fatalf("values of %s, %s: %d, want %d", a, b, got, want)
		}
		got = x.Sign()
		if got != oracle.Number(a).Sign() {
			t.Fatalf("sign of %s: %d", a, got)
		}
	})
}

// TestDecText: Dec.Append uses no exponent where 40 digits are enough.
func TestDecText(t *testing.T) {
	t.Parallel()
	for _, c := range [][2]string{
		{"1e20", "100000000000000000000"},
		{"1e39", "1" + strings.Repeat("0", 39)},
		{"1e40", "1e40"},
		{"-1e-40", "-0." + strings.Repeat("0", 39) + "1"},
		{"1e-41", "1e-41"},
		{"-12.50e300", "-125e299"},
		{"1e-300", "1e-300"},
		{"-0.0", "0"},
		{"-123456789012345678901234.50", "-123456789012345678901234.5"},
	} {
		got := string(mustParse(t, c[0]).Append(nil))
		if got != c[1] {
			t.Errorf("%s: %s, want %s", c[0], got, c[1])
		}
	}
	if !utf8.Valid(mustParse(t, "1.7e308").Append([]byte("x"))) {
		t.Error("not text")
	}
}
