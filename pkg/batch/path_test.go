package batch_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"weir/pkg/batch"
)

// TestPath: for all paths, ParsePath reads what is typed for them, and rejects empty names.
func TestPath(t *testing.T) {
	t.Parallel()
	type path = batch.Path
	rapid.Check(t, func(t *rapid.T) {
		p := path(rapid.SliceOfN(rapid.StringOfN(rapid.RuneFrom([]rune(`ab.\é "`)), 1, 6, -1), 1, 4).Draw(t, "path"))
		typed := make([]string, len(p))
		for i, name := range p {
			typed[i] = strings.NewReplacer(`\`, `\\`, `.`, `\.`).Replace(name)
		}
		got, err := batch.ParsePath(strings.Join(typed, "."))
		if err != nil || !got.Equal(p) || !p.Equal(got) {
			t.Fatalf("%q became %q, %v", typed, got, err)
		}
		if p.String() != strings.Join(p, ".") || p.Equal(append(got, "x")) || p.Equal(append(got[:len(got)-1:len(got)-1], "x")) {
			t.Fatalf("%q", p)
		}
	})
	for typed, want := range map[string]path{
		"a": {"a"}, "a.b": {"a", "b"}, `a\.b`: {"a.b"}, `a\b`: {`a\b`}, `a\\.b`: {`a\`, "b"}, `a\`: {`a\`}, `\.`: {"."},
		"": nil, ".": nil, "a.": nil, ".a": nil, "a..b": nil, "a\xff": nil,
	} {
		got, err := batch.ParsePath(typed)
		if (err == nil) != (want != nil) || !got.Equal(want) {
			t.Errorf("%q became %q, %v", typed, got, err)
		}
		if err != nil && (!utf8.ValidString(err.Error()) || !strings.HasPrefix(err.Error(), "a field") && !strings.HasPrefix(err.Error(), "the field")) {
			t.Errorf("%q: %v", typed, err)
		}
	}
}
