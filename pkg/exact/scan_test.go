package exact

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// simple matches the numbers that Scan must read if they have at most 19 digits.
var simple = regexp.MustCompile(`^(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?)[,}\] \t\r\n]`)

// FuzzScan: Scan reads every simple number as Parse does, whatever follows it,
// and nothing else.
func FuzzScan(f *testing.F) {
	for _, text := range seeds {
		for _, rest := range []string{"", ",", "}", "]", " ", "\n", ".", "\x00", ":", "\xac", ",\xff\xff\xff\xff"} {
			f.Add([]byte(text+rest), []byte{})
			f.Add([]byte(text+rest), bytes.Repeat([]byte(`,"x":-1.5`), 5))
		}
	}
	for n := range 26 { // the point and the end at every index, next to bytes that resemble digits
		for _, rest := range []string{",9999999999", "\r.00000000", "}-1.5,7,7,", "e5,", "\xb8,", "/,"} {
			digits := strings.Repeat("90", 13)[:n]
			f.Add([]byte(digits+rest), []byte("012345678901234567890123456789"))
			f.Add([]byte("1."+digits+rest), []byte("012345678901234567890123456789"))
			f.Add([]byte("-"+digits+".5"+rest), []byte("\xff2345678\xff012345678901234567890"))
			f.Add([]byte(digits+".00"+rest), []byte("................................"))
		}
	}
	f.Fuzz(func(t *testing.T, head, tail []byte) {
		b := append(bytes.Clone(head), tail...)
		d, n := Scan(b)
		m := simple.FindSubmatch(b)
		if m == nil {
			if n != 0 {
				t.Fatalf("%q: a number of %d bytes", b, n)
			}
			return
		}
		text := m[1]
		digits := len(bytes.Trim(text, "-")) - bytes.Count(text, []byte{'.'})
		want, err := Parse(text)
		switch {
		case n == 0 && digits > 19:
		case n != len(text):
			t.Fatalf("%q has %d bytes, not %d", text, n, len(text))
		case err != nil || d != want || d.big != nil:
			t.Fatalf("%q: %+v, but Parse says %+v, %v", text, d, want, err)
		}
	})
}

// ordered is the numbers from 65 to 125 in steps of 0.01.
var ordered = func() (texts []string) {
	for c := 6500; c < 12500; c++ {
		texts = append(texts, strconv.FormatFloat(float64(c)/100, 'f', -1, 64))
	}
	return texts
}()

func BenchmarkScan(b *testing.B) {
	for _, text := range []string{"20", "70.01", "119.7", "43.25", "-3.5", "1234567.891", "0.12345678901234567", "1545847875123"} {
		b.Run(text, func(b *testing.B) {
			raw := append([]byte(text), bytes.Repeat([]byte(",\"x\":1"), 20)...)
			b.ReportAllocs()
			for b.Loop() {
				_, n := Scan(raw)
				if n == 0 {
					b.Fatal("not read")
				}
			}
		})
	}
	// A block of members, each one found after the end of the one before.
	for _, mix := range []struct {
		name  string
		texts []string
	}{
		{"alike", []string{"70.01", "71.52", "70.89", "69.93", "72.47"}},
		{"mixed", []string{"20", "70.01", "119.7", "43.25", "-3.5", "7", "100.2", "55.10", "0", "1200"}},
		{"many", ordered},
		{"floats", []string{"0.12345678901234567", "23.456789012345678", "0.4567890123456789", "121.48791951161945"}},
	} {
		b.Run(mix.name, func(b *testing.B) {
			var block []byte
			seed, count := uint32(1), 0
			for len(block) < 1<<21 {
				seed ^= seed << 13
				seed ^= seed >> 17
				seed ^= seed << 5
				block = append(append(block, mix.texts[seed%uint32(len(mix.texts))]...), `,"temp":`...)
				count++
			}
			block = append(block, bytes.Repeat([]byte{' '}, 64)...)
			for b.Loop() {
				rest := block
				for range count {
					_, n := Scan(rest)
					rest = rest[n+8:]
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(count), "ns/number")
		})
	}
}
