package ndjson

import "strings"

// memberNames are the decoded names at the top level of a good record.
func memberNames(raw []byte) (names []string) {
	s := scanner{b: raw}
	for i := s.space(1); raw[i] == '"'; {
		end := s.text(i)
		names = append(names, string(appendDecoded(nil, raw[i+1:end-1])))
		i = s.value(s.space(s.space(end)+1), 1, nil)
		if i = s.space(i); raw[i] == '}' {
			break
		}
		i = s.space(i + 1)
	}
	return names
}

// timeNames are what people call a timestamp.
var timeNames = []string{"timestamp", "time", "ts", "date", "datetime", "@timestamp", "event_time", "created_at"}

// unlike measures how far a name is from the one wanted: 1 or 2 edits, or 3 for
// another usual name of a time; more is no match.
func unlike(name, want string) int {
	name, want = strings.ToLower(name), strings.ToLower(want)
	if d := edits(name, want); d > 0 && d <= 2 && d < len(want)/2 {
		return d
	}
	for _, n := range timeNames {
		if name == n {
			return 3
		}
	}
	return 4
}

// edits is the Levenshtein distance in bytes.
func edits(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}
