// Package suggest finds the word that was probably meant: the flag's value, the
// field, the status that somebody misspelt. Messages everywhere lean on it; it
// leans on nothing.
package suggest

import "strings"

// most is how many edits a misspelt word is away at most; a short word is less.
const maxEdits = 2

// longest is the longest text that is looked at, in bytes: nobody means a word
// by more.
const maxLength = 100

// Word is the one of words that is made of typed by the fewest edits, capitals
// aside: at most two, and fewer than half its letters. "" if there is none. A
// word that is typed itself is not meant by it.
func Word(typed string, words []string) string {
	if len(typed) > maxLength {
		return ""
	}
	best, meant := maxEdits+1, ""
	for _, w := range words {
		if w == typed || len(w) > maxLength {
			continue
		}
		if d := edits(strings.ToLower(typed), strings.ToLower(w)); d < best && d < len(w)/2 {
			best, meant = d, w
		}
	}
	return meant
}

// edits counts, in bytes, what turns a into b: letters put in, taken out, changed,
// or two neighbours swapped (optimal string alignment).
func edits(a, b string) int {
	rows := [3][]int{make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)}
	before, last, row := rows[0], rows[1], rows[2]
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			same := 1
			if a[i-1] == b[j-1] {
				same = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+same)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
