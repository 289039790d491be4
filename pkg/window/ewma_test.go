package window

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"os"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// newSmooth returns a window of one reading with an exponentially weighted mean.
func newSmooth(t testing.TB, d *Decay) (*Count, agg.Stat) {
	list := stats(t, []string{"ewma"})
	c := NewCount(1, agg.NeedsOf(list))
	c.Smooth(d)
	return c, list[0]
}

// float returns the decimal that is nearest to f in the text form of encoding/json.
func float(t testing.TB, f float64) exact.Dec {
	text, err := json.Marshal(f)
	if err != nil {
		t.Fatal(err)
	}
	return read(0, string(text)).d
}

// TestEWMAIsThatOfPandas: testdata/ewma.py has made the means that are wanted, by readings and
// by irregular times.
func TestEWMAIsThatOfPandas(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("testdata/ewma.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Cases []struct {
			Readings, Seconds   float64
			Times, Values, EWMA []float64
		}
	}
	err = json.Unmarshal(text, &file)
	if err != nil || len(file.Cases) != 11 {
		t.Fatal(err, len(file.Cases))
	}
	for _, c := range file.Cases {
		decay := NewSpanDecay(uint64(c.Seconds * 1e9))
		if c.Readings > 0 {
			decay = NewDecay(uint64(c.Readings*100), 100)
		}
		w, stat := newSmooth(t, decay)
		for i, x := range c.Values {
			var at Instant
			if c.Readings == 0 {
				sec, part := math.Modf(c.Times[i])
				at = Instant{stamp.Time{Sec: int64(sec), Nsec: int32(part * 1e9)}, true}
			}
			w.PushTimed(at, float(t, x))
			got, ok := stat.Of(w).Float()
			if !ok || math.Abs(got-c.EWMA[i]) > 1e-11*math.Abs(c.EWMA[i]) {
				t.Fatalf("half-life of %v readings or %v s: mean %d is %v, want %v", c.Readings, c.Seconds, i, got, c.EWMA[i])
			}
		}
	}
}

// power returns 2^-(num/den) by the series of the exponential function, in 300 bits.
func power(num, den uint64) *big.Float {
	whole, rest := num/den, num%den
	ratio := func(a, b *big.Float) *big.Float { return new(big.Float).SetPrec(300).Quo(a, b) }
	of := func(n uint64) *big.Float { return new(big.Float).SetPrec(300).SetUint64(n) }
	ln2 := of(0) // the sum of 1/(k 2^k)
	for k := uint64(1); k < 300; k++ {
		ln2.Add(ln2, new(big.Float).SetMantExp(ratio(of(1), of(k)), -int(k)))
	}
	x := ratio(of(rest), of(den))
	x.Mul(x, ln2).Neg(x)
	sum, term := of(1), of(1)
	for k := uint64(1); k < 100; k++ {
		term.Mul(term, ratio(x, of(k)))
		sum.Add(sum, term)
	}
	return sum.SetMantExp(sum, -int(min(whole, 1<<20)))
}

// TestWeightIsRight: it differs from 1 - 2^-(d/h) by less than 2^-53, whatever the two are.
func TestWeightIsRight(t *testing.T) {
	t.Parallel()
	if weight(0, 7) != 0 || weight(7, 7) != 0.5 || weight(14, 7) != 0.75 || weight(math.MaxUint64, 1) != 1 || weight(1<<40, 1) != 1 {
		t.Error("of whole half-lives, a weight is another one")
	}
	rapid.Check(t, func(t *rapid.T) {
		number := rapid.OneOf(rapid.Uint64Range(1, 100), rapid.Uint64Range(1, 1e12), rapid.Uint64Min(1))
		distance, by := number.Draw(t, "distance"), number.Draw(t, "half-life")
		want := new(big.Float).SetPrec(300).SetInt64(1)
		want.Sub(want, power(distance, by))
		off := new(big.Float).Sub(want, big.NewFloat(weight(distance, by)))
		if off.Abs(off).Cmp(big.NewFloat(0x1p-53)) > 0 {
			t.Fatalf("weight(%d, %d) = %v, want %v", distance, by, weight(distance, by), want)
		}
	})
}

// TestEWMAIsReproducible: the mean has the same bits on every machine, also where these could
// compute a product and a sum in one step.
func TestEWMAIsReproducible(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		decay *Decay
		want  uint64
	}{
		{NewDecay(10, 1), 0x4055ac5badb21e3b},
		{NewDecay(1, 3), 0x40630e36db7f40a7},
		{NewSpanDecay(300e9), 0x4063919410b0376e},
	} {
		w, stat := newSmooth(t, c.decay)
		x := uint64(1)
		for i := range int64(1000) {
			x = x*6364136223846793005 + 1442695040888963407
			w.PushTimed(Instant{stamp.Time{Sec: i * i}, true}, exact.FromUnits(int64(x>>50), 2))
		}
		got, _ := stat.Of(w).Float()
		if math.Float64bits(got) != c.want {
			t.Errorf("%v: %#x (%v), want %#x", c.decay, math.Float64bits(got), got, c.want)
		}
	}
}

// TestEWMAWithoutTimes: with a half-life in readings, times do not matter; with one in time, a
// reading without a time does not count and has no mean, and one that is not after the newest
// has no weight.
func TestEWMAWithoutTimes(t *testing.T) {
	t.Parallel()
	at := func(sec int64) Instant { return Instant{stamp.Time{Sec: sec}, true} }
	times := []Instant{{}, at(10), {}, at(20), at(20), at(15), at(30)}
	for name, c := range map[string]struct {
		decay *Decay
		want  string
	}{
		"readings": {NewDecay(1, 1), "[8 6 7 5.5 34.75 37.375 22.6875]"},
		"time":     {NewSpanDecay(10e9), "[null 4 null 4 4 4 6]"},
	} {
		w, stat := newSmooth(t, c.decay)
		var got []string
		for i, x := range []int64{8, 4, 8, 4, 64, 40, 8} {
			w.PushTimed(times[i], exact.Int(x))
			got = append(got, string(stat.Of(w).Append(nil, -1)))
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
	}
}

// TestEWMAOfExtremes: a difference that float64 does not have is no error.
func TestEWMAOfExtremes(t *testing.T) {
	t.Parallel()
	w, stat := newSmooth(t, NewDecay(1, 1))
	var got []string
	for _, text := range []string{"1.7e308", "-1.7e308", "5e-324", "1e300"} {
		w.PushTimed(Instant{}, read(0, text).d)
		got = append(got, string(stat.Of(w).Append(nil, -1)))
	}
	if fmt.Sprint(got) != "[1.7e+308 0 5e-324 5e+299]" && fmt.Sprint(got) != "[1.7e+308 0 0 5e+299]" {
		t.Error(got)
	}
}

// TestSmoothedReadsBack: a mean that is saved and restored after any reading is the same to the
// bit.
func TestSmoothedReadsBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		decay := NewDecay(3, 2)
		if rapid.Bool().Draw(rt, "by time") {
			decay = NewSpanDecay(7e9)
		}
		whole, stat := newSmooth(t, decay)
		parts, _ := newSmooth(t, decay)
		for range rapid.IntRange(1, 20).Draw(rt, "readings") {
			x := rapid.SampledFrom(texts).Draw(rt, "reading")
			i := Instant{at(rapid.Int64Range(-1e12, 1e12).Draw(rt, "time")), rapid.Bool().Draw(rt, "known")}
			whole.PushTimed(i, read(0, x).d)
			parts.PushTimed(i, read(0, x).d)
			if rapid.Bool().Draw(rt, "saved") {
				saved := parts.Smoothed()
				saved.Value, _ = exact.ParseText(saved.Value.Append(nil))
				parts, _ = newSmooth(t, decay)
				parts.SetSmoothed(saved)
			}
			a, b := stat.Of(whole), stat.Of(parts)
			if string(a.Append(nil, -1)) != string(b.Append(nil, -1)) {
				rt.Fatalf("%s, want %s", b.Append(nil, -1), a.Append(nil, -1))
			}
		}
	})
}

// TestEWMADoesNotAllocate: whatever the distances are.
func TestEWMADoesNotAllocate(t *testing.T) {
	w, stat := newSmooth(t, NewSpanDecay(5e9))
	d, sec := read(0, "70.25").d, int64(0)
	n := testing.AllocsPerRun(1000, func() {
		sec += sec%7 + 1
		w.PushTimed(Instant{stamp.Time{Sec: sec}, true}, d)
		if stat.Of(w).IsNull() {
			t.Fatal("null")
		}
	})
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}
