package sketch_test

import (
	"strconv"
	"strings"
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
	for i := range int64(5000) {
		s.Add(exact.Int(8192 + 4*i))
	}
	got = string(s.Append(nil))
	want := "b11 -0.5001220703125 2.00048828125*3 10.001953125 8194 8198 8202 "
	if !strings.HasPrefix(got, want) {
		t.Errorf("text of steps begins %.80q, want %q", got, want)
	}
}

// steps returns a text of n steps of 20 bits, from 1 on, with three readings each.
func steps(n int) string {
	text := []byte("b20")
	for i := range n {
		text = strconv.AppendFloat(append(text, ' '), 1+(float64(i)+0.5)/(1<<20), 'g', -1, 64)
		text = append(text, "*3"...)
	}
	return string(text)
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
		{"r 1*4097", true},
		{"r 1*9223372036854775807", true},
		{"b52 1*5000", true},
		{steps(2049), true},
		{steps(4096), true},
		{"b7 1.00390625*5000", false}, // with one number, 52 bits would be kept
		{steps(2048), false},
		{steps(4097), false},
		{"b52 1*4096", false},
		{"b53 1*5000", false},
		{"b6 1*5000", false},
		{"b052 1*5000", false},
		{"b52 1e0*5000", false},
		{"b52 -0*5000", false},
		{"b52 1e999*5000", false},
		{"b52 NaN*5000", false},
		{"b52", false},
		{"b", false},
		{"b 1", false},
		{"", false},
		{"x", false},
		{"r ", false},
		{"r  1", false},
		{"r 1 ", false},
		{"r 2 1", false},
		{"r 1 1", false},
		{"r 1*1", false},
		{"r 1*0", false},
		{"r 1*-2", false},
		{"r 1*+2", false},
		{"r 1*9223372036854775808", false},
		{"r 1*9223372036854775807 2", false},
		{"r 1.0", false},
		{"r +1", false},
		{"r -0", false},
		{"r x", false},
		{"r 1*2*3", false},
	} {
		f.Add(c.text)
		var s sketch.Sketch
		err := s.SetText([]byte(c.text))
		if (err == nil) != c.good {
			f.Errorf("SetText(%q): %v", c.text, err)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		var s sketch.Sketch
		err := s.SetText([]byte(text))
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
