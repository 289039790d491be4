package ndjson

import (
	"slices"
	"strings"

	"weir/pkg/suggest"
)

// memberNames are the decoded names at the top level of a good record.
func memberNames(raw []byte) (names []string) {
	s := scanner{b: raw}
	for i := s.space(1); raw[i] == '"'; {
		end := s.string(i)
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

// timeName is the one of names that may have been meant by want, which should
// hold the time: a near one, else a usual one. "" if there is none.
func timeName(want string, names []string) string {
	if name := suggest.Word(want, names); name != "" {
		return name
	}
	for _, name := range names {
		if name != want && slices.Contains(timeNames, strings.ToLower(name)) {
			return name
		}
	}
	return ""
}
