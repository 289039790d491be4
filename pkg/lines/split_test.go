package lines_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"weir/pkg/lines"
)

// TestSplit: whatever the pieces, the lines are those of the text, up to its last line feed.
func TestSplit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		pieces := rapid.SliceOf(rapid.StringOf(rapid.SampledFrom([]rune("ab\n")))).Draw(t, "pieces")
		var s lines.Splitter
		var got []string
		for _, p := range pieces {
			s.Split([]byte(p), func(text []byte) { got = append(got, string(text)) })
		}
		all := strings.Join(pieces, "")
		want := all[:strings.LastIndex(all, "\n")+1]
		if strings.Join(got, "") != want {
			t.Fatalf("%q, want %q", got, want)
		}
		for _, line := range got {
			if strings.Index(line, "\n") != len(line)-1 {
				t.Fatalf("%q is not one line", line)
			}
		}
	})
}
