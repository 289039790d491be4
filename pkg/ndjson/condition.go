package ndjson

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson/internal/template"
	"weir/pkg/stamp"
)

// condition is a batch.Cond, ready to be compared.
type condition struct {
	op      batch.Op
	text    []byte    // The value as a string in canonical spelling, with quotes.
	scalar  []byte    // The value as the text of another scalar; nil if it was quoted.
	number  exact.Dec // The value as a number, if numeric.
	numeric bool
	time    stamp.Time // The value as a time, if timed.
	timed   bool       // The condition is an order of the time field.
}

// newCondition prepares a condition. time is the time field, whose values clock reads.
func newCondition(c batch.Cond, time batch.Path, clock *stamp.Parser) condition {
	x := condition{op: c.Op, text: jsonscan.AppendQuoted(nil, c.Value)}
	if !c.Quoted {
		x.scalar = []byte(c.Value)
	}
	x.number, x.numeric = c.Number()
	if c.Op.Order() && c.Path.Equal(time) {
		x.time, x.timed = c.Time(clock)
	}
	return x
}

// holds reports whether a condition holds for a member of the record at hand. What it
// compares is described at batch.Cond.
func (p *Parser) holds(c *condition, v *template.Span) bool {
	raw := v.In(p.b.Text)
	if c.timed {
		t, ok := p.timeOf(v, raw)
		if ok {
			return c.op.Holds(t.Compare(c.time))
		}
	}
	if v.Kind == '0' && c.numeric {
		if c.op == batch.Equal && bytes.Equal(raw, c.scalar) {
			return true
		}
		d, err := exact.Parse(raw)
		if err == nil {
			return c.op.Holds(d.Cmp(c.number))
		}
	}
	if c.op.Order() {
		return false
	}
	return p.equals(c, v, raw) == (c.op == batch.Equal)
}

// timeOf reads a member as a time.
func (p *Parser) timeOf(v *template.Span, raw []byte) (t stamp.Time, ok bool) {
	var err error
	switch v.Kind {
	case '"':
		text := v.Inside(p.b.Text)
		if v.Escaped {
			p.scratch = jsonscan.AppendDecoded(p.scratch[:0], text)
			text = p.scratch
		}
		t, err = p.clock.Text(text)
	case '0':
		t, err = p.clock.Number(raw)
	default:
		return t, false
	}
	return t, err == nil
}

// equals reports whether a member has the text of a condition.
func (p *Parser) equals(c *condition, v *template.Span, raw []byte) bool {
	switch v.Kind {
	case '{', '[':
		return false
	case '"':
		if v.Escaped {
			p.scratch = jsonscan.AppendCanonical(p.scratch[:0], v.Inside(p.b.Text))
			raw = p.scratch
		}
		return bytes.Equal(raw, c.text)
	}
	return c.scalar != nil && bytes.Equal(raw, c.scalar)
}
