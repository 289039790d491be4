package exact

import (
	"bytes"
	"errors"
	"testing"

	"pgregory.net/rapid"
)

// TestTextHasOneSpelling: ParseText reads what Append writes, and no other text; and IsPlain is
// true of nothing else.
func TestTextHasOneSpelling(t *testing.T) {
	t.Parallel()
	digits := rapid.StringMatching(`-?[0-9]{0,3}(0{0,40}|[0-9]{0,40})(\.[0-9]{0,42})?(e[0-9]{1,2})?`)
	rapid.Check(t, func(t *rapid.T) {
		text := []byte(digits.Draw(t, "text"))
		d, err := Parse(text)
		same := err == nil && bytes.Equal(d.Append(nil), text)
		if IsPlain(text) && !same {
			t.Fatalf("%s is plain, and is written as %s", text, d.Append(nil))
		}
		got, err := ParseText(text)
		if (err == nil) != same || same && got.Cmp(d) != 0 {
			t.Fatalf("%s: %v, want the same spelling: %v", text, err, same)
		}
		if err != nil {
			return
		}
		s, err := ParseSum(text)
		if err != nil || !bytes.Equal(s.Append(nil), text) {
			t.Fatalf("%s: as a sum it is %s, %v", text, s.Append(nil), err)
		}
		if d.Sign() >= 0 {
			both := append(append(bytes.Clone(text), ' '), text...)
			m, err := ParseMoments(both)
			if err != nil || !bytes.Equal(m.Append(nil), both) {
				t.Fatalf("%s: as moments it is %s, %v", text, m.Append(nil), err)
			}
		}
	})
	for _, text := range []string{"", "-", ".5", "5.", "-0", "00", "01", "1.0", "1e2", "+1", "1.2.3", "1-"} {
		_, err := ParseText([]byte(text))
		if !errors.Is(err, ErrSyntax) || IsPlain([]byte(text)) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// TestEqualTotals: totals are equal if their texts are, however they came about.
func TestEqualTotals(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var m [2]Moments
		var s [2]Sum
		for range rapid.IntRange(0, 6).Draw(t, "n") {
			d, i := mustParse(t, rapid.SampledFrom([]string{"1", "-1", "0.5", "1e300", "-1e300", "1e-300", "123456789012345678"}).Draw(t, "d")), rapid.IntRange(0, 1).Draw(t, "i")
			for _, i := range [][]int{{i}, {0, 1}}[rapid.IntRange(0, 1).Draw(t, "both")] {
				m[i].Add(d)
				s[i].Add(d)
			}
			if rapid.Bool().Draw(t, "remove") {
				m[i].Remove(d)
				s[i].Remove(d)
			}
		}
		want := string(m[0].Append(nil)) == string(m[1].Append(nil))
		if m[0].Equal(&m[1]) != want {
			t.Fatalf("%s and %s: equal is not %v", m[0].Append(nil), m[1].Append(nil), want)
		}
		want = string(s[0].Append(nil)) == string(s[1].Append(nil))
		if s[0].Equal(&s[1]) != want {
			t.Fatalf("%s and %s: equal is not %v", s[0].Append(nil), s[1].Append(nil), want)
		}
	})
}
