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
		b, err := ParseTotals(a.Len(), text)
		if err != nil || b.Len() != 4 || string(b.AppendTotals(nil)) != string(text) || string(b.SD().Append(nil, -1)) != string(a.SD().Append(nil, -1)) {
			t.Errorf("%s: %v", text, err)
		}
	}
	for _, text := range []string{"", "x", "01", "1.0", "1 ", "1 x", " 1", "1e1", "1 1 1"} {
		_, err := ParseTotals(1, []byte(text))
		if !errors.Is(err, ErrTotals) {
			t.Errorf("%q: %v", text, err)
		}
	}
}
