package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// edge draws words, many of them near values at which carries happen.
func edge() *rapid.Generator[uint64] {
	return rapid.OneOf(rapid.Uint64(), rapid.SampledFrom([]uint64{0, 1, 1 << 63, 1<<63 - 1, math.MaxUint64, math.MaxUint64 - 1}))
}

func draw128() *rapid.Generator[int128] {
	return rapid.Custom(func(t *rapid.T) int128 { return int128{edge().Draw(t, "hi"), edge().Draw(t, "lo")} })
}

func draw256() *rapid.Generator[int256] {
	return rapid.Custom(func(t *rapid.T) int256 {
		w := rapid.SliceOfN(edge(), 4, 4).Draw(t, "words")
		return int256{w[0], w[1], w[2], w[3]}
	})
}

// integerMatchesBig returns a property: an integer of size bits computes what
// big.Int does, or reports that the result does not fit.
func integerMatchesBig[T integer[T]](size int, draw *rapid.Generator[T]) func(*rapid.T) {
	smallest := new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), uint(size-1)))
	return func(t *rapid.T) {
		x, y, k := draw.Draw(t, "x"), draw.Draw(t, "y"), rapid.IntRange(0, 48).Draw(t, "k")
		holds := func(name string, got T, ok bool, want *big.Int) {
			fits := want.BitLen() < size
			if ok && fits && got.toBig().Cmp(want) != 0 {
				t.Fatalf("%s: %v, want %v", name, got.toBig(), want)
			}
			// The smallest number may be reported as not fitting.
			if ok != fits && want.Cmp(smallest) != 0 {
				t.Fatalf("%s: fits is %v for %v", name, ok, want)
			}
		}
		sum, ok := x.add(y)
		holds("add", sum, ok, new(big.Int).Add(x.toBig(), y.toBig()))
		diff, ok := x.sub(y)
		holds("sub", diff, ok, new(big.Int).Sub(x.toBig(), y.toBig()))
		up, ok := x.mulPow10(k)
		holds("mulPow10", up, ok, new(big.Int).Mul(x.toBig(), power(10, k)))
		m := max(1, edge().Draw(t, "m"))
		quotient, isExact := x.div(m)
		q, r := new(big.Int).QuoRem(x.toBig(), new(big.Int).SetUint64(m), new(big.Int))
		if isExact != (r.Sign() == 0) {
			t.Fatalf("div: exact is %v for %v / %v", isExact, x.toBig(), m)
		}
		holds("div", quotient, true, q)
		product := new(big.Int).Mul(x.toBig(), big.NewInt(int64(k-20)))
		back, ok := x.fromBig(product)
		holds("fromBig", back, ok, product)
		if new(big.Int).And(x.toBig(), new(big.Int).SetUint64(math.MaxUint64)).Uint64() != x.lowWord() {
			t.Fatal("lowWord")
		}
	}
}

// TestIntegersAgreeWithBig: int128 and int256 compute what math/big does.
func TestIntegersAgreeWithBig(t *testing.T) {
	t.Parallel()
	t.Run("128", rapid.MakeCheck(integerMatchesBig(128, draw128())))
	t.Run("256", rapid.MakeCheck(integerMatchesBig(256, draw256())))
	rapid.Check(t, func(t *rapid.T) {
		x, y := draw128().Draw(t, "x"), draw128().Draw(t, "y")
		if x.cmp(y) != x.toBig().Cmp(y.toBig()) {
			t.Fatal("cmp", x, y)
		}
		hi, lo := x.abs()
		if square(hi, lo).toBig().Cmp(new(big.Int).Mul(x.toBig(), x.toBig())) != 0 {
			t.Fatal("square", x)
		}
		n := rapid.Int64().Draw(t, "n")
		if fromInt(n).toBig().Cmp(big.NewInt(n)) != 0 {
			t.Fatal("from int", n)
		}
	})
}

// TestSqrt128AgreesWithBig: at and beside squares too.
func TestSqrt128AgreesWithBig(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		hi, lo := edge().Draw(t, "hi"), edge().Draw(t, "lo")
		if rapid.Bool().Draw(t, "square") { // or one next to a square
			q := square(0, lo)
			hi, lo = q.b, q.a+rapid.Uint64Range(0, 2).Draw(t, "nudge")-1
		}
		s, isExact := sqrt128(hi, lo)
		n := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64), new(big.Int).SetUint64(lo))
		want := new(big.Int).Sqrt(n)
		if !want.IsUint64() || want.Uint64() != s || isExact != (new(big.Int).Mul(want, want).Cmp(n) == 0) {
			t.Fatalf("root of %v: %d, %v, want %v", n, s, isExact, want)
		}
	})
}
