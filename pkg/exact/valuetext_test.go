package exact

import (
	"bytes"
	"testing"
)

func TestValuesReadBack(t *testing.T) {
	t.Parallel()
	var m Moments
	list := []Value{Null(), Count(0), Count(-7), Int(0).Value()}
	for i, text := range []string{"0.1", "-3", "1e300", "1e-1000", "123456789012345678901234567890.5"} {
		d, err := Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		m.Add(d)
		n := int64(i + 1)
		list = append(list, d.Value(), m.Value(), m.Mean(n), m.Mean(n*3), m.Var(n), m.SD(n), Lerp(d, Int(1), 1, 3), Ratio(n, 2, 7))
	}
	for _, v := range list {
		text := v.AppendText(nil)
		w, ok := ParseValue(text)
		if !ok || v.Cmp(w) != 0 {
			t.Errorf("%s: %v", text, ok)
		}
		for _, digits := range []int{-1, 0, 3, 20} {
			got, want := w.Append(nil, digits), v.Append(nil, digits)
			if !bytes.Equal(got, want) {
				t.Errorf("%s prints as %s, want %s", text, got, want)
			}
		}
	}
	for _, text := range []string{"", "nul", "d", "d x", "d 01", "q 1", "q 2/4", "q 1/0", "q 1/-2", "r -1/2", "x 1/2", "q 1/x", "q +1/2", "r 1/2 "} {
		_, ok := ParseValue([]byte(text))
		if ok {
			t.Errorf("%q was read", text)
		}
	}
}
