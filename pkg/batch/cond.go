package batch

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// Cond is a condition on the member at Path. It is one of these comparisons, the first
// that applies:
//
//   - of numbers, if Value is a JSON number and the member is one: as decimals, so 70
//     equals 70.0;
//   - of times, if Path is the time field and Op an order;
//   - of texts, if Op is Equal or NotEqual: Value equals a string that decodes to it, and
//     a number, true, false or null of which it is the text, but no object or array.
//
// Otherwise it does not hold. If the member is missing, only NotEqual holds.
type Cond struct {
	Path   Path
	Op     Op
	Value  string
	Quoted bool // Value was written as a JSON string, and is compared with strings only.
}

// Op is an operator of a condition.
type Op uint8

// The operators.
const (
	Equal Op = iota
	NotEqual
	Less
	LessEqual
	Greater
	GreaterEqual
)

// ops are the operators as they are typed.
var ops = [...]string{Equal: "=", NotEqual: "!=", Less: "<", LessEqual: "<=", Greater: ">", GreaterEqual: ">="}

// String returns the operator as it is typed.
func (op Op) String() string { return ops[op] }

// Order reports whether the operator is one of <, <=, > and >=.
func (op Op) Order() bool { return op >= Less }

// Holds reports whether the operator holds for two values of which Compare, or a function
// like it, has returned c.
func (op Op) Holds(c int) bool {
	switch op {
	case Equal:
		return c == 0
	case NotEqual:
		return c != 0
	case Less:
		return c < 0
	case LessEqual:
		return c <= 0
	case Greater:
		return c > 0
	}
	return c >= 0
}

// Number returns Value as a number, if it is a JSON number that is in range.
func (c *Cond) Number() (d exact.Dec, ok bool) {
	if c.Quoted {
		return d, false
	}
	d, err := exact.Parse([]byte(c.Value))
	return d, err == nil
}

// ErrNoOp is wrapped by the error of ParseCond for a text without an operator. It lists them.
var ErrNoOp = errors.New("OP is =, !=, <, <=, > or >=")

// ParseCond parses a condition as it is typed on a command line: FIELD OP VALUE, such as
// "motor.rpm >= 1200". The first operator counts; of two that begin at the same place, the
// longer one. Blanks around it are dropped. FIELD is a path as ParsePath reads it, in which
// a name may be written as a JSON string: that is how one is written that has an operator,
// or blanks at its edge. VALUE may be a JSON string as well.
//
// An error is a message that shows what to write. What was probably meant otherwise is an
// error too, although it could be read: a second operator, or two conditions in one.
func ParseCond(s string) (c Cond, err error) {
	at, ok := c.findOp(s)
	if !ok {
		return c, fmt.Errorf("%q is not a condition: write FIELD OP VALUE in quotes, such as 'a>=5'; %w", s, ErrNoOp)
	}
	field, rest := strings.TrimRight(s[:at], " \t"), s[at+len(c.Op.String()):]
	name := strings.TrimLeft(field, " \t")
	if name != field && !strings.HasPrefix(name, `"`) {
		return c, fmt.Errorf("%q begins with a blank: write '%s', or '%s%s%s' if the blank belongs to the name",
			s, strings.TrimLeft(s, " \t"), jsonscan.AppendQuoted(nil, field), c.Op, strings.TrimSpace(rest))
	}
	c.Path, err = parseQuotedPath(name)
	if err != nil {
		return c, err
	}
	c.Value = strings.Trim(rest, " \t")
	if text, ok := wholeString(c.Value); ok {
		c.Value, c.Quoted = text, true
		return c, nil
	}
	return c, c.doubt(s, rest)
}

// findOp sets Op to the first operator of s outside JSON strings, and returns its index.
func (c *Cond) findOp(s string) (at int, ok bool) {
	begins := true // a name begins here
	for i := 0; i < len(s); i++ {
		if s[i] == '"' && begins {
			n, err := jsonscan.Value([]byte(s[i:]), 1)
			if err == nil {
				i += n - 1
			}
		}
		begins = s[i] == '.' || begins && (s[i] == ' ' || s[i] == '\t')
		for op := GreaterEqual; ; op-- { // each longer operator comes before the one that it begins with
			if strings.HasPrefix(s[i:], op.String()) {
				c.Op = op
				return i, true
			}
			if op == Equal {
				break
			}
		}
	}
	return 0, false
}

// parseQuotedPath is ParsePath for a path in which names may be JSON strings.
func parseQuotedPath(s string) (p Path, err error) {
	for strings.HasPrefix(s, `"`) {
		n, bad := jsonscan.Value([]byte(s), 1)
		if bad != nil {
			break // the quote belongs to the name
		}
		name := string(jsonscan.AppendDecoded(nil, []byte(s[1:n-1])))
		switch {
		case name == "":
			return nil, fmt.Errorf("the field %s has an empty name", s)
		case n == len(s):
			return append(p, name), nil
		case s[n] != '.':
			return nil, fmt.Errorf("the field %s has text after a name in quotes", s)
		}
		p, s = append(p, name), s[n+1:]
	}
	before, after, quoted := strings.Cut(s, `."`)
	if !quoted {
		rest, err := ParsePath(s)
		return append(p, rest...), err
	}
	rest, err := ParsePath(before)
	if err != nil {
		return nil, err
	}
	p = append(p, rest...)
	rest, err = parseQuotedPath(`"` + after)
	return append(p, rest...), err
}

// wholeString returns the text of a JSON string that is all of s.
func wholeString(s string) (text string, ok bool) {
	if !strings.HasPrefix(s, `"`) {
		return "", false
	}
	n, err := jsonscan.Value([]byte(s), 1)
	if err != nil || n != len(s) {
		return "", false
	}
	return string(jsonscan.AppendDecoded(nil, []byte(s[1:n-1]))), true
}

// another matches a value that goes on with a second condition.
const another = `^(.*?)(?:,|;| +and +| +AND +| *&&) *([\pL_@][\pL\d_@.\\-]* *(?:!=|<=?|>=?|=).*)$`

// DoubtError is the error of a condition that can be read, but was probably meant otherwise.
type DoubtError struct {
	Text      string // As it was typed.
	Meant     string // What to write for what was probably meant.
	Literally string // What to write if it was meant as it was typed; it is about a text, not a number.
}

func (e *DoubtError) Error() string {
	return fmt.Sprintf("%q: write %s, or %s", e.Text, e.Meant, e.Literally)
}

// doubt returns a *DoubtError if a condition that can be read was probably meant otherwise. s
// is all of it, rest what follows the operator.
func (c *Cond) doubt(s, rest string) error {
	field := strings.TrimSpace(strings.TrimSuffix(s, c.Op.String()+rest))
	after := ""
	if rest != "" {
		after = strings.Trim(rest[1:], " \t")
	}
	_, err := exact.Parse([]byte(after))
	meant := ""
	switch {
	case strings.HasPrefix(rest, "="): // a==b, a!==b
		meant = c.Op.String() + after
	case c.Op == Less && strings.HasPrefix(rest, ">"): // a<>b
		meant = "!=" + after
	case c.Op == Equal && err == nil && (rest[0] == '<' || rest[0] == '>'): // a=>5
		meant = rest[:1] + "=" + after
	}
	if meant != "" {
		return &DoubtError{
			s, fmt.Sprintf("'%s%s'", field, meant),
			fmt.Sprintf("'%s%s%s' if the value begins with %q", field, c.Op, jsonscan.AppendQuoted(nil, c.Value), c.Value[:1]),
		}
	}
	if !strings.ContainsAny(c.Value, "=<>") { // to compile the expression costs more than to start
		return nil
	}
	m := regexp.MustCompile(another).FindStringSubmatch(c.Value)
	if m != nil {
		return &DoubtError{
			s, fmt.Sprintf("each condition by itself, '%s%s%s' and '%s'", field, c.Op, m[1], m[2]),
			fmt.Sprintf("'%s%s%s' if all of it is the value", field, c.Op, jsonscan.AppendQuoted(nil, c.Value)),
		}
	}
	return nil
}

// Time returns Value as a time, for an order of the time field, whose values clock reads. A
// date without a time is its beginning.
func (c *Cond) Time(clock *stamp.Parser) (t stamp.Time, ok bool) {
	var err error
	_, number := c.Number()
	if number {
		t, err = clock.Number([]byte(c.Value))
	} else {
		t, err = clock.Text([]byte(c.Value))
	}
	if err != nil && !number {
		t, err = clock.Text([]byte(c.Value + "T00:00:00"))
	}
	return t, err == nil
}
