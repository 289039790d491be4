package exact

import (
	"math"
	"math/big"
	"testing"

	"pgregory.net/rapid"
)

// edge draws words with a liking for those near which carries happen.
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

// Of any size, an integer computes what big.Int does, or says that it does not fit.
func integerLaws[T integer[T]](size int, draw *rapid.Generator[T]) func(*rapid.T) {
	smallest := new(big.Int).Neg(new(big.Int).Lsh(big.NewInt(1), uint(size-1)))
	return func(t *rapid.T) {
		x, y, k := draw.Draw(t, "x"), draw.Draw(t, "y"), rapid.IntRange(0, 48).Draw(t, "k")
		holds := func(what string, got T, ok bool, want *big.Int) {
			fits := want.BitLen() < size
			if ok && fits && got.big().Cmp(want) != 0 {
				t.Fatalf("%s: %v, want %v", what, got.big(), want)
			}
			// The smallest number may count as one that does not fit.
			if ok != fits && want.Cmp(smallest) != 0 {
				t.Fatalf("%s: fits is %v for %v", what, ok, want)
			}
		}
		sum, ok := x.add(y)
		holds("add", sum, ok, new(big.Int).Add(x.big(), y.big()))
		diff, ok := x.sub(y)
		holds("sub", diff, ok, new(big.Int).Sub(x.big(), y.big()))
		up, ok := x.up(k)
		holds("up", up, ok, new(big.Int).Mul(x.big(), power(10, k)))
		m := max(1, edge().Draw(t, "m"))
		down, whole := x.down(m)
		q, r := new(big.Int).QuoRem(x.big(), new(big.Int).SetUint64(m), new(big.Int))
		if whole != (r.Sign() == 0) {
			t.Fatalf("down: whole is %v for %v / %v", whole, x.big(), m)
		}
		holds("down", down, true, q)
		wide := new(big.Int).Mul(x.big(), big.NewInt(int64(k-20)))
		back, ok := x.from(wide)
		holds("from", back, ok, wide)
		if new(big.Int).And(x.big(), new(big.Int).SetUint64(math.MaxUint64)).Uint64() != x.low() {
			t.Fatal("low")
		}
	}
}

func TestIntegers(t *testing.T) {
	t.Run("128", rapid.MakeCheck(integerLaws(128, draw128())))
	t.Run("256", rapid.MakeCheck(integerLaws(256, draw256())))
	rapid.Check(t, func(t *rapid.T) {
		x, y := draw128().Draw(t, "x"), draw128().Draw(t, "y")
		if x.cmp(y) != x.big().Cmp(y.big()) {
			t.Fatal("cmp", x, y)
		}
		if hi, lo := x.abs(); square(hi, lo).big().Cmp(new(big.Int).Mul(x.big(), x.big())) != 0 {
			t.Fatal("square", x)
		}
		n := rapid.Int64().Draw(t, "n")
		if fromInt(n).big().Cmp(big.NewInt(n)) != 0 {
			t.Fatal("from int", n)
		}
	})
}

func TestSquareRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		hi, lo := edge().Draw(t, "hi"), edge().Draw(t, "lo")
		if rapid.Bool().Draw(t, "square") { // or one next to a square
			q := square(0, lo)
			hi, lo = q.b, q.a+rapid.Uint64Range(0, 2).Draw(t, "nudge")-1
		}
		s, whole := sqrt128(hi, lo)
		n := new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(hi), 64), new(big.Int).SetUint64(lo))
		want := new(big.Int).Sqrt(n)
		if !want.IsUint64() || want.Uint64() != s || whole != (new(big.Int).Mul(want, want).Cmp(n) == 0) {
			t.Fatalf("root of %v: %d, %v, want %v", n, s, whole, want)
		}
	})
}
