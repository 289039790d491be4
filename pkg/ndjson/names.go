package ndjson

import (
	"slices"
	"strings"

	"weir/pkg/jsonscan"
	"weir/pkg/suggest"
)

// memberNames returns the decoded names at the top level of a record, in order,
// duplicates included. raw must be a good record, from brace to brace: the
// scanner's errors are not checked.
func memberNames(raw []byte) (names []string) {
	s := scanner{b: raw}
	for i := s.space(1); raw[i] == '"'; {
		end := s.string(i)
		names = append(names, string(jsonscan.AppendDecoded(nil, raw[i+1:end-1])))
		i = s.value(s.space(s.space(end)+1), 1, nil)
		i = s.space(i)
		if raw[i] == '}' {
			break
		}
		i = s.space(i + 1)
	}
	return names
}

// timeNames are common names of a timestamp, in lower case.
var timeNames = []string{"timestamp", "time", "ts", "date", "datetime", "@timestamp", "event_time", "created_at"}

// timeName returns the one of names to suggest when a record has no member want,
// which was to hold the time: the one that is spelled most like it, else the
// first common one. It returns "" if there is none.
func timeName(want string, names []string) string {
	name := suggest.Word(want, names)
	if name != "" {
		return name
	}
	for _, n := range names {
		if n != want && slices.Contains(timeNames, strings.ToLower(n)) {
			return n
		}
	}
	return ""
}
