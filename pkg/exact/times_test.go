package exact_test

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
)

// TestAddTimesIsTheProduct: a sum of products is exact for every size of the factors, and
// subtracting what was added leaves 0.
func TestAddTimesIsTheProduct(t *testing.T) {
	t.Parallel()
	numbers := []string{"0", "1", "-7.25", "70.5", "123456789.123456", "18446744073709551615", "-0.000000000000000000000001", "1e300", "-1e300", "1e-300"}
	factors := []int64{0, 1, -1, 60, 86_400_000_000_000, 1 << 62, math.MaxInt64, math.MinInt64}
	rapid.Check(t, func(t *rapid.T) {
		var s exact.Sum
		want := new(big.Rat)
		type product struct {
			d exact.Dec
			n int64
		}
		var list []product
		for range rapid.IntRange(1, 6).Draw(t, "products") {
			text, n := rapid.SampledFrom(numbers).Draw(t, "number"), rapid.SampledFrom(factors).Draw(t, "times")
			d, err := exact.Parse([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			s.AddTimes(d, n)
			list = append(list, product{d, n})
			want.Add(want, new(big.Rat).Mul(oracle.Number(text), new(big.Rat).SetInt64(n)))
		}
		got := string(s.Mean(7).Append(nil, -1))
		if got != oracle.Float(want.Quo(want, big.NewRat(7, 1)), -1) {
			t.Fatalf("%v: a seventh is %s", list, got)
		}
		for _, x := range list {
			var one exact.Sum
			one.AddTimes(x.d, x.n)
			s.Subtract(&one)
		}
		if !s.Equal(new(exact.Sum)) {
			t.Fatalf("%v: %s is left", list, s.Append(nil))
		}
	})
}

// TestAddTimesDoesNotAllocate: for readings and times as machines have them.
func TestAddTimesDoesNotAllocate(t *testing.T) {
	var s exact.Sum
	d, _ := exact.Parse([]byte("71.25"))
	n := testing.AllocsPerRun(100, func() { s.AddTimes(d, 600_000_000_000) })
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
