package exact

import (
	"fmt"
	"math"
	"testing"
)

// A float64 is printed as encoding/json does, by whatever way.
func FuzzFloatText(f *testing.F) {
	for _, x := range []float64{
		0.1, 0.3, 1.0 / 3, 2.0 / 3, 0.05, 0.015625, 1.0 / 512, 1.0 / 513, 70 + 1.0/32768, 70 + 3.0/32768, 0.00195, 0.0099, 0.01, 0.1 + 0.2, 70.01, 71.08333333333333,
		9.999999999999998, 99.99999999999999, 9007199254740991.0 / (1 << 40), 123456.7890123, 1<<26 - 0.5, 1 << 26, 1<<26 + 0.5, 1.5, 3, 1e21, 1e-7,
		5e-324, math.MaxFloat64, math.Inf(1), math.Nextafter(1, 2), math.Nextafter(1, 0), math.Nextafter(16, 0), 4503599627370497.5 / (1 << 30),
	} {
		f.Add(math.Float64bits(x), false)
		f.Add(math.Float64bits(-x), true)
	}
	f.Fuzz(func(t *testing.T, b uint64, near bool) {
		if near { // where the short way goes
			b = b&(1<<63|1<<52-1) | (1010+b>>52%42)<<52
		}
		x := math.Float64frombits(b)
		if math.IsNaN(x) {
			return
		}
		if got := string(appendFloat(nil, x)); got != jsonFloat(x) {
			t.Fatalf("%s, want %s", got, jsonFloat(x))
		}
	})
}

// What a mean is appended to keeps its bytes, and its room makes no difference.
func TestAppendAnywhere(t *testing.T) {
	var s Sum
	for _, text := range []string{"70.01", "-300.5", "0.3", "1e-5", "123456.78", "-0.01", "12345678901234.5"} {
		s.Add(mustParse(t, text))
		for n := int64(1); n < 70; n++ {
			v := s.Mean(n)
			f, _ := v.Float()
			for size := range 60 {
				dst := append(make([]byte, 0, size), "before"...)
				if got := string(v.Append(dst, -1)); got != "before"+jsonFloat(f) {
					t.Fatalf("room of %d: %s, want %s", size, got, jsonFloat(f))
				}
			}
		}
	}
}

// What is printed by threes is what small prints, all of it.
func TestThrees(t *testing.T) {
	for scale := range 4 {
		d := NewDivisor(1, uint8(scale))
		for c := range uint64(1e6) {
			var got [Room]byte
			var want [24]byte
			m := formatSmall(&want, c, scale)
			if n := d.FormatMilli(int64(c), &got); string(got[:n]) != string(want[:m]) {
				t.Fatalf("%d × 10^-%d: %s, want %s", c, scale, got[:n], want[:m])
			}
			if n := d.FormatMilli(-int64(c), &got); c > 0 && string(got[:n]) != "-"+string(want[:m]) {
				t.Fatalf("-%d × 10^-%d: %s, want -%s", c, scale, got[:n], want[:m])
			}
		}
	}
}

// Readings of few decimals, as moving averages have them: the text of their mean.
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
