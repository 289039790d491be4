package exact_test

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
)

// TestPerIsTheQuotient: a total per second is the exact quotient, rounded once, for every size
// of the total and of the time.
func TestPerIsTheQuotient(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"0", "1", "-7.25", "70.5", "123456789.123456", "1e300", "-1e300", "1e-300", "340282366920938463463374607431768211455"}).Draw(t, "total")
		secs := rapid.SampledFrom([]int64{-5, 0, 1, 60, 86400, 72_057_593, 72_057_594, 72_057_595, 253_402_300_799, 315_537_897_599}).Draw(t, "seconds")
		nanos := rapid.SampledFrom([]int32{0, 1, 500_000_000, 999_999_999}).Draw(t, "nanoseconds")
		d, err := exact.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		var s exact.Sum
		s.Add(d)
		got := string(s.Per(secs, nanos).Append(nil, -1))
		length := new(big.Rat).Add(big.NewRat(secs, 1), big.NewRat(int64(nanos), 1e9))
		want := "null"
		if length.Sign() > 0 {
			want = oracle.Float(length.Quo(oracle.Number(text), length), -1)
		}
		if got != want {
			t.Fatalf("%s per %d.%09d s is %s, want %s", text, secs, nanos, got, want)
		}
	})
}

// TestPerDoesNotAllocate: for totals as machines have them.
func TestPerDoesNotAllocate(t *testing.T) {
	var s exact.Sum
	d, _ := exact.Parse([]byte("1234567.89"))
	s.Add(d)
	n := testing.AllocsPerRun(100, func() {
		if s.Per(60, 0).IsNull() || s.Per(60, 5).IsNull() {
			t.Fatal("null")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
