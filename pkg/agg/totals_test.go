package agg

import (
	"errors"
	"testing"

	"weir/pkg/exact"
)

func TestTotalsReadBack(t *testing.T) {
	t.Parallel()
	for _, squares := range []bool{false, true} {
		a := New(squares)
		for _, text := range []string{"0.1", "1e300", "-7", "1e-1000"} {
			d, _ := exact.Parse([]byte(text))
			a.Add(d)
		}
		text := a.AppendTotals(nil)
		b := New(squares)
		b.Add(exact.Int(1))
		err := b.SetTotals(a.Len(), text)
		if err != nil || b.Len() != 4 || string(b.AppendTotals(nil)) != string(text) || string(b.SD().Append(nil, -1)) != string(a.SD().Append(nil, -1)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "x", "01", "1.0", "1 ", "1 x", " 1", "1e1", "1 1 1"} {
		for _, squares := range []bool{false, true} {
			a := New(squares)
			err := a.SetTotals(1, []byte(text))
			if !errors.Is(err, ErrTotals) {
				t.Errorf("%q: %v", text, err)
			}
		}
	}
}

// TestTotalsDoNotAllocate: of numbers as sensors write them.
func TestTotalsDoNotAllocate(t *testing.T) {
	for _, squares := range []bool{false, true} {
		a, b := New(squares), New(squares)
		for _, text := range []string{"-134.36", "99999.123456", "1234567890.5"} {
			d, _ := exact.Parse([]byte(text))
			a.Add(d)
		}
		var text []byte
		n := testing.AllocsPerRun(100, func() {
			text = a.AppendTotals(text[:0])
			err := b.SetTotals(a.Len(), text)
			if err != nil || b.Len() != 3 {
				t.Fatal(err)
			}
		})
		if n != 0 {
			t.Errorf("%v allocations for %s", n, text)
		}
	}
}
