package exact

import (
	"runtime/debug"
	"strconv"
	"testing"
	"unsafe"
)

var numbers = []string{"7", "71.5", "-3.25", "108.0", "1234567.891", "0.30000000000000004", "-23.456789012345678"}

func parseAll(t testing.TB) []Dec {
	var ds []Dec
	for _, text := range numbers {
		d, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		ds = append(ds, d)
	}
	return ds
}

// TestShortNumbersDoNotAllocate: parsing, adding, removing and printing numbers
// of up to 19 digits allocates nothing.
func TestShortNumbersDoNotAllocate(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection allocates, and the count covers the whole process
	var sum Sum
	var moments Moments
	ds := parseAll(t)
	texts := make([][]byte, len(numbers))
	for i, text := range numbers {
		texts[i] = []byte(text)
	}
	buf := make([]byte, 0, 100)
	window := func() {
		for i, text := range texts {
			d, err := Parse(text)
			if err != nil || d.Cmp(ds[i]) != 0 {
				t.Fatal(d, err)
			}
			sum.Add(d)
			moments.Add(d)
			buf = sum.Mean(7).Append(buf[:0], -1)
			buf = sum.Mean(7).Append(buf[:0], 2)
			buf = sum.Value().Append(buf[:0], -1)
			buf = moments.Mean(7).Append(buf[:0], -1)
			buf = Lerp(d, ds[0], 1, 3).Append(buf[:0], -1)
			buf = d.Append(buf[:0])
			sum.Remove(d)
			moments.Remove(d)
		}
	}
	n := testing.AllocsPerRun(10, window)
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestDeviationsDoNotAllocate: nor do the variance and standard deviation of
// readings with up to six decimals.
func TestDeviationsDoNotAllocate(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // a collection allocates, and the count covers the whole process
	var s Moments
	buf := make([]byte, 0, 100)
	one := func() {
		for i := range int64(100) {
			s.Add(Dec{c: uint64(71_000_001 + i*i), scale: 6})
		}
		buf = s.SD(100).Append(buf[:0], -1)
		buf = s.SD(100).Append(buf[:0], 3)
		buf = s.Var(100).Append(buf[:0], -1)
		for i := range int64(100) {
			s.Remove(Dec{c: uint64(71_000_001 + i*i), scale: 6})
		}
	}
	n := testing.AllocsPerRun(10, one)
	if n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkParse(b *testing.B) {
	for _, text := range []string{"71.5", "1234567.891", "-23.456789012345678", "1.5e-7", "1234567890123456789012.5"} {
		b.Run(text, func(b *testing.B) {
			raw := []byte(text)
			b.ReportAllocs()
			for b.Loop() {
				_, err := Parse(raw)
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func series(scale uint8) []Dec {
	ds := make([]Dec, 1024)
	for i := range ds {
		c, k := trim(uint64(7_000_000+i*7919%100_000), int(scale))
		ds[i] = Dec{c: c, scale: uint8(k)}
	}
	return ds
}

func BenchmarkSumAddRemove(b *testing.B) {
	ds, i := series(5), 0
	var s Sum
	for b.Loop() {
		s.Add(ds[i&1023])
		s.Remove(ds[(i+512)&1023])
		i++
	}
}

func BenchmarkCmp(b *testing.B) {
	for _, scale := range []uint8{2, 5} {
		b.Run(strconv.Itoa(int(scale)), func(b *testing.B) {
			ds, i, n := series(2), 0, 0
			other := series(scale)[7]
			for b.Loop() {
				n += ds[i&1023].Cmp(other)
				i++
			}
		})
	}
}

// BenchmarkSumMean is the work of a window of five for one reading.
func BenchmarkSumMean(b *testing.B) {
	ds, i := series(2), 5
	var s Sum
	for _, d := range ds[:5] {
		s.Add(d)
	}
	for b.Loop() {
		s.Remove(ds[(i-5)&1023])
		s.Add(ds[i&1023])
		s.Mean(5)
		i++
	}
}

func BenchmarkMomentsAddRemove(b *testing.B) {
	ds, i := series(5), 0
	var s Moments
	for b.Loop() {
		s.Add(ds[i&1023])
		s.Remove(ds[(i+512)&1023])
		i++
	}
}

func benchmarkWindow(b *testing.B, n int64, read func(*Moments, int64) Value) {
	ds, i := series(5), 0
	var s Moments
	for _, d := range ds[:n] {
		s.Add(d)
	}
	buf := make([]byte, 0, 64)
	b.ReportAllocs()
	for b.Loop() {
		s.Remove(ds[i&1023])
		s.Add(ds[(i+int(n))&1023])
		buf = read(&s, n).Append(buf[:0], -1)
		i++
	}
}

func BenchmarkSumMean5(b *testing.B) {
	ds, i := series(5), 5
	var s Sum
	for _, d := range ds[:5] {
		s.Add(d)
	}
	buf := make([]byte, 0, 64)
	for b.Loop() {
		s.Remove(ds[(i-5)&1023])
		s.Add(ds[i&1023])
		buf = s.Mean(5).Append(buf[:0], -1)
		i++
	}
}

func BenchmarkMean5(b *testing.B) { benchmarkWindow(b, 5, (*Moments).Mean) }
func BenchmarkMean7(b *testing.B) { benchmarkWindow(b, 7, (*Moments).Mean) }
func BenchmarkSD5(b *testing.B)   { benchmarkWindow(b, 5, (*Moments).SD) }
func BenchmarkSD600(b *testing.B) { benchmarkWindow(b, 600, (*Moments).SD) }

// TestSizes: the types have the sizes that their comments promise. A program
// holds millions of them.
func TestSizes(t *testing.T) {
	for _, c := range []struct {
		name      string
		size, max uintptr
	}{
		{"Dec", unsafe.Sizeof(Dec{}), 24},
		{"Sum", unsafe.Sizeof(Sum{}), 32},
		{"Moments", unsafe.Sizeof(Moments{}), 80},
		{"Value", unsafe.Sizeof(Value{}), 32},
	} {
		if c.size > c.max {
			t.Errorf("%s takes %d bytes, more than %d", c.name, c.size, c.max)
		}
	}
}
