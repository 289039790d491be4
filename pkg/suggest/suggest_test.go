package suggest

import (
	"strings"
	"testing"
)

// TestWord: Word suggests a word for a misspelling of it, and none for another word.
func TestWord(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"STARTD": "STARTED", "sTARTED": "STARTED", "SATRTED": "STARTED", "IDEL": "IDLE", "COMPLETE": "COMPLETED",
		"": "", "ON": "", "RUNNING": "", strings.Repeat("x", 1000): "",
	} {
		got := Word(typed, []string{"IDLE", "STARTED", "COMPLETED"})
		if got != want {
			t.Errorf("%.20q: %q, want %q", typed, got, want)
		}
	}
}

// TestDistance: distance counts insertions, deletions, replacements and swaps, and is symmetric.
func TestDistance(t *testing.T) {
	t.Parallel()
	for pair, want := range map[[2]string]int{{"", ""}: 0, {"", "abc"}: 3, {"abc", "acb"}: 1, {"kitten", "sitting"}: 3, {"ab", "ba"}: 1, {"abcd", "badc"}: 2} {
		got, swapped := distance(pair[0], pair[1]), distance(pair[1], pair[0])
		if got != want || swapped != want {
			t.Errorf("%v: %d and %d edits, want %d", pair, got, swapped, want)
		}
	}
}
