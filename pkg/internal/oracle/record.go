package oracle

import (
	"bytes"
	"encoding/json"
	"io"
	"math"
	"math/big"
	"strings"
	"unicode/utf8"
)

// maxDepth is how many levels deep a record may be.
const maxDepth = 1000

// IsRecord reports whether a line is a good record: an object of RFC 8259 in
// valid UTF-8, at most 1,000 levels deep. White space around it is allowed.
func IsRecord(line string) bool {
	if !json.Valid([]byte(line)) || !utf8.ValidString(line) || strings.TrimLeft(line, " \t\r\n")[0] != '{' {
		return false
	}
	depth := 0
	d := json.NewDecoder(strings.NewReader(line))
	d.UseNumber()
	for {
		token, err := d.Token()
		if err != nil {
			return err == io.EOF
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
		if depth > maxDepth {
			return false
		}
	}
}

// Member is a member of an object.
type Member struct {
	Name     string // decoded
	Value    string // JSON text, as it was written
	From, To int    // of the value, as offsets into the text of the object
}

// Members returns the members of the object that text is, in order, with
// duplicates. Requires that text is valid, as all of the following do.
func Members(text string) (list []Member) {
	d := json.NewDecoder(strings.NewReader(text))
	token(d)
	for d.More() {
		name := token(d).(string)
		var value json.RawMessage
		if err := d.Decode(&value); err != nil {
			panic(err)
		}
		to := int(d.InputOffset())
		list = append(list, Member{name, string(value), to - len(value), to})
	}
	return list
}

func token(d *json.Decoder) json.Token {
	t, err := d.Token()
	if err != nil {
		panic(err)
	}
	return t
}

// Find returns the member that a path names, with offsets into text. Of
// duplicates the last counts.
func Find(text string, path []string) (found Member, ok bool) {
	for _, m := range Members(text) {
		if m.Name == path[0] {
			found, ok = m, true
		}
	}
	switch {
	case !ok || len(path) == 1:
		return found, ok
	case found.Value[0] != '{':
		return Member{}, false
	}
	inner, ok := Find(found.Value, path[1:])
	inner.From += found.From
	inner.To += found.From
	return inner, ok
}

// Quote returns the one spelling in which weir prints names and string keys.
func Quote(s string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// Unquote returns the string that the JSON text spells.
func Unquote(text string) (s string) {
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		panic(err)
	}
	return s
}

// Key returns what a member contributes to its record's key: null if it is
// missing, a string in its one spelling, any other scalar as it was written. An
// object or array is not a key.
func Key(m Member, present bool) (text string, ok bool) {
	switch {
	case !present:
		return "null", true
	case m.Value[0] == '"':
		return Quote(Unquote(m.Value)), true
	case m.Value[0] == '{' || m.Value[0] == '[':
		return "", false
	}
	return m.Value, true
}

// Meets reports whether a member that is not the time meets a condition of --where: op and
// want, which is compared with strings only if wantText is true. value is its JSON text, ""
// if it is missing.
func Meets(value, op, want string, wantText bool) bool {
	if value == "" {
		return op == "!="
	}
	c, ordered := 1, false // how the member compares with want, and whether < and > may hold
	number, ok := ParseNumber(value)
	if ok && !wantText && want != "" {
		var other *big.Rat
		other, ordered = ParseNumber(want)
		if ordered {
			c = number.Cmp(other)
		}
	}
	switch {
	case ordered:
	case value[0] == '"' && Unquote(value) == want:
		c = 0
	case !strings.Contains("\"{[", value[:1]) && value == want && !wantText:
		c = 0
	}
	switch op {
	case "=":
		return c == 0
	case "!=":
		return c != 0
	case "<":
		return ordered && c < 0
	case "<=":
		return ordered && c <= 0
	case ">":
		return ordered && c > 0
	}
	return ordered && c >= 0
}

// ParseNumber returns the number that a JSON value is. It reports false if the
// value is of another type, or out of range: if its nearest float64 is infinite,
// or it has non-zero digits below 10^-1100.
func ParseNumber(value string) (*big.Rat, bool) {
	c := value[0]
	if c != '-' && (c < '0' || c > '9') {
		return nil, false
	}
	mantissa, exponent, _ := strings.Cut(strings.ToLower(value), "e")
	if strings.Trim(mantissa, "-0.") == "" {
		return new(big.Rat), true
	}
	if len(strings.TrimLeft(exponent, "+-0")) > 4 { // out of range, and too large for math/big
		return nil, false
	}
	r := Number(value)
	if math.IsInf(Nearest(r), 0) || !new(big.Rat).Mul(r, new(big.Rat).SetInt(power(1100))).IsInt() {
		return nil, false
	}
	return r, true
}
