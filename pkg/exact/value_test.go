package exact

import (
	"math"
	"math/big"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
)

// bigForm returns v in the big representation.
func bigForm(v Value) Value {
	v.big = &fraction{bigDec{v.num.toBig(), int(v.form.scale())}, new(big.Int).SetUint64(v.form.den())}
	v.num, v.form = int128{}, newForm(v.form.kind(), 1, 0)
	return v
}

// FuzzValue: the small and the big representation of a Value round and print
// equally, and as math/big.Rat.
func FuzzValue(f *testing.F) {
	for _, seed := range []struct {
		hi, lo, den uint64
		scale, kind uint8
		digits      int16
	}{
		{0, 1, 3, 0, 1, 3},
		{0, 425, 2, 1, 2, 1},
		{0, 1<<53 + 1, 1, 0, 1, 0},
		{0, 1<<54 + 1, 2, 0, 1, 0},
		{0, 1<<53 - 1, 1 << 53, 0, 1, 40},
		{1 << 62, 1, 1 << 63, 24, 1, 2},
		{math.MaxUint64, math.MaxUint64 - 41, 60, 6, 1, 20},
		{1 << 63, 0, 1, 0, 0, 0},
		{1 << 63, 0, 1, 24, 1, 24},
		{0, 999999999999999, 1, 21, 1, 6},
		{0, 1000000000000001, 1000, 0, 1, 1},
		{0, 1, 1, 6, 1, 7},
		{0, 1, 1, 7, 1, 6},
		{0, 25, 100, 0, 2, 0},
		{0, 36999999999, 12, 8, 2, 2},
		{math.MaxInt64, math.MaxUint64, 1, 0, 2, 5},
		{math.MaxInt64, math.MaxUint64, math.MaxUint64, 48, 2, 30},
		{0, 1<<63 + 1<<10, 1, 0, 2, 1},
		{1<<62 - 1, 1, 4, 0, 2, 0},
		{0, 1e18 + 2e9 + 1, 1, 0, 2, 0},
		{0, 225, 1, 2, 2, 0},
		{0, 5, 1000, 3, 1, 5},
		{0, 2, 1e6, 0, 2, 60},
		{0, 1, 3, 24, 1, 41},
		{9223367638808266751, 18428729675202166784, 2097151, 0, 2, 0}, // a tie, but for the remainder
	} {
		f.Add(seed.hi, seed.lo, seed.den, seed.scale, seed.kind, seed.digits)
	}
	f.Fuzz(func(t *testing.T, hi, lo, den uint64, scale, k uint8, digits int16) {
		v := Value{num: int128{hi, lo}, form: newForm(plain+kind(k%3), max(den&maxDen, 1), scale%(2*maxScale+1))}
		switch v.form.kind() {
		case plain:
			v.form = newForm(plain, 1, scale%(maxScale+1))
		case root:
			v.num.hi &= math.MaxInt64
		}
		w := bigForm(v)
		if v.Cmp(w) != 0 || w.Cmp(v) != 0 {
			t.Fatal("not equal to itself")
		}
		a, ok1 := v.Float()
		b, ok2 := w.Float()
		if a != b || ok1 != ok2 || math.Signbit(a) && a == 0 {
			t.Fatalf("%v, %v and big %v, %v", a, ok1, b, ok2)
		}
		checkFloat(t, v, a)
		for _, d := range []int{-1, max(-1, min(int(digits), 60))} {
			small, big := string(v.Append(nil, d)), string(w.Append(nil, d))
			if small != big {
				t.Fatalf("%d digits: %s and big %s", d, small, big)
			}
			checkText(t, v, d, small)
		}
	})
}

// exactly returns v, or its square if it is a root.
func exactly(v Value) *big.Rat { return new(big.Rat).SetFrac(v.toBig()) }

// checkFloat tests that f is the float64 nearest to v.
func checkFloat(t *testing.T, v Value, f float64) {
	want := oracle.Nearest(exactly(v))
	if v.form.kind() == root {
		want = oracle.NearestRoot(exactly(v))
	}
	if f != want {
		t.Fatalf("%v, kind %d: %v, want %v", exactly(v), v.form.kind(), f, want)
	}
}

// checkText tests that text is what v has to print with that many digits.
func checkText(t *testing.T, v Value, digits int, text string) {
	want := ""
	switch v.form.kind() {
	case plain:
		want = oracle.Exact(exactly(v), digits)
	case ratio:
		want = oracle.Float(exactly(v), digits)
	case root:
		want = oracle.Root(exactly(v), digits)
	}
	if text != want {
		t.Fatalf("%v, kind %d, %d digits: %s, want %s", exactly(v), v.form.kind(), digits, text, want)
	}
}

// TestFloatOfTies: quotients and roots at, just below and just above the midpoint
// of two float64s, among subnormals and near overflow too, round correctly.
func TestFloatOfTies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		// The midpoint of two floats, or one unit beside it, of any exponent.
		m := new(big.Int).SetUint64(rapid.Uint64Range(1<<51, 1<<54).Draw(t, "m")*2 + 1)
		m.Lsh(m, 100)
		m.Add(m, big.NewInt(int64(rapid.IntRange(-1, 1).Draw(t, "nudge"))))
		if m.Sign() <= 0 {
			return
		}
		den := big.NewInt(1)
		e := rapid.IntRange(-1260, 1000).Draw(t, "e")
		if e > 0 {
			m.Lsh(m, uint(e))
		} else {
			den.Lsh(den, uint(-e))
		}
		r := new(big.Rat).SetFrac(m, den)
		want := oracle.Nearest(r)
		got := quotientBig(m, den)
		if got != want {
			t.Fatalf("%v: %v, want %v", r, got, want)
		}
		square := new(big.Rat).Mul(r, r)
		got = rootBig(square.Num(), square.Denom())
		if got != want {
			t.Fatalf("root of %v²: %v, want %v", r, got, want)
		}
		v := ratioValue(bigDec{m, 0}, den)
		if f, ok := v.Float(); ok == math.IsInf(want, 0) || ok && f != want {
			t.Fatalf("%v, %v", f, ok)
		}
		text := string(v.Append(nil, -1))
		if text != oracle.FloatText(want) {
			t.Fatalf("%s, want %s", text, oracle.FloatText(want))
		}
	})
}

// TestRootTies: roots at the midpoint of two floats, and as near to it as 128 bits
// can represent. For the smallest numbers only the remainder tells them apart.
func TestRootTies(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		tie := new(big.Int).SetUint64(1<<53 + rapid.Uint64Range(0, 1<<rapid.IntRange(1, 52).Draw(t, "size")-1).Draw(t, "m")*2 + 1)
		den := rapid.Uint64Range(1, 1<<rapid.IntRange(1, 21).Draw(t, "bits")-1).Draw(t, "den")
		num := tie.Mul(tie, tie)
		num.Mul(num, new(big.Int).SetUint64(den))
		num.Add(num, big.NewInt(int64(rapid.IntRange(-1, 1).Draw(t, "nudge"))))
		x, ok := int128{}.fromBig(num)
		if !ok {
			return
		}
		v := Value{num: x, form: newForm(root, den, uint8(rapid.SampledFrom([]int{0, 2, 8}).Draw(t, "scale")))}
		small, _ := v.Float()
		big, _ := bigForm(v).Float()
		want := oracle.NearestRoot(exactly(v))
		if small != want || big != want {
			t.Fatalf("root of %v: %v, big %v, want %v", exactly(v), small, big, want)
		}
	})
}

// TestAppend: texts of values with and without a number of digits.
func TestAppend(t *testing.T) {
	t.Parallel()
	third := func(text string) Value { // of three times the number
		var s Sum
		for range 3 {
			s.Add(mustParse(t, text))
		}
		return s.Mean(3)
	}
	for _, c := range []struct {
		v      Value
		digits int
		want   string
	}{
		{third("31.0"), 1, "31"},
		{third("42.5"), 2, "42.5"},
		{third("42.5"), 0, "42"},
		{third("43.5"), 0, "44"},
		{third("-0.4"), 0, "0"},
		{third("-0.5"), 0, "0"},
		{third("-1.5"), 0, "-2"},
		{third("0.125"), 2, "0.12"},
		{third("0.375"), 2, "0.38"},
		{third("1e-300"), 5, "0"},
		{third("1e30"), 3, "1" + strings.Repeat("0", 30)},
		{third("1e300"), 3, "1e+300"},
		{third("1.5e-50"), 50, "2e-50"},
		{third("1.5e-50"), 2000000000, "1.5e-50"},
		{Lerp(Int(0), Int(1), 1, 3), 5, "0.33333"},
		{Lerp(Int(0), Int(1), 1, 3), 40, "0." + strings.Repeat("3", 40)},
		{Lerp(Int(0), Int(1), 1, 3), 41, "0.3333333333333333"},
		{Lerp(Int(0), Int(2), 1, 3), 3, "0.667"},
		{mustParse(t, "1.7e308").Value(), 2, "1.7e+308"},
		{mustParse(t, "1e39").Value(), 2, "1" + strings.Repeat("0", 39)},
		{mustParse(t, "1e40").Value(), -1, "1e+40"},
		{mustParse(t, "1e-40").Value(), -1, "0." + strings.Repeat("0", 39) + "1"},
		{mustParse(t, "1e-41").Value(), -1, "1e-41"},
		{mustParse(t, "1e-9").Value(), -1, "0.000000001"},
		{third("1e-9"), -1, "1e-9"},
		{third("1e-6"), -1, "0.000001"},
		{third("1e21"), -1, "1e+21"},
		{third("1e20"), -1, "1" + strings.Repeat("0", 20)},
		{Null(), 2, "null"},
		{Null(), -1, "null"},
		{Value{}, 0, "null"},
	} {
		got := string(c.v.Append(nil, c.digits))
		if got != c.want {
			t.Errorf("%d digits: %s, want %s", c.digits, got, c.want)
		}
	}
}

// TestValueCmp: null, decimals, quotients and roots compare with each other.
func TestValueCmp(t *testing.T) {
	t.Parallel()
	five := decs(t, "1", "2", "3", "4", "5") // sd √2.5, variance 2.5
	s, n := sumOf(five)
	inOrder := []Value{
		Null(), Count(-3), Lerp(Int(-2), Int(-1), 1, 3), Count(0), mustParse(t, "1e-300").Value(),
		mustParse(t, "1.58113883").Value(), s.SD(n), mustParse(t, "1.58113884").Value(),
		s.Var(n), s.Mean(n), Lerp(Int(3), Int(4), 1, 3), mustParse(t, "1e300").Value(),
	}
	sign := func(i, j int) int { return max(-1, min(1, i-j)) }
	for i, v := range inOrder {
		for j, w := range inOrder {
			got := v.Cmp(w)
			if got != sign(i, j) {
				t.Errorf("%s against %s: %d", v.Append(nil, -1), w.Append(nil, -1), got)
			}
		}
	}
	if f, ok := Null().Float(); f != 0 || ok {
		t.Error("null is a number")
	}
	tiny := mustParse(t, "-1e-1000")
	if f, ok := tiny.Value().Float(); f != 0 || math.Signbit(f) || !ok {
		t.Error("-0", f, ok)
	}
	s, n = sumOf(decs(t, "1", "3", "5")) // sd 2
	if s.SD(n).Cmp(Count(2)) != 0 || Count(2).Cmp(s.SD(n)) != 0 || s.SD(n).Cmp(s.SD(n)) != 0 {
		t.Error("the root of 4 is not 2")
	}
}

// TestLerpIsExact: also outside the range from a to b.
func TestLerpIsExact(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := text().Draw(t, "a"), text().Draw(t, "b")
		num, den := rapid.Int64().Draw(t, "num"), rapid.Int64().Draw(t, "den")
		if rapid.Bool().Draw(t, "within") && den > 0 {
			num = num & math.MaxInt64 % den
		}
		v := Lerp(mustParse(t, a), mustParse(t, b), num, den)
		if den <= 0 {
			if !v.IsNull() {
				t.Fatal("not null")
			}
			return
		}
		want := oracle.Between(oracle.Number(a), oracle.Number(b), big.NewRat(num, den))
		if exactly(v).Cmp(want) != 0 {
			t.Fatalf("%v, want %v", exactly(v), want)
		}
		got := string(v.Append(nil, -1))
		if got != oracle.Float(want, -1) {
			t.Fatalf("%s, want %s", got, oracle.Float(want, -1))
		}
	})
}

// TestFiniteQuotients: a mean that terminates early prints without a float64 in
// between, but as the nearest float64 would.
func TestFiniteQuotients(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		c := rapid.Uint64Range(0, pow10[rapid.IntRange(1, 19).Draw(t, "size")]).Draw(t, "c")
		den := rapid.Uint64Range(1, 1000).Draw(t, "den")
		scale := rapid.IntRange(0, maxScale).Draw(t, "scale")
		v := Value{num: int128{0, c}, form: newForm(ratio, den, uint8(scale))}
		f, _ := v.Float()
		got := string(v.Append(nil, -1))
		if got != oracle.FloatText(f) {
			t.Fatalf("%s, want %s", got, oracle.FloatText(f))
		}
		back, err := strconv.ParseFloat(string(v.Append(nil, -1)), 64)
		if err != nil || back != oracle.Nearest(exactly(v)) {
			t.Fatalf("%v, %v", back, err)
		}
	})
}

// TestBounds: Contains is never wrong, and complete for numbers of up to six
// decimals and twelve digits.
func TestBounds(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		lo, hi, d := mustParse(t, text().Draw(t, "lo")), mustParse(t, text().Draw(t, "hi")), mustParse(t, text().Draw(t, "d"))
		if lo.Cmp(hi) > 0 {
			lo, hi = hi, lo
		}
		b := NewBounds(lo, hi)
		between := lo.Cmp(d) <= 0 && d.Cmp(hi) <= 0
		if b.Contains(d) && !between {
			t.Fatalf("%s is not between %s and %s", d.Append(nil), lo.Append(nil), hi.Append(nil))
		}
		plain := func(d Dec) bool { return d.big == nil && d.scale <= 6 && d.c < 1e12 }
		if plain(lo) && plain(hi) && plain(d) && b.Contains(d) != between {
			t.Fatalf("%s between %s and %s: %v", d.Append(nil), lo.Append(nil), hi.Append(nil), b.Contains(d))
		}
	})
	if (&Bounds{}).Contains(Dec{}) {
		t.Error("the zero value contains 0")
	}
}
