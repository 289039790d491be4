package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/internal/oracle"
)

// TestDeviationsAgreeWithRat: Minus, Negated, Percent and Exceeds give what
// math/big.Rat computes, for readings of every size.
func TestDeviationsAgreeWithRat(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		short := rapid.StringMatching(`-?[1-9][0-9]{0,5}(\.[0-9]{1,4})?(e[0-9]|e-[0-9]{1,2})?`)
		texts := rapid.SliceOfN(rapid.OneOf(short, short, text()), 2, 6).Draw(t, "readings")
		var s Moments
		for _, text := range texts {
			s.Add(mustParse(t, text))
		}
		last := texts[len(texts)-1]
		d, x := mustParse(t, last), oracle.Number(last)
		n, set := int64(len(texts)), readings(texts)
		mean := oracle.Mean(set)
		off := new(big.Rat).Sub(x, mean)
		check := func(name string, got Value, want *big.Rat) {
			f := oracle.Nearest(want)
			if g, ok := got.Float(); ok == math.IsInf(f, 0) || ok && g != f {
				t.Fatalf("%s of %v is %v, want %v", name, texts, g, f)
			}
		}
		m := s.Mean(n)
		v := d.Minus(m)
		check("deviation", v, off)
		check("its negation", v.Negated(), new(big.Rat).Neg(off))
		check("deviation, afterwards,", v, off)
		if mean.Sign() == 0 {
			if !v.Percent(m).IsNull() {
				t.Fatal("a percentage of 0 is not null")
			}
		} else {
			p := new(big.Rat).Quo(off, new(big.Rat).Abs(mean))
			check("percentage", v.Percent(m), p.Mul(p, big.NewRat(100, 1)))
		}
		factor := rapid.SampledFrom([]string{"0", "0.2", "1", "1.5", "3"}).Draw(t, "factor")
		f, _ := Parse([]byte(factor))
		k := oracle.Number(factor)
		if v.Exceeds(Int(1), v) || off.Sign() != 0 && !v.Exceeds(Int(0), v) {
			t.Fatalf("%v exceeds itself, or does not exceed 0", v.Append(nil, -1))
		}
		limit := new(big.Rat).Mul(k, new(big.Rat).Abs(mean))
		got, want := v.Exceeds(f, m), new(big.Rat).Abs(off).Cmp(limit) > 0
		if got != want {
			t.Fatalf("%v exceeds %s of the mean: %v, want %v", texts, factor, got, want)
		}
		variance := oracle.Variance(set) // for k sd, compare squares: (x-m)² > k² variance
		variance.Mul(variance, new(big.Rat).Mul(k, k))
		got, want = v.Exceeds(f, s.SD(n)), new(big.Rat).Mul(off, off).Cmp(variance) > 0
		if got != want {
			t.Fatalf("%v exceeds %s sd: %v, want %v", texts, factor, got, want)
		}
	})
}

// TestNegated: Negated gives the opposite number, also of -2^127 units, whose
// opposite does not fit 128 bits.
func TestNegated(t *testing.T) {
	t.Parallel()
	var edge Sum // -2^127 units of 10^-18
	for range 9 {
		edge.Add(mustParse(t, "-18446744073709551615"))
	}
	edge.Add(mustParse(t, "-4120486797083267196"))
	edge.Add(mustParse(t, "-0.687303715884105728"))
	if !Null().Negated().IsNull() {
		t.Error("the opposite of null is a number")
	}
	for _, v := range []Value{Count(0), Count(7), Count(math.MinInt64), edge.Value(), edge.Mean(1), edge.Mean(3), mustParse(t, "1e300").Value(), mustParse(t, "-0.1").Value()} {
		want := new(big.Rat).Neg(exactly(v))
		forms := []Value{v}
		if v.big == nil {
			forms = append(forms, bigForm(v))
		}
		for _, v := range forms {
			n := v.Negated()
			if exactly(n).Cmp(want) != 0 || n.Sign() != want.Sign() || n.Negated().Cmp(v) != 0 {
				t.Errorf("the opposite of %s is %s", v.Append(nil, -1), n.Append(nil, -1))
			}
		}
	}
}
