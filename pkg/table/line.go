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

// line is a line of stats, understood whole.
type line struct {
	keys    []member // of -g
	field   string
	figures []member // the statistics, in their order
	from    string   // decoded, "" if there is none
	to      string

	sought  bool   // anomalies were looked for, or should have been
	count   string // of anomalies; "" if they could not be counted
	farther []anomaly

	spark []column
	histo histogram

	listed *anomaly // the line is one of stats --list
}

// member is a name and what is shown of its value.
type member struct {
	name string
	text string // of a statistic: the number, "" for null
}

// anomaly is a reading that stands out. What is not known is "" or NaN.
type anomaly struct {
	time, place               string
	value, deviation, percent float64
}

// raw is a member as it stands in the line.
type raw struct {
	name  string
	value json.RawMessage
}

var errNoStats = errors.New("no line of stats")

// parse understands a line of stats. One with anything it does not know is none
// of them: what cannot be shown must not be swallowed.
func parse(text []byte) (line, bool) {
	members, err := object(text)
	if err != nil {
		return line{}, false
	}
	// A key may be called field as well.
	at := -1
	for i, m := range members {
		if m.name == "field" {
			at = i
		}
	}
	if at < 0 {
		return line{}, false
	}
	var l line
	for _, m := range members[:at] {
		text, ok := scalar(m.value)
		if !ok {
			return line{}, false
		}
		l.keys = append(l.keys, member{m.name, text})
	}
	if json.Unmarshal(members[at].value, &l.field) != nil || members[at].value[0] != '"' {
		return line{}, false
	}
	rest := members[at+1:]
	if slices.ContainsFunc(rest, func(m raw) bool { return m.name == "deviation" }) {
		l.listed = new(anomaly)
		return l, l.listed.parse(rest) == nil
	}
	for _, m := range rest {
		if l.take(m) != nil {
			return line{}, false
		}
	}
	return l, len(rest) > 0
}

// object reads the members of an object in their order.
func object(text []byte) ([]raw, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return nil, errNoStats
	}
	var members []raw
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := raw{name: name.(string)} // encoding/json lets nothing else stand there
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	if _, err := d.Token(); err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, errNoStats
	}
	return members, nil
}

// scalar is what is shown of a key: a string without its quotes, unless it
// would be taken for another scalar, or for nothing.
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

// moment is a timestamp as it came; null is none.
func moment(value json.RawMessage) (string, error) {
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
		return "", errNoStats
	}
	return text, nil
}

func (l *line) take(m raw) (err error) {
	null := string(m.value) == "null"
	switch m.name {
	case "from":
		l.from, err = moment(m.value)
	case "to":
		l.to, err = moment(m.value)
	case "anomaly_count":
		l.sought = true
		if !null {
			l.count = string(m.value)
			var n uint64
			err = json.Unmarshal(m.value, &n)
		}
	case "anomalies":
		l.sought = true
		l.farther, err = anomalies(m.value)
	case "spark":
		l.spark, err = columns(m.value)
	case "histogram":
		err = l.histo.parse(m.value)
	default:
		f := member{name: m.name}
		if !null {
			if _, err = finite(m.value); err != nil {
				return err
			}
			f.text = string(m.value)
		}
		l.figures = append(l.figures, f)
	}
	return err
}

// finite is a number that float64 holds.
func finite(value json.RawMessage) (float64, error) {
	var v *float64
	if err := json.Unmarshal(value, &v); err != nil {
		return 0, err
	}
	if v == nil {
		return 0, errNoStats
	}
	return *v, nil
}

func anomalies(value json.RawMessage) ([]anomaly, error) {
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

func (a *anomaly) parse(members []raw) (err error) {
	a.value, a.deviation, a.percent = math.NaN(), math.NaN(), math.NaN()
	var file, at string
	for _, m := range members {
		if string(m.value) == "null" {
			continue
		}
		switch m.name {
		case "timestamp":
			a.time, err = moment(m.value)
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
			at = ":" + strconv.FormatUint(n, 10)
		default:
			err = errNoStats
		}
		if err != nil {
			return err
		}
	}
	a.place = file + at
	return nil
}
