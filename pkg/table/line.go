package table

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"slices"
	"strconv"
)

// line is a parsed line of stats.
type line struct {
	keys       []member // the keys of -g
	field      string
	statistics []member // in the order of the line
	from, to   string   // first and last time, decoded; "" if there is none

	hasAnomalies bool      // the line has anomalies or their count, null included
	count        string    // number of anomalies; "" if it is null
	anomalies    []anomaly // nil if the list is null

	columns   []column // of the chart
	histogram histogram

	listRow *anomaly // not nil: a line of stats --list, which has none of the above but keys and field
}

// member is a name and the text of its value.
type member struct {
	name string
	text string // of a statistic: the JSON number, "" for null
}

// anomaly is one reading. What is null or missing is "" or NaN.
type anomaly struct {
	time, location            string // location: FILE:LINE
	value, deviation, percent float64
}

// rawMember is a member of a JSON object, not yet interpreted.
type rawMember struct {
	name  string
	value json.RawMessage
}

var errNotStats = errors.New("not a line of stats")

// parse interprets a line of stats. It reports false if the line has anything that
// stats does not print: the line is then copied, so that nothing in it is lost.
func parse(text []byte) (line, bool) {
	members, err := object(text)
	if err != nil {
		return line{}, false
	}
	// The members before "field" are the keys. One of these may be called "field" as
	// well, so the last one counts.
	fieldAt := -1
	for i, m := range members {
		if m.name == "field" {
			fieldAt = i
		}
	}
	if fieldAt < 0 {
		return line{}, false
	}
	var l line
	for _, m := range members[:fieldAt] {
		text, ok := scalar(m.value)
		if !ok {
			return line{}, false
		}
		l.keys = append(l.keys, member{m.name, text})
	}
	if json.Unmarshal(members[fieldAt].value, &l.field) != nil || members[fieldAt].value[0] != '"' {
		return line{}, false
	}
	rest := members[fieldAt+1:]
	if slices.ContainsFunc(rest, func(m rawMember) bool { return m.name == "deviation" }) {
		l.listRow = new(anomaly)
		return l, l.listRow.parse(rest) == nil
	}
	for _, m := range rest {
		if l.set(m) != nil {
			return line{}, false
		}
	}
	return l, len(rest) > 0
}

// object returns the members of a JSON object in their order, with duplicates.
func object(text []byte) ([]rawMember, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	start, err := d.Token()
	if err != nil || start != json.Delim('{') {
		return nil, errNotStats
	}
	var members []rawMember
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := rawMember{name: name.(string)} // cannot panic: a Decoder allows only strings here
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	_, err = d.Token()
	if err != nil {
		return nil, err
	}
	_, err = d.Token()
	if err != io.EOF {
		return nil, errNotStats
	}
	return members, nil
}

// scalar returns the text that is shown for a key. A string has no quotes, unless
// it could be mistaken for another scalar or overlooked: "7", "null", "", " a".
func scalar(value json.RawMessage) (string, bool) {
	switch value[0] {
	case '{', '[':
		return "", false
	case '"':
		var s string
		if err := json.Unmarshal(value, &s); err != nil {
			return "", false
		}
		if s == "" || json.Valid([]byte(s)) || s[0] == ' ' || s[len(s)-1] == ' ' {
			return strconv.Quote(s), true
		}
		return s, true
	}
	return string(value), true
}

// timeText returns a timestamp as it was in the input, "" for null.
func timeText(value json.RawMessage) (string, error) {
	if string(value) == "null" {
		return "", nil
	}
	if value[0] == '"' {
		var s string
		err := json.Unmarshal(value, &s)
		return s, err
	}
	text, ok := scalar(value)
	if !ok {
		return "", errNotStats
	}
	return text, nil
}

// set stores a member that follows the field. A member with an unknown name is a
// statistic, so that new statistics need no change here.
func (l *line) set(m rawMember) (err error) {
	null := string(m.value) == "null"
	switch m.name {
	case "from":
		l.from, err = timeText(m.value)
	case "to":
		l.to, err = timeText(m.value)
	case "anomaly_count":
		l.hasAnomalies = true
		if !null {
			l.count = string(m.value)
			var n uint64
			err = json.Unmarshal(m.value, &n)
		}
	case "anomalies":
		l.hasAnomalies = true
		l.anomalies, err = parseAnomalies(m.value)
	case "spark":
		l.columns, err = parseColumns(m.value)
	case "histogram":
		err = l.histogram.parse(m.value)
	default:
		s := member{name: m.name}
		if !null {
			_, err = finite(m.value)
			if err != nil {
				return err
			}
			s.text = string(m.value)
		}
		l.statistics = append(l.statistics, s)
	}
	return err
}

// finite returns a number. Numbers beyond float64, null and other types are errors.
func finite(value json.RawMessage) (float64, error) {
	var v *float64
	if err := json.Unmarshal(value, &v); err != nil {
		return 0, err
	}
	if v == nil {
		return 0, errNotStats
	}
	return *v, nil
}

// parseAnomalies parses a list of anomalies. It returns nil for null, and a list
// that is not nil for an empty one.
func parseAnomalies(value json.RawMessage) ([]anomaly, error) {
	var texts []json.RawMessage
	if err := json.Unmarshal(value, &texts); err != nil || texts == nil {
		return nil, err
	}
	all := make([]anomaly, len(texts))
	for i, text := range texts {
		members, err := object(text)
		if err != nil {
			return nil, err
		}
		if err := all[i].parse(members); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// parse sets a from the members of a JSON object.
func (a *anomaly) parse(members []rawMember) (err error) {
	a.value, a.deviation, a.percent = math.NaN(), math.NaN(), math.NaN()
	var file, lineNumber string
	for _, m := range members {
		if string(m.value) == "null" {
			continue
		}
		switch m.name {
		case "timestamp":
			a.time, err = timeText(m.value)
		case "value":
			a.value, err = finite(m.value)
		case "deviation":
			a.deviation, err = finite(m.value)
		case "percent":
			a.percent, err = finite(m.value)
		case "file":
			err = json.Unmarshal(m.value, &file)
		case "line":
			var n uint64
			err = json.Unmarshal(m.value, &n)
			lineNumber = ":" + strconv.FormatUint(n, 10)
		default:
			err = errNotStats
		}
		if err != nil {
			return err
		}
	}
	a.location = file + lineNumber
	return nil
}
