package exact

import (
	"fmt"
	"math"
	"math/big"
	"math/bits"
	"testing"

	"weir/pkg/internal/oracle"
)

// FuzzFloatText: every float64 prints as encoding/json prints it, in particular
// those that shortest handles.
func FuzzFloatText(f *testing.F) {
	for _, x := range []float64{
		0.1, 0.3, 1.0 / 3, 2.0 / 3, 0.05, 0.015625, 1.0 / 512, 1.0 / 513, 70 + 1.0/32768, 70 + 3.0/32768, 0.00195, 0.0099, 0.01, 0.1 + 0.2, 70.01, 71.08333333333333,
		9.999999999999998, 99.99999999999999, 9007199254740991.0 / (1 << 40), 123456.7890123, 1<<26 - 0.5, 1 << 26, 1<<26 + 0.5, 1.5, 3, 1e21, 1e-7,
		5e-324, math.MaxFloat64, math.Inf(1), math.Nextafter(1, 2), math.Nextafter(1, 0), math.Nextafter(16, 0), 4503599627370497.5 / (1 << 30),
	} {
		f.Add(math.Float64bits(x), false)
		f.Add(math.Float64bits(-x), true)
	}
	f.Fuzz(func(t *testing.T, b uint64, usual bool) {
		if usual { // an exponent in the range of shortest
			b = b&(1<<63|1<<52-1) | (1010+b>>52%42)<<52
		}
		x := math.Float64frombits(b)
		if math.IsNaN(x) {
			return
		}
		got := string(appendFloat(nil, x))
		if got != oracle.FloatText(x) {
			t.Fatalf("%s, want %s", got, oracle.FloatText(x))
		}
	})
}

// TestAppendIgnoresCapacity: Append does not change the bytes before the text,
// and the text does not depend on the free capacity.
func TestAppendIgnoresCapacity(t *testing.T) {
	t.Parallel()
	var s Sum
	for _, text := range []string{"70.01", "-300.5", "0.3", "1e-5", "123456.78", "-0.01", "12345678901234.5"} {
		s.Add(mustParse(t, text))
		for n := int64(1); n < 70; n++ {
			v := s.Mean(n)
			f, _ := v.Float()
			for size := range 60 {
				dst := append(make([]byte, 0, size), "before"...)
				got := string(v.Append(dst, -1))
				if got != "before"+oracle.FloatText(f) {
					t.Fatalf("capacity %d: %s, want %s", size, got, oracle.FloatText(f))
				}
			}
		}
	}
}

// TestFormatMilliAgreesWithFormat8: for every number below a million, of either
// sign, with up to three decimals.
func TestFormatMilliAgreesWithFormat8(t *testing.T) {
	t.Parallel()
	for scale := range 4 {
		d := NewDivisor(1, uint8(scale))
		for c := range uint64(1e6) {
			var got [FormatSize]byte
			var want [24]byte
			m := format8(&want, c, scale)
			n := d.FormatMilli(int64(c), &got)
			if string(got[:n]) != string(want[:m]) {
				t.Fatalf("%d × 10^-%d: %s, want %s", c, scale, got[:n], want[:m])
			}
			n = d.FormatMilli(-int64(c), &got)
			if c > 0 && string(got[:n]) != "-"+string(want[:m]) {
				t.Fatalf("-%d × 10^-%d: %s, want -%s", c, scale, got[:n], want[:m])
			}
		}
	}
}

// TestDecimalsOf: the estimate of log5 that decimalsOf uses is exact for every
// power of five, so a quotient that terminates does so within decimalsOf(den).
func TestDecimalsOf(t *testing.T) {
	t.Parallel()
	for k, p := range pow5 {
		got := decimalsOf(p)
		if got != k {
			t.Errorf("decimalsOf(5^%d) = %d", k, got)
		}
	}
	for den := uint64(1); den < 5000; den++ {
		k := decimalsOf(den)
		for _, num := range []uint64{1, 3, 7, den - 1, den / 3} {
			// It terminates at all if it does within 64 decimals more.
			n := new(big.Int).Mul(new(big.Int).SetUint64(num), power(10, k+64))
			if n.Rem(n, new(big.Int).SetUint64(den)).Sign() != 0 {
				continue
			}
			hi, lo := bits.Mul64(num%den, pow10[k])
			_, r := bits.Div64(hi, lo, den)
			if r != 0 {
				t.Errorf("%d/%d has more than %d decimals", num, den, k)
			}
		}
	}
}

// TestDigits8IsInverseOfValue8: for all numbers of up to four digits in either half.
func TestDigits8IsInverseOfValue8(t *testing.T) {
	t.Parallel()
	for c := range uint64(10_000) {
		for _, n := range []uint64{c, c * 10_000, c*10_000 + 9_999 - c} {
			w := digits8(n)
			if value8(w) != n || nonDigits(w) != 0 {
				t.Fatalf("%d: %#x", n, w)
			}
		}
	}
}

// BenchmarkMeanText prints means of readings with few decimals.
func BenchmarkMeanText(b *testing.B) {
	for _, c := range []struct {
		n     int64
		scale uint8
	}{{5, 1}, {5, 2}, {10, 2}, {3, 1}, {6, 1}, {7, 2}, {9, 2}, {60, 2}} {
		b.Run(fmt.Sprintf("n=%d,decimals=%d", c.n, c.scale), func(b *testing.B) {
			means := make([]Value, 1<<12)
			seed := uint32(1)
			for i := range means {
				seed ^= seed << 13
				seed ^= seed >> 17
				seed ^= seed << 5
				sum := uint64(70*c.n)*pow10[c.scale] + uint64(seed)%(uint64(30*c.n)*pow10[c.scale])
				means[i] = Value{num: int128{0, sum}, form: newForm(ratio, uint64(c.n), c.scale)}
			}
			buf := make([]byte, 0, 64)
			for i := 0; b.Loop(); i++ {
				buf = means[i%len(means)].Append(buf[:0], -1)
			}
		})
	}
}

func BenchmarkFloatText(b *testing.B) {
	buf := make([]byte, 0, 64)
	for i := 0; b.Loop(); i++ {
		buf = appendFloat(buf[:0], 70+float64(i&1023)/3000)
	}
}
