package suggest

import (
	"strings"
	"testing"
)

// TestWord: a word is suggested for a slip, none for another word.
func TestWord(t *testing.T) {
	for typed, want := range map[string]string{
		"STARTD": "STARTED", "sTARTED": "STARTED", "SATRTED": "STARTED", "IDEL": "IDLE", "COMPLETE": "COMPLETED",
		"": "", "ON": "", "RUNNING": "", strings.Repeat("x", 1000): "",
	} {
		if got := Word(typed, []string{"IDLE", "STARTED", "COMPLETED"}); got != want {
			t.Errorf("%.20q: %q, want %q", typed, got, want)
		}
	}
	for pair, want := range map[[2]string]int{{"", ""}: 0, {"", "abc"}: 3, {"abc", "acb"}: 1, {"kitten", "sitting"}: 3, {"ab", "ba"}: 1, {"abcd", "badc"}: 2} {
		if got := edits(pair[0], pair[1]); got != want || edits(pair[1], pair[0]) != want {
			t.Errorf("%v: %d edits, want %d", pair, got, want)
		}
	}
}
