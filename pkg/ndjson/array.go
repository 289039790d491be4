package ndjson

import (
	"bytes"
	"io"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
)

// An input may begin with one JSON array. Its elements are then handed out one by
// one, as if each were a line of its own; after the array, lines follow. The
// methods here are the states of Reader.step for that, and what they need.
//
// An element's end is found twice: first by counting brackets and quotes, which
// works across reads and on bad text (elementScanner), then by parsing the element
// like any line. An error of syntax means that the first answer cannot be trusted,
// so the rest of the array is rejected with it.

// opensArray reports whether the bracket at rd.buf[rd.from+n-1] opens an array. A
// log line such as "[INFO] started" is one bad line instead. So in an array, the
// bracket must be followed, on its line, by another bracket or brace, by a complete
// value, or by nothing. opensArray may read more input; it consumes none.
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
		if searched > rd.maxLine {
			return false
		}
		if rd.fetch() != nil {
			return wholeValue(rd.buf[rd.from+n : rd.to])
		}
	}
}

// wholeValue reports whether text is empty, or begins with a valid JSON value that
// is followed by a comma, a closing bracket or nothing.
func wholeValue(text []byte) bool {
	if len(text) == 0 {
		return true
	}
	end, err := jsonscan.Value(text, 1)
	if err != nil {
		return false
	}
	end = jsonscan.Space(text, end)
	return end == len(text) || text[end] == ',' || text[end] == ']'
}

// nextElement is the state before an element: after the opening bracket, where the
// array may also end, or after a comma, where it may not.
func (rd *Reader) nextElement(b *Block) error {
	c, err := rd.token()
	if err != nil {
		return rd.truncatedArray(b, err)
	}
	switch {
	case c == ']' && rd.first:
		return rd.endArray(b)
	case c == ']':
		return rd.rejectRest(b, 0, "trailing comma before ']'")
	case c == ',':
		return rd.rejectRest(b, 0, "extra comma")
	}
	rd.first = false
	return rd.scanElement(b, elementScanner{})
}

// separator is the state after an element: a comma or the closing bracket must
// follow. It does not fill b itself; the next state does.
func (rd *Reader) separator(b *Block) error {
	c, err := rd.token()
	if err != nil {
		return rd.truncatedArray(b, err)
	}
	switch c {
	case ',':
		rd.advance(1)
		rd.step = (*Reader).nextElement
	case ']':
		return rd.endArray(b)
	default:
		return rd.rejectRest(b, 0, "expected ',' or ']' after an element")
	}
	return rd.step(rd, b)
}

// endArray consumes the closing bracket and switches to lines. The first of them
// is what follows the bracket on its line.
func (rd *Reader) endArray(b *Block) error {
	rd.advance(1)
	return rd.switchTo(b, (*Reader).nextLines)
}

// token consumes white space and returns the byte after it, which it does not
// consume: that is rd.buf[rd.from]. Its errors are those of the input.
func (rd *Reader) token() (byte, error) {
	for {
		for rd.from < rd.to {
			c := rd.buf[rd.from]
			switch c {
			case '\n':
				rd.advanceLine(1)
			case ' ', '\t', '\r':
				rd.advance(1)
			default:
				return c, nil
			}
		}
		if err := rd.fetch(); err != nil {
			return 0, err
		}
	}
}

// elementScanner finds the end of an element by brackets and quotes alone. Its
// state is complete after any byte, so it can continue when more input is read.
type elementScanner struct {
	n       int  // How many bytes have been scanned.
	depth   int  // Open brackets and braces, of either kind.
	quoted  bool // Inside a string.
	escaped bool // After a backslash in a string.
}

// more scans b[e.n:], where b begins with the bytes scanned before. It reports
// whether the element ends; it is then b[:e.n]. A string, object or array ends with
// its closing byte, any other value before a comma, white space or an unmatched
// bracket. The element is empty if such a byte comes first.
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
			e.depth--
			if e.depth <= 0 {
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

// scanElement reads input until the element at rd.from is complete, and fills b
// with it. e has scanned none of it yet.
func (rd *Reader) scanElement(b *Block, e elementScanner) error {
	for !e.more(rd.buf[rd.from:rd.to]) {
		if e.n > rd.maxLine {
			return rd.longElement(b, e, false)
		}
		if err := rd.fetch(); err != nil {
			if err != io.EOF {
				return err
			}
			return rd.rejectRest(b, e.n, "the input ends inside an array element")
		}
	}
	if e.n > rd.maxLine {
		return rd.longElement(b, e, true)
	}
	if e.n == 0 {
		return rd.rejectRest(b, 0, "not a JSON value")
	}
	return rd.element(b, e.n)
}

// element fills b with the element of n bytes at rd.from, as one line, and parses
// it. Elements are parsed here and not by the caller, because the error, if there
// is one, decides whether the elements after it can be found.
//
// An element with line breaks is joined to one line: a record has none. Errors are
// located in the text as it came, so such an element is validated before.
func (rd *Reader) element(b *Block, n int) error {
	rd.startAt(b)
	text := rd.buf[rd.from : rd.from+n]
	if bytes.ContainsAny(text, "\r\n") {
		rd.joined = batch.Join(rd.joined[:0], text)
		_, err := jsonscan.Object(text)
		if err != nil {
			b.setText(text)
			return rd.rejectElement(b, b.Locate(b.AddRow(batch.Row{To: uint32(n)}), *err), n)
		}
		b.Original, text = text, rd.joined
	}
	b.setText(text)
	if rd.elements == nil {
		rd.elements = rd.Parser()
	}
	rd.elements.Parse(b)
	b.parsed = true
	if len(b.Notes) > 0 && b.Notes[0].Fault != nil && b.Notes[0].Fault.Syntax {
		return rd.rejectElement(b, b.Notes[0].Fault, n)
	}
	// Other errors are the row's: the fold reports them.
	rd.advanceText(n)
	b.Length = int64(n) // line breaks that were removed included
	rd.step = (*Reader).separator
	return nil
}

// startAt empties b and gives it the reader's position in the input.
func (rd *Reader) startAt(b *Block) {
	b.reset(&rd.input)
	b.Line = rd.line
}

// fault makes bad the only row of b, which has no lines then. text is what was
// rejected, all of it if whole is true. b.Offset must be where it began; all input
// up to rd.offset counts as handed out with it.
func (rd *Reader) fault(b *Block, bad *batch.LineError, text []byte, whole bool) error {
	b.Clear()
	b.size, b.parsed, b.Lines = 0, true, 0
	b.AddRow(batch.Row{})
	x := b.NoteOf(0)
	x.Fault, x.Text, x.Whole = bad, text, whole
	b.Length = rd.offset - b.Offset
	return nil
}

// rejectElement rejects the element of n bytes at rd.from, and the rest of the
// array as well if the error was one of syntax.
func (rd *Reader) rejectElement(b *Block, bad *batch.LineError, n int) error {
	if bad.Syntax {
		return rd.discardRest(b, bad)
	}
	rd.advanceText(n)
	rd.step = (*Reader).separator
	return rd.fault(b, bad, rd.joined, true)
}

// rejectRest reports a syntax error n bytes ahead and rejects the rest of the
// array. It first reads as much as the error shows of the text, so that messages do
// not depend on how the input was divided into reads.
func (rd *Reader) rejectRest(b *Block, n int, kind string) error {
	for rd.to-rd.from < n+batch.ContextBytes && rd.fetch() == nil {
	}
	rd.startAt(b)
	b.setText(rd.buf[rd.from:rd.to])
	return rd.discardRest(b, b.Locate(b.AddRow(batch.Row{To: uint32(rd.to - rd.from)}), jsonscan.Error{Offset: n, Kind: kind}))
}

// discardRest reads the rest of the input, up to MaxLine bytes of it, as the text
// rejected with bad. What is beyond that is discarded.
func (rd *Reader) discardRest(b *Block, bad *batch.LineError) error {
	const rest = " (the rest of the array is skipped)"
	bad.Kind += rest
	bad.Reason += rest
	for rd.to-rd.from <= rd.maxLine && rd.fetch() == nil {
	}
	n := min(rd.to-rd.from, rd.maxLine)
	text, whole := rd.buf[rd.from:rd.from+n], rd.to-rd.from <= rd.maxLine
	rd.advance(rd.to - rd.from)
	rd.step = (*Reader).discard
	return rd.fault(b, bad, text, whole)
}

// discard is the state in which all remaining input is discarded.
func (rd *Reader) discard(*Block) error {
	for rd.fetch() == nil {
		rd.advance(rd.to - rd.from)
	}
	return rd.ended
}

// truncatedArray reports an input that ends between two elements of its array. err
// is the error that ended the input; one other than io.EOF is returned.
func (rd *Reader) truncatedArray(b *Block, err error) error {
	if err != io.EOF {
		return err
	}
	rd.startAt(b)
	rd.step = (*Reader).discard
	return rd.fault(b, b.Locate(&batch.Row{Note: -1}, jsonscan.Error{Kind: "the input ends before the array is closed"}), nil, true)
}

// longElement rejects an element that is longer than MaxLine, and finds its end
// without holding it. e has scanned its first e.n bytes; ended is true if that is
// all of it.
func (rd *Reader) longElement(b *Block, e elementScanner, ended bool) error {
	rd.startAt(b)
	text := bytes.Clone(rd.buf[rd.from:min(rd.to, rd.from+rd.maxLine)])
	b.setText(text)
	bad := b.Locate(&batch.Row{To: uint32(len(text)), Note: -1}, tooLong(rd.maxLine))
	for !ended && !e.more(rd.buf[rd.from:rd.to]) {
		rd.advanceText(e.n)
		e.n = 0
		if err := rd.fetch(); err != nil {
			break
		}
	}
	rd.advanceText(e.n)
	rd.step = (*Reader).separator
	return rd.fault(b, bad, text, false)
}

// advanceText consumes n bytes that may contain line breaks.
func (rd *Reader) advanceText(n int) {
	text := rd.buf[rd.from : rd.from+n]
	last := bytes.LastIndexByte(text, '\n')
	if last >= 0 {
		rd.line += int64(bytes.Count(text, []byte{'\n'}))
		rd.column = int64(-last - 1)
	}
	rd.advance(n)
}
