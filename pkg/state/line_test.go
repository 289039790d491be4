package state

import (
	"errors"
	"testing"
)

// TestSingleLines: a line that is not part of a state reads back what was written, and one with
// more, less or something else is damaged.
func TestSingleLines(t *testing.T) {
	t.Parallel()
	w, r := NewLineWriter(), NewLineReader()
	for n := range int64(2) { // the second line forgets the first
		w.Begin([]byte(`{"row":1`))
		w.Int("count", n)
		w.Raw("name", []byte(`"x"`))
		text := append(w.Current(), '}')
		err := r.Load(text)
		if err != nil || r.Int("row") != 1 || r.Int("count") != n || r.Text("name") != "x" || r.End() != nil {
			t.Errorf("%s: %v, %v", text, err, r.End())
		}
	}
	for _, text := range []string{"", "[1]", `{"row":1}}`, `{"row":1,"more":2}`, `{"other":1}`} {
		err := r.Load([]byte(text))
		_ = r.Int("row")
		if !errors.Is(r.End(), ErrDamaged) || err != nil && !errors.Is(err, ErrDamaged) {
			t.Errorf("%q: %v, %v", text, err, r.End())
		}
	}
}

// TestDifferences: flags whose values are other ones are named with both, unless they may change.
func TestDifferences(t *testing.T) {
	t.Parallel()
	now := Header{Flags: []Flag{{Name: "by", Value: "m"}, {Name: "last", Value: "5"}, {Name: "max-groups", Value: "9", MayChange: true}}}
	for _, c := range []struct {
		was  []Flag
		want string
	}{
		{now.Flags, ""},
		{[]Flag{{Name: "by", Value: "m"}, {Name: "last", Value: "5"}, {Name: "max-groups", Value: "8"}}, ""},
		{[]Flag{{Name: "by"}, {Name: "last", Value: "6"}, {Name: "max-groups", Value: "9"}}, "--by was not set and is m, --last was 6 and is 5"},
		{append([]Flag{{Name: "new"}}, now.Flags...), "there are other ones"},
	} {
		got := now.Differences(Header{Flags: c.was})
		if got != c.want {
			t.Errorf("%v: %q, want %q", c.was, got, c.want)
		}
	}
}
