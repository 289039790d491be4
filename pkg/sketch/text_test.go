package sketch_test

import (
	"testing"

	"weir/pkg/exact"
	"weir/pkg/sketch"
)

func TestText(t *testing.T) {
	t.Parallel()
	var s sketch.Sketch
	got := string(s.Append(nil))
	if got != "r" {
		t.Errorf("text of no readings = %q", got)
	}
	for _, text := range []string{"2", "-0.5", "2.0", "20e-1", "10"} {
		s.Add(parse(t, text).d)
	}
	got = string(s.Append([]byte("x=")))
	if got != "x=r -0.5 2*3 10" {
		t.Errorf("text of readings = %q", got)
	}
	for range 5000 {
		s.Add(exact.Int(1))
	}
	// The key of 1: the exponent is 1023, the mantissa 0, so 1023·128 + 0 + 1.
	got = string(s.Append(nil))
	if got != "b -130817 130945*5000 131073*3 131361" {
		t.Errorf("text of bins = %q", got)
	}
}

// FuzzParse: Parse accepts what Append writes, and nothing else.
func FuzzParse(f *testing.F) {
	for _, c := range []struct {
		text string
		good bool
	}{
		{"r", true},
		{"r 1", true},
		{"r -0.5 2*3 10", true},
		{"r 1*4096", true},
		{"b 0*5000", true},
		{"b -5 7*9223372036854775806", true},
		{"b 262016", true},
		{"b -262016", true},
		{"", false},
		{"x", false},
		{"b", false},
		{"r ", false},
		{"r  1", false},
		{"r 1 ", false},
		{"r 2 1", false},
		{"r 1 1", false},
		{"r 1*1", false},
		{"r 1*0", false},
		{"r 1*-2", false},
		{"r 1*+2", false},
		{"r 1*4097", false},
		{"r 1*9223372036854775807", false},
		{"r 1.0", false},
		{"r +1", false},
		{"r -0", false},
		{"r x", false},
		{"r 1*2*3", false},
		{"b 262017", false},
		{"b -262017", false},
		{"b 1.5", false},
		{"b 5*-2", false},
		{"b 5*0", false},
		{"b 01", false},
		{"b 2 1", false},
		{"b 1*9223372036854775807 2", false},
		{"b 1*9223372036854775808", false},
		{"b 4294967297", false},
	} {
		f.Add(c.text)
		_, err := sketch.Parse([]byte(c.text))
		if (err == nil) != c.good {
			f.Errorf("Parse(%q): %v", c.text, err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := sketch.Parse([]byte(text))
		if err != nil {
			return
		}
		got := string(s.Append(nil))
		if got != text {
			t.Fatalf("%q reads back as %q", text, got)
		}
		null := s.Quantile(1, 2, exact.Dec{}, exact.Dec{}).IsNull()
		if null != (s.Len() == 0) {
			t.Fatalf("%q has %d readings, median null: %v", text, s.Len(), null)
		}
	})
}
