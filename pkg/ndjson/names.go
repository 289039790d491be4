package ndjson

import (
	"slices"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/suggest"
)

// timeNames are common names of a timestamp, in lower case.
var timeNames = []string{"timestamp", "time", "ts", "date", "datetime", "@timestamp", "event_time", "created_at"}

// countNames are parts of the names, in lower case, of members whose number may be a time.
var countNames = []string{"time", "date", "epoch", "_at"}

// otherTime returns the member to suggest when a record lacks the time field: the one whose
// name is spelled most like it, else the first with a common name, else the first whose
// value reads as a time, at the top level or one below it. It returns nil if there is none.
func (p *Parser) otherTime(record []byte) batch.Path {
	want := p.plan.Time[0]
	names := jsonscan.Names(record)
	name := suggest.Word(want, names)
	if name != "" {
		return batch.Path{name}
	}
	for _, n := range names {
		if n != want && slices.Contains(timeNames, strings.ToLower(n)) {
			return batch.Path{n}
		}
	}
	name = p.timeMember(record)
	if name != "" {
		return batch.Path{name}
	}
	for outer, value := range jsonscan.Members(record) {
		if value[0] == '{' {
			name = p.timeMember(value)
			if name != "" {
				return batch.Path{outer, name}
			}
		}
	}
	return nil
}

// timeMember returns the name of the first member of an object whose value reads as a
// time, or "".
func (p *Parser) timeMember(object []byte) string {
	for name, value := range jsonscan.Members(object) {
		if name != "" && p.readsAsTime(name, value) {
			return name
		}
	}
	return ""
}

// readsAsTime reports whether a value is probably a time. A count, as a number or as text,
// is one only if the name says so.
func (p *Parser) readsAsTime(name string, value []byte) bool {
	text := value
	switch {
	case value[0] == '"':
		text = jsonscan.AppendDecoded(nil, value[1:len(value)-1])
	case value[0]-'0' > 9:
		return false
	}
	d, err := exact.Parse(text)
	if err != nil {
		_, err = p.clock.Text(text)
		return err == nil
	}
	lower := strings.ToLower(name)
	if d.Cmp(minEpoch) < 0 || !slices.ContainsFunc(countNames, func(part string) bool { return strings.Contains(lower, part) }) {
		return false
	}
	_, err = p.clock.Number(text)
	return err == nil
}

// timeInside returns a hint at the member that reads as a time in the value of the time
// field, if that is an object, or "".
func (p *Parser) timeInside(value []byte) string {
	if value[0] != '{' {
		return ""
	}
	name := p.timeMember(value)
	if name == "" {
		return ""
	}
	return timeHint(append(p.plan.Time[:len(p.plan.Time):len(p.plan.Time)], name))
}

// timeHint returns the hint that another member was meant by -t, as it is typed in a
// shell, or "" for nil.
func timeHint(path batch.Path) string {
	if path == nil {
		return ""
	}
	text := jsonscan.Truncate([]byte(path.Spell()))
	if strings.Trim(text, plainCharacters) != "" {
		text = "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
	}
	return " (-t " + text + "?)"
}

// plainCharacters need no quotes in a shell.
const plainCharacters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.:@%/+-"
