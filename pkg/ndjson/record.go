package ndjson

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"time"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Record is one good line and what the plan wanted of it. A Reader owns it: it
// and all it hands out are valid until the next call of [Reader.Next].
type Record struct {
	reader *Reader
	raw    []byte
	origin []byte // raw as it stood in an array, if line breaks were taken out
	place  place
	read   time.Duration

	values   []reading
	key      []byte
	time     stamp.Time
	when     []byte // the time's text, if it could be read
	held     []byte // buffer of when, where raw is not there
	filtered bool
	told     []*LineError // under Plan.Tell

	badKey, badTime, badValue *LineError
}

// place is where a record began in its input.
type place struct {
	file   string
	line   int64
	offset int64
	indent int64 // bytes before the record on its line
}

type reading struct {
	slot int
	num  exact.Dec
}

// Raw is the object as it came, from brace to brace. (Of a pretty-printed
// array's element, without line breaks and indentation.)
func (r *Record) Raw() []byte { return r.raw }

// Len is the number of readings present.
func (r *Record) Len() int { return len(r.values) }

// At gives reading i of Len: its slot and its number. Named readings come in
// the plan's order, under all in the record's.
func (r *Record) At(i int) (slot int, num exact.Dec) {
	v := &r.values[i]
	return v.slot, v.num
}

// Name is the name of a slot as JSON prints it, with quotes.
func (r *Record) Name(slot int) []byte { return r.reader.slotName(slot) }

// Key is the record's key: the JSON texts of its members in the plan's order,
// each followed by a 0 byte but the last; they sort as the keys do. Empty
// without Plan.Key.
func (r *Record) Key() []byte { return r.key }

// Time is the record's timestamp; zero where the plan has none.
func (r *Record) Time() stamp.Time { return r.time }

// Timed reports whether the record has a time; it does unless the plan allows
// it not to.
func (r *Record) Timed() bool { return r.when != nil }

// When is the timestamp as it came, as JSON; nil if there is none.
func (r *Record) When() []byte { return r.when }

// Place is where the record began: the input's name and the line, from 1.
func (r *Record) Place() (file string, line int64) { return r.place.file, r.place.line }

// Read is when the record's bytes were read, on the clock handed to the
// Reader; zero without one.
func (r *Record) Read() time.Duration { return r.read }

// Judge is the first fault of what the plan reads, in the order in which a
// record is judged after its key: time, then value. A filter asks once it has
// found room for the key.
func (r *Record) Judge() error {
	switch {
	case r.badTime != nil:
		return r.badTime
	case r.badValue != nil:
		return r.badValue
	}
	return nil
}

// Told are the faults that leave the record good: named values of another type
// under Plan.Tell.
func (r *Record) Told() []*LineError { return r.told }

// Fault condemns this record, for a reason that a filter found. kind is the
// same for like faults, detail may be empty.
func (r *Record) Fault(kind, detail string) *LineError {
	return r.blame(fault{kind: kind, detail: detail})
}

// TimeFault is a Fault placed at the record's timestamp.
func (r *Record) TimeFault(kind, detail string) *LineError {
	return r.blame(fault{at: r.reader.scan.spans[r.reader.timeSlot].from, kind: kind, detail: detail})
}

// Filtered reports whether a condition of the plan does not hold; nothing else
// is known of the record then.
func (r *Record) Filtered() bool { return r.filtered }

// blame places a fault of r.raw.
func (r *Record) blame(f fault) *LineError {
	raw, i := r.raw, min(f.at, len(r.raw)) // white space behind the record is none of it
	if r.origin != nil {
		raw, i = r.origin, unjoin(r.origin, i)
	}
	line, column := r.place.line, r.place.indent+int64(i)+1
	if last := bytes.LastIndexByte(raw[:i], '\n'); last >= 0 {
		line += int64(bytes.Count(raw[:i], []byte{'\n'}))
		column = int64(i - last)
	}
	text, at := excerpt(raw, i)
	return &LineError{
		File: r.place.file, Line: line, Column: column, Offset: r.place.offset,
		Reason: f.reason(), Kind: f.kind, Text: text, At: at, syntax: f.syntax,
	}
}

// fill reads what the scanner found, in the order of judging.
func (r *Record) fill() {
	rd := r.reader
	s := &rd.scan
	r.values, r.key, r.time, r.when = r.values[:0], r.key[:0], stamp.Time{}, nil
	r.badKey, r.badTime, r.badValue, r.told = nil, nil, nil, nil
	if r.filtered = !r.holds(); r.filtered {
		return
	}
	if rd.plan.Key != nil {
		r.readKey()
	}
	if rd.timeSlot >= 0 {
		r.readTime(s.spans[rd.timeSlot])
	}
	if rd.plan.All {
		for _, slot := range s.found {
			if slot == noSlot {
				continue
			}
			if d, err := exact.Parse(s.nums[slot].in(r.raw)); err == nil {
				r.values = append(r.values, reading{slot, d})
			}
		}
		return
	}
	for slot := range rd.plan.Numbers {
		r.readNumber(slot, s.spans[slot])
	}
	if rd.others == nil && len(r.values) < len(rd.plan.Numbers) {
		rd.others = append(memberNames(r.raw), "") // never nil again
	}
}

func (r *Record) readNumber(slot int, v span) {
	if v.kind != 0 {
		r.reader.met[slot] = true
	}
	switch v.kind {
	case '0':
		d, err := exact.Parse(v.in(r.raw))
		if err == nil {
			r.values = append(r.values, reading{slot, d})
			return
		}
		kind := "out of range"
		if errors.Is(err, exact.ErrFine) {
			kind = "too fine (non-zero digits below 1e-1100)"
		}
		r.odd(v, kind)
	case 0, 'n':
	default:
		r.odd(v, "not a number")
	}
}

// odd notes a named value that cannot be a reading.
func (r *Record) odd(v span, kind string) {
	e := r.blame(fault{at: v.from, kind: kind, detail: cut(v.in(r.raw))})
	switch {
	case r.reader.plan.Tell:
		r.told = append(r.told, e)
	case r.badValue == nil:
		r.badValue = e
	}
}

func (r *Record) holds() bool {
	rd := r.reader
	for i := range rd.plan.Where {
		v := rd.scan.spans[rd.whereSlot+i]
		switch v.kind {
		case '"':
			text := v.in(r.raw)
			if v.odd {
				rd.scratch = appendCanonical(rd.scratch[:0], r.inside(v))
				text = rd.scratch
			}
			if !bytes.Equal(text, rd.wanted[i]) {
				return false
			}
		case 0, '{', '[':
			return false
		default:
			if string(v.in(r.raw)) != rd.plan.Where[i].Value {
				return false
			}
		}
	}
	return true
}

// inside is a string's text between its quotes.
func (r *Record) inside(v span) []byte { return r.raw[v.from+1 : v.to-1] }

func (r *Record) readKey() {
	rd := r.reader
	for i, p := range rd.plan.Key {
		if i > 0 {
			r.key = append(r.key, 0)
		}
		switch v := rd.scan.spans[rd.keySlot+i]; {
		case v.odd && v.kind == '"':
			r.key = appendCanonical(r.key, r.inside(v))
		case v.kind == 0:
			r.key = append(r.key, "null"...)
		case v.kind == '{' || v.kind == '[':
			r.key = append(r.key, "null"...)
			if r.badKey == nil && !rd.plan.Lax {
				r.badKey = r.blame(fault{at: v.from, kind: fmt.Sprintf("the key %q is neither text, number, true, false nor null", p), detail: cut(v.in(r.raw))})
			}
		default:
			r.key = append(r.key, v.in(r.raw)...)
		}
	}
}

func (r *Record) readTime(v span) {
	rd := r.reader
	var err error
	switch v.kind {
	case '"':
		text := r.inside(v)
		if v.odd {
			rd.scratch = appendDecoded(rd.scratch[:0], text)
			text = rd.scratch
		}
		r.time, err = rd.clock.Text(text)
	case '0':
		r.time, err = rd.clock.Number(v.in(r.raw))
	case 0:
		if !rd.plan.Untimed {
			r.badTime = r.blame(r.noTime())
		}
		return
	case 'n':
		if rd.plan.Untimed {
			return
		}
		err = errors.New("not a time: null")
	default:
		err = errors.New("not a time: " + cut(v.in(r.raw)))
	}
	switch {
	case err == nil:
		r.when = v.in(r.raw)
	case !rd.plan.Loose:
		kind, detail, _ := strings.Cut(err.Error(), ": ")
		r.badTime = r.blame(fault{at: v.from, kind: kind, detail: detail})
	}
}

// noTime looks for a name that may have been meant.
func (r *Record) noTime() fault {
	want := r.reader.plan.Time
	f := fault{kind: fmt.Sprintf("no %q, which should hold the time", want)}
	if name := timeName(want[0], memberNames(r.raw)); name != "" {
		f.kind = fmt.Sprintf("no %q, which should hold the time (-t %s?)", want, cut([]byte(name)))
	}
	return f
}
