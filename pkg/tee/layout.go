package tee

import (
	"fmt"
	"slices"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/source"
	"weir/pkg/status"
)

// eventLayout is the paths of the members of an emitted status change, in their order.
// Paths with the same first name follow each other, so that they are in one object.
type eventLayout [5]batch.Path // time, machine, status, previous, event

// newEventLayout returns the layout for data in which time and machine have these
// paths. It is an error if two members would have the same name.
func newEventLayout(time, machine batch.Path) (l eventLayout, _ error) {
	l = eventLayout{time, machine, {"status"}, {"previous"}, {"event"}}
	for i, p := range l {
		for _, q := range l[:i] {
			n := min(len(p), len(q))
			if slices.Equal(p[:n], q[:n]) {
				return l, fmt.Errorf("--emit-status: an event would have two members %s: name the time and the machine by other fields (-t, --machine)", q[:n].Spell())
			}
		}
	}
	return l, nil
}

// append appends c as a line of JSON.
func (l *eventLayout) append(b []byte, c status.Change) []byte {
	text := func(s string) []byte {
		if s == "" {
			return []byte("null")
		}
		return jsonscan.AppendQuoted(nil, s)
	}
	values := [len(l)][]byte{text(c.Time.UTC().Format(status.TimeLayout)), text(c.Machine), text(c.Word), text(c.Before), text("status")}
	return append(appendObject(b, l[:], values[:]), '\n')
}

// appendObject appends an object with these members.
func appendObject(b []byte, paths []batch.Path, values [][]byte) []byte {
	b = append(b, '{')
	for i := 0; i < len(paths); {
		var inner []batch.Path // the rest of consecutive paths with the same first name
		name, from := paths[i][0], i
		for i < len(paths) && paths[i][0] == name {
			inner = append(inner, paths[i][1:])
			i++
		}
		if from > 0 {
			b = append(b, ',')
		}
		b = append(jsonscan.AppendQuoted(b, name), ':')
		if len(inner[0]) == 0 {
			b = append(b, values[from]...)
		} else {
			b = appendObject(b, inner, values[from:i])
		}
	}
	return append(b, '}')
}

// inputStart tells by the first bytes of an input whether it has lines of JSON.
type inputStart struct {
	head    []byte // the first bytes, until the format is known
	plain   bool   // the input is not compressed
	decided bool   // add need not be called any more
	found   string // what the input is instead of lines; "" if it has lines
}

// add looks at the next bytes of the input.
func (s *inputStart) add(block []byte) {
	if !s.plain {
		block = append(s.head, block...)
		format, sure := source.Compressed(block)
		if !sure {
			s.head = block
			return
		}
		if format != "" {
			s.found, s.decided = format+" data", true
			return
		}
		s.plain, s.head = true, nil
	}
	for _, c := range block {
		if strings.IndexByte(" \t\r\n\x00\xef\xbb\xbf", c) >= 0 {
			continue // white space, NUL bytes and byte order marks may precede the first line
		}
		s.decided = true
		if c == '[' {
			s.found = "an array"
		}
		return
	}
}
