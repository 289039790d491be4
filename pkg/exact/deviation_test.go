package exact

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// TestDeviations holds Minus, Percent and Exceeds to math/big.Rat.
func TestDeviations(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		texts := rapid.SliceOfN(rapid.StringMatching(`-?[1-9][0-9]{0,5}(\.[0-9]{1,4})?(e[0-9]|e-[0-9]{1,2})?`), 2, 6).Draw(t, "readings")
		var s Spread
		sum, squares := new(big.Rat), new(big.Rat)
		var d Dec
		x := new(big.Rat)
		for _, text := range texts {
			var err error
			if d, err = Parse([]byte(text)); err != nil {
				t.Fatal(err)
			}
			x = rat(t, text)
			s.Add(d)
			sum.Add(sum, x)
			squares.Add(squares, new(big.Rat).Mul(x, x))
		}
		n := int64(len(texts))
		mean := new(big.Rat).Quo(sum, big.NewRat(n, 1))
		off := new(big.Rat).Sub(x, mean)
		check := func(what string, got Value, want *big.Rat) {
			f, _ := want.Float64()
			if g, ok := got.Float(); !ok || g != f && (g != 0 || f != 0) {
				t.Fatalf("%s of %v is %v, want %v", what, texts, g, f)
			}
		}
		m := s.Mean(n)
		v := d.Minus(m)
		check("deviation", v, off)
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
		k := rat(t, factor)
		limit := new(big.Rat).Mul(k, new(big.Rat).Abs(mean))
		if got, want := v.Exceeds(f, m), new(big.Rat).Abs(off).Cmp(limit) > 0; got != want {
			t.Fatalf("%v beyond %s of the mean: %v, want %v", texts, factor, got, want)
		}
		// k sd: compare squares, (x-m)² > k² (Σx² - n m²)/(n-1)
		variance := new(big.Rat).Sub(squares, new(big.Rat).Mul(sum, mean))
		variance.Quo(variance, big.NewRat(n-1, 1))
		variance.Mul(variance, new(big.Rat).Mul(k, k))
		if got, want := v.Exceeds(f, s.SD(n)), new(big.Rat).Mul(off, off).Cmp(variance) > 0; got != want {
			t.Fatalf("%v beyond %s sd: %v, want %v", texts, factor, got, want)
		}
	})
}
