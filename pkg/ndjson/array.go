package ndjson

import (
	"bytes"
	"io"
)

// opensArray tells the bracket of an array, n bytes back from what is looked
// at, from that of a word in a log ("[INFO] started"), which is one bad line: in
// an array, a bracket or a whole value comes next, or the line ends.
func (rd *Reader) opensArray(n int) bool {
	for searched := n; ; {
		line := rd.buf[rd.from:rd.to]
		for n < len(line) && (line[n] == ' ' || line[n] == '\t' || line[n] == '\r') {
			n++
		}
		if n < len(line) && bytes.IndexByte([]byte("{[]\n"), line[n]) >= 0 {
			return true
		}
		end := bytes.IndexByte(line[searched:], '\n')
		if end >= 0 {
			return wholeValue(line[n : searched+end])
		}
		searched = len(line)
		if searched > rd.opts.MaxLine {
			return false
		}
		if rd.fetch() != nil {
			return wholeValue(rd.buf[rd.from+n : rd.to])
		}
	}
}

// wholeValue reports whether text begins with a value of JSON that a comma, a
// bracket or nothing follows.
func wholeValue(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	s := scanner{b: text}
	end := s.value(0, 1, nil)
	if end == failed {
		return false
	}
	end = s.space(end)
	return end == len(text) || text[end] == ',' || text[end] == ']'
}

// element reads on inside an array: before an element, or at the array's end.
func (rd *Reader) element() (*Record, error) {
	c, err := rd.token()
	if err != nil {
		return rd.arrayCut(err)
	}
	switch {
	case c == ']' && rd.first:
		return rd.arrayEnd()
	case c == ']':
		return rd.forsake(0, "a comma before ']'")
	case c == ',':
		return rd.forsake(0, "a comma too many")
	}
	rd.first = false
	return rd.extent(extent{})
}

// separator stands behind an element.
func (rd *Reader) separator() (*Record, error) {
	c, err := rd.token()
	if err != nil {
		return rd.arrayCut(err)
	}
	switch c {
	case ',':
		rd.pass(1)
		rd.step = (*Reader).element
	case ']':
		return rd.arrayEnd()
	default:
		return rd.forsake(0, "expected ',' or ']' after an element")
	}
	return rd.step(rd)
}

// arrayEnd goes on with lines, the first being what follows on this one.
func (rd *Reader) arrayEnd() (*Record, error) {
	rd.pass(1)
	rd.step = (*Reader).nextLine
	return rd.step(rd)
}

// token is the next byte that is not white space.
func (rd *Reader) token() (byte, error) {
	for {
		for rd.from < rd.to {
			switch c := rd.buf[rd.from]; c {
			case '\n':
				rd.passLine(1)
			case ' ', '\t', '\r':
				rd.pass(1)
			default:
				return c, nil
			}
		}
		if err := rd.fetch(); err != nil {
			return 0, err
		}
	}
}

// extent finds where an element ends by its brackets and quotes alone, so that
// it can go on where the last read ended.
type extent struct {
	n       int // bytes seen
	depth   int
	quoted  bool
	escaped bool
}

// more looks at the bytes of b behind those seen; it reports whether the
// element ends at n.
func (e *extent) more(b []byte) bool {
	for ; e.n < len(b); e.n++ {
		c := b[e.n]
		switch {
		case e.escaped:
			e.escaped = false
		case e.quoted:
			e.escaped = c == '\\'
			if c != '"' {
				continue
			}
			e.quoted = false
			if e.depth == 0 {
				e.n++
				return true
			}
		case c == '"':
			e.quoted = true
		case c == '{' || c == '[':
			e.depth++
		case c == '}' || c == ']':
			if e.depth--; e.depth <= 0 {
				if e.depth == 0 {
					e.n++
				}
				return true
			}
		case e.depth == 0 && (c == ',' || c <= ' '):
			return true
		}
	}
	return false
}

func (rd *Reader) extent(e extent) (*Record, error) {
	for !e.more(rd.buf[rd.from:rd.to]) {
		if e.n > rd.opts.MaxLine {
			return rd.longElement(e, false)
		}
		if err := rd.fetch(); err != nil {
			if err != io.EOF {
				return nil, err
			}
			return rd.forsake(e.n, "the array ends inside an element")
		}
	}
	if e.n > rd.opts.MaxLine {
		return rd.longElement(e, true)
	}
	if e.n == 0 {
		return rd.forsake(0, "not a JSON value")
	}
	origin := rd.buf[rd.from : rd.from+e.n]
	text := origin
	if bytes.ContainsAny(origin, "\r\n") {
		rd.side = appendJoined(rd.side[:0], origin)
		text = rd.side
		if !rd.scan.record(origin, nil) { // a fault is placed in the text as it stands
			r := &rd.rec
			r.place, r.raw, r.origin = rd.place(), origin, nil
			bad := r.blame(rd.scan.fault)
			return rd.condemn(bad, e.n)
		}
	}
	rec, err := rd.judge(text, origin)
	if bad := asLine(err); bad != nil {
		return rd.condemn(bad, e.n)
	}
	rd.passText(e.n)
	rd.step = (*Reader).separator
	return rec, err
}

// condemn drops an element, and all that follows it if the fault was one of
// syntax.
func (rd *Reader) condemn(bad *LineError, n int) (*Record, error) {
	if bad.syntax {
		return rd.drop(bad)
	}
	rd.side = appendJoined(rd.side[:0], rd.buf[rd.from:rd.from+n])
	rd.text = rd.side
	rd.passText(n)
	rd.step = (*Reader).separator
	return nil, bad
}

// forsake condemns the rest of the array for a fault n bytes on.
func (rd *Reader) forsake(n int, kind string) (*Record, error) {
	for rd.to-rd.from < n+textAround && rd.fetch() == nil { // show the same text whatever the reads
	}
	r := &rd.rec
	r.place, r.raw, r.origin = rd.place(), rd.buf[rd.from:rd.to], nil
	return rd.drop(r.blame(fault{at: n, kind: kind}))
}

// drop reads the rest of the input as the text of one fault.
func (rd *Reader) drop(bad *LineError) (*Record, error) {
	const rest = " (the rest of the array is lost)"
	bad.Kind += rest
	bad.Reason += rest
	for rd.to-rd.from <= rd.opts.MaxLine && rd.fetch() == nil {
	}
	n := min(rd.to-rd.from, rd.opts.MaxLine)
	rd.text, rd.whole = rd.buf[rd.from:rd.from+n], rd.to-rd.from <= rd.opts.MaxLine
	rd.pass(rd.to - rd.from)
	rd.step = (*Reader).over
	return nil, bad
}

// over reads what is left of the input, if anything is, and drops it.
func (rd *Reader) over() (*Record, error) {
	for rd.fetch() == nil {
		rd.pass(rd.to - rd.from)
	}
	return nil, rd.ended
}

// arrayCut is an input that ends inside its array.
func (rd *Reader) arrayCut(err error) (*Record, error) {
	if err != io.EOF {
		return nil, err
	}
	rd.step = (*Reader).over
	r := Record{reader: rd, place: rd.place()}
	return nil, r.Fault("the array is not closed", "")
}

// longElement passes an element that is too long to hold.
func (rd *Reader) longElement(e extent, ended bool) (*Record, error) {
	p := rd.place()
	rd.text, rd.whole = bytes.Clone(rd.buf[rd.from:min(rd.to, rd.from+rd.opts.MaxLine)]), false
	for !ended && !e.more(rd.buf[rd.from:rd.to]) {
		rd.passText(e.n)
		e.n = 0
		if err := rd.fetch(); err != nil {
			break
		}
	}
	rd.passText(e.n)
	rd.step = (*Reader).separator
	return nil, rd.errorLong(p)
}

// passText hands out n bytes that may hold line breaks.
func (rd *Reader) passText(n int) {
	text := rd.buf[rd.from : rd.from+n]
	if last := bytes.LastIndexByte(text, '\n'); last >= 0 {
		rd.line += int64(bytes.Count(text, []byte{'\n'}))
		rd.column = int64(-last - 1)
	}
	rd.pass(n)
}

// appendJoined appends an element without its line breaks and the indentation
// behind them. (A good element has none inside its strings.)
func appendJoined(dst, text []byte) []byte {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c != '\n' && c != '\r' {
			dst = append(dst, c)
			continue
		}
		for i+1 < len(text) && text[i+1] <= ' ' {
			i++
		}
	}
	return dst
}

// unjoin is the index in text of what stands at index at without line breaks.
func unjoin(text []byte, at int) int {
	for i := 0; i < len(text); i++ {
		if c := text[i]; c == '\n' || c == '\r' {
			for i+1 < len(text) && text[i+1] <= ' ' {
				i++
			}
			continue
		}
		if at--; at < 0 {
			return i
		}
	}
	return len(text)
}
