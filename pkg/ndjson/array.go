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

// nextElement reads on inside an array: before an element, or at the array's end.
func (rd *Reader) nextElement(b *Block) error {
	c, err := rd.token()
	if err != nil {
		return rd.arrayCut(b, err)
	}
	switch {
	case c == ']' && rd.first:
		return rd.arrayEnd(b)
	case c == ']':
		return rd.rejectRest(b, 0, "a comma before ']'")
	case c == ',':
		return rd.rejectRest(b, 0, "a comma too many")
	}
	rd.first = false
	return rd.scanElement(b, elementScanner{})
}

// separator stands behind an element.
func (rd *Reader) separator(b *Block) error {
	c, err := rd.token()
	if err != nil {
		return rd.arrayCut(b, err)
	}
	switch c {
	case ',':
		rd.pass(1)
		rd.step = (*Reader).nextElement
	case ']':
		return rd.arrayEnd(b)
	default:
		return rd.rejectRest(b, 0, "expected ',' or ']' after an element")
	}
	return rd.step(rd, b)
}

// arrayEnd goes on with lines, the first being what follows on this one.
func (rd *Reader) arrayEnd(b *Block) error {
	rd.pass(1)
	return rd.switchTo(b, (*Reader).nextLines)
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
type elementScanner struct {
	n       int // bytes seen
	depth   int
	quoted  bool
	escaped bool
}

// more looks at the bytes of b behind those seen; it reports whether the
// element ends at n.
func (e *elementScanner) more(b []byte) bool {
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

func (rd *Reader) scanElement(b *Block, e elementScanner) error {
	for !e.more(rd.buf[rd.from:rd.to]) {
		if e.n > rd.opts.MaxLine {
			return rd.longElement(b, e, false)
		}
		if err := rd.fetch(); err != nil {
			if err != io.EOF {
				return err
			}
			return rd.rejectRest(b, e.n, "the array ends inside an element")
		}
	}
	if e.n > rd.opts.MaxLine {
		return rd.longElement(b, e, true)
	}
	if e.n == 0 {
		return rd.rejectRest(b, 0, "not a JSON value")
	}
	return rd.element(b, e.n)
}

// element fills b with an element of n bytes, as a line, and parses it: what is
// wrong with it says whether those behind it can be told apart.
func (rd *Reader) element(b *Block, n int) error {
	rd.startAt(b)
	text := rd.buf[rd.from : rd.from+n]
	if bytes.ContainsAny(text, "\r\n") {
		rd.joined = appendJoined(rd.joined[:0], text)
		if s := (scanner{}); !s.record(text, 0, nil) { // a fault is placed in the text as it stands
			b.setText(text)
			return rd.rejectElement(b, b.locate(b.add(entry{to: uint32(n), extra: -1}), s.fault), n)
		}
		b.origin, text = text, rd.joined
	}
	b.setText(text)
	if rd.elements == nil {
		rd.elements = rd.Parser()
	}
	rd.elements.Parse(b)
	b.parsed = true
	if x := b.Record(0).extra(); x != nil {
		if bad := x.fault; bad != nil && bad.syntax {
			return rd.rejectElement(b, bad, n)
		}
		// (Other faults, and bad keys, leave the line as it is.)
	}
	rd.passText(n)
	b.length = int64(n)
	rd.step = (*Reader).separator
	return nil
}

// here makes b begin where the reader is.
func (rd *Reader) startAt(b *Block) {
	b.reset(rd)
	b.line = rd.line
}

// put makes text the one line of the block.
func (b *Block) setText(text []byte) {
	b.grow(len(text) + 1)
	b.size = copy(b.buf, text) + 1
	b.buf[b.size-1] = '\n'
}

// fault makes bad, which stands where b began, the block's only entry.
func (rd *Reader) fault(b *Block, bad *LineError, text []byte, whole bool) error {
	b.clear()
	b.size, b.parsed, b.lines = 0, true, 0
	b.add(entry{extra: 0})
	b.extras = append(b.extras, extra{fault: bad, text: text, whole: whole})
	b.length = rd.offset - b.offset
	return nil
}

// condemn drops an element, and all that follows it if the fault was one of
// syntax.
func (rd *Reader) rejectElement(b *Block, bad *LineError, n int) error {
	if bad.syntax {
		return rd.discardRest(b, bad)
	}
	rd.passText(n)
	rd.step = (*Reader).separator
	return rd.fault(b, bad, rd.joined, true)
}

// forsake condemns the rest of the array for a fault n bytes on.
func (rd *Reader) rejectRest(b *Block, n int, kind string) error {
	for rd.to-rd.from < n+contextBytes && rd.fetch() == nil { // show the same text whatever the reads
	}
	rd.startAt(b)
	b.setText(rd.buf[rd.from:rd.to])
	return rd.discardRest(b, b.locate(b.add(entry{to: uint32(rd.to - rd.from), extra: -1}), fault{at: n, kind: kind}))
}

// drop reads the rest of the input as the text of one fault.
func (rd *Reader) discardRest(b *Block, bad *LineError) error {
	const rest = " (the rest of the array is lost)"
	bad.Kind += rest
	bad.Reason += rest
	for rd.to-rd.from <= rd.opts.MaxLine && rd.fetch() == nil {
	}
	n := min(rd.to-rd.from, rd.opts.MaxLine)
	text, whole := rd.buf[rd.from:rd.from+n], rd.to-rd.from <= rd.opts.MaxLine
	rd.pass(rd.to - rd.from)
	rd.step = (*Reader).discard
	return rd.fault(b, bad, text, whole)
}

// over reads what is left of the input, if anything is, and drops it.
func (rd *Reader) discard(*Block) error {
	for rd.fetch() == nil {
		rd.pass(rd.to - rd.from)
	}
	return rd.ended
}

// arrayCut is an input that ends inside its array.
func (rd *Reader) arrayCut(b *Block, err error) error {
	if err != io.EOF {
		return err
	}
	rd.startAt(b)
	rd.step = (*Reader).discard
	return rd.fault(b, b.locate(&entry{extra: -1}, fault{kind: "the array is not closed"}), nil, true)
}

// longElement passes an element that is too long to hold.
func (rd *Reader) longElement(b *Block, e elementScanner, ended bool) error {
	rd.startAt(b)
	text := bytes.Clone(rd.buf[rd.from:min(rd.to, rd.from+rd.opts.MaxLine)])
	b.setText(text)
	bad := rd.tooLong(b, &entry{to: uint32(len(text)), extra: -1})
	for !ended && !e.more(rd.buf[rd.from:rd.to]) {
		rd.passText(e.n)
		e.n = 0
		if err := rd.fetch(); err != nil {
			break
		}
	}
	rd.passText(e.n)
	rd.step = (*Reader).separator
	return rd.fault(b, bad, text, false)
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
