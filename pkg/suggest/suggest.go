// Package suggest finds the word that the user probably meant: the value of a flag,
// the field or the status that was misspelt. Any package may import it, for its
// messages. It imports the standard library only.
package suggest

import "strings"

const (
	maxEdits  = 2   // the largest distance of a suggestion
	maxLength = 100 // bytes; longer texts are not compared, as the time is quadratic
)

// Word returns the one of words with the smallest edit distance to typed, letter
// case ignored: at most 2, and less than half the length of the word. Of several it
// returns the first. It returns "" if there is none. A word that equals typed is
// not suggested.
func Word(typed string, words []string) string {
	if len(typed) > maxLength {
		return ""
	}
	best, suggestion := maxEdits+1, ""
	for _, w := range words {
		if w == typed || len(w) > maxLength {
			continue
		}
		d := distance(strings.ToLower(typed), strings.ToLower(w))
		if d < best && d < len(w)/2 {
			best, suggestion = d, w
		}
	}
	return suggestion
}

// distance returns the number of edits that change a into b: a byte inserted,
// deleted or replaced, or two neighbours swapped (optimal string alignment).
//
// It is the usual dynamic program: row[j] is the distance of a[:i] and b[:j]. A
// swap refers to two rows above, so three rows are enough.
func distance(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			replace := 1
			if a[i-1] == b[j-1] {
				replace = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+replace)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
