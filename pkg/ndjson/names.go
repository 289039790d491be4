package ndjson

import (
	"slices"
	"strings"

	"weir/pkg/suggest"
)

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
