package ndjson

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"weir/pkg/suggest"
)

// DefaultMaxLine is the longest line read unless an option says otherwise.
const DefaultMaxLine = 64 << 20

// Options are a Reader's settings; the zero value is good.
type Options struct {
	MaxLine int                  // bytes of the longest line or element; 0 is DefaultMaxLine
	Clock   func() time.Duration // asked after each read of input, for Record.Read; nil: never
	Sums    bool                 // for Record.Sum
}

// Reader cuts inputs into blocks. Its memory is bounded by the longest line it
// may read and by the names it has met.
//
// Who wants one record after the other calls Next. Who has several parsers calls
// Read, then Parse, then goes through the block: one block may be read while
// others are parsed and another is gone through, each of these in the order in
// which they were read.
type Reader struct {
	plan       Plan
	opts       Options
	conditions [][]byte // canonical texts of the conditions
	labels     []Label  // of named slots
	all        *names   // under all

	// What Read works with.
	in       io.Reader
	name     string
	buf      []byte
	from     int // what is not yet in a block: buf[from:to]
	to       int
	line     int64 // of buf[from], in an array
	column   int64 // of buf[from], from 0
	offset   int64 // of buf[from]
	ended    error // what ended the input: no more is read
	step     func(*Reader, *Block) error
	first    bool          // in an array: no element has been read
	elements *Parser       // of an array
	joined   []byte        // an element without its line breaks
	spill    *bufio.Reader // of Unspill
	read     time.Duration

	// What Block.Next works with.
	lines      int64    // the line that the next block begins with
	inside     *Block   // the block that is being handed out
	consumed   int64    // where the one before it ended
	seen       []bool   // named slots: a record had something there
	firstNames []string // the names in the first record

	own    Block // what Next is in
	parser *Parser
}

const (
	bufferSize    = 64 << 10 // of what is left over
	maxIdleBuffer = 1 << 20  // a buffer that a long line has made larger than that is let go
)

// NewReader compiles a plan. It has no input yet: see [Reader.Reset].
func NewReader(plan Plan, opts Options) *Reader {
	if opts.MaxLine <= 0 {
		opts.MaxLine = DefaultMaxLine
	}
	opts.MaxLine = min(opts.MaxLine, maxLine)
	rd := &Reader{plan: plan, opts: opts, buf: make([]byte, bufferSize), seen: make([]bool, len(plan.Numbers))}
	for _, p := range plan.Numbers {
		rd.labels = append(rd.labels, NewLabel(AppendQuoted(nil, p.String())))
	}
	for _, c := range plan.Where {
		rd.conditions = append(rd.conditions, AppendQuoted(nil, c.Value))
	}
	if plan.All {
		rd.all = newNames(&plan)
	}
	rd.parser = rd.Parser()
	return rd
}

// maxLine is what a Block can hold.
const maxLine = 1 << 30

// Parser makes one more parser for the reader's blocks.
func (rd *Reader) Parser() *Parser { return newParser(rd) }

// names are those of the slots, so far.
func (rd *Reader) names() []Label {
	if rd.plan.All {
		return rd.all.list
	}
	return rd.labels
}

// Reset begins a new input; name is what errors call it. The reader keeps what
// it has learned of names, but no byte of the input before.
func (rd *Reader) Reset(in io.Reader, name string) {
	rd.in, rd.name = in, name
	rd.from, rd.to = 0, 0
	rd.line, rd.column, rd.offset = 1, 0, 0
	rd.lines, rd.consumed, rd.inside = 1, 0, nil
	rd.ended = nil
	rd.step = (*Reader).begin
	rd.own.reset(rd)
}

// Next is the next good record, or what is in its place: a [*LineError] for a
// line or element at fault, which the next call goes past; io.EOF at the end of
// the input; else the error that ended it. All complete lines read before such
// an error have been handed out; an unfinished line behind them is not.
func (rd *Reader) Next() (*Record, error) {
	for {
		if r, bad, ok := rd.own.Next(); ok {
			if bad != nil {
				return nil, bad
			}
			return r, nil
		}
		if !rd.own.More() {
			if err := rd.Read(&rd.own); err != nil {
				return nil, err
			}
		}
		rd.parser.Parse(&rd.own)
	}
}

// Text is that of the block that Next is in: see [Block.Text].
func (rd *Reader) Text() (text []byte, whole bool) { return rd.own.Text() }

// Read fills b with what is to be had at once, as much as fits, and waits only
// when there is nothing: at least a line, or an element of an array. The errors
// are those of Next; b is empty then.
func (rd *Reader) Read(b *Block) error {
	b.reset(rd)
	return rd.step(rd, b)
}

// Crowded reports whether, under Plan.MaxFields, a name was turned away.
func (rd *Reader) LimitReached() bool { return rd.plan.All && rd.all.limitReached }

// Unmet are the named numbers whose members no record had, each with the name
// that may have been meant, or "". A record that was filtered out does not count.
func (rd *Reader) Missing() (paths []Path, meant []string) {
	for slot, met := range rd.seen {
		if met {
			continue
		}
		p := rd.plan.Numbers[slot]
		name := ""
		if len(p) == 1 {
			name = suggest.Word(p[0], rd.firstNames)
		}
		paths, meant = append(paths, p), append(meant, name)
	}
	return paths, meant
}

// Consumed is the number of bytes of the input that have been handed out by
// Next, or by that of its blocks.
func (rd *Reader) Consumed() int64 {
	if rd.inside != nil {
		return rd.inside.handedOut()
	}
	return rd.consumed
}

// Unfinished is the number of bytes of the line that was cut short when the
// input ended with an error.
func (rd *Reader) Unfinished() int { return rd.to - rd.from }

// fetch reads once more, behind buf[from:to]. It makes room by moving these
// bytes, so indices into the buffer do not survive it.
func (rd *Reader) fetch() error {
	if rd.ended != nil {
		return rd.ended
	}
	if rd.from > 0 {
		copy(rd.buf, rd.buf[rd.from:rd.to])
		rd.from, rd.to = 0, rd.to-rd.from
	}
	if rd.to == len(rd.buf) {
		rd.buf = append(rd.buf, make([]byte, len(rd.buf))...)
	}
	n, err := rd.readInto(rd.buf[rd.to:])
	rd.to += n
	return err
}

// readInto reads once. Its error is that of an input that has ended.
func (rd *Reader) readInto(p []byte) (int, error) {
	for range 100 {
		n, err := rd.in.Read(p)
		rd.ended = err
		if n > 0 {
			if rd.opts.Clock != nil {
				rd.read = rd.opts.Clock()
			}
			return n, nil
		}
		if err != nil {
			return 0, err
		}
	}
	rd.ended = io.ErrNoProgress
	return 0, rd.ended
}

// pass hands out n bytes of one line.
func (rd *Reader) pass(n int) {
	rd.from += n
	rd.column += int64(n)
	rd.offset += int64(n)
}

// begin passes the byte order mark and decides between lines and an array.
func (rd *Reader) begin(b *Block) error {
	const mark = "\ufeff"
	for rd.to-rd.from < len(mark) && bytes.HasPrefix([]byte(mark), rd.buf[rd.from:rd.to]) {
		if err := rd.fetch(); err != nil {
			break
		}
	}
	if bytes.HasPrefix(rd.buf[rd.from:rd.to], []byte(mark)) {
		rd.pass(len(mark))
		rd.column = 0
	}
	for indent := 0; ; {
		for i := rd.from + indent; i < rd.to && indent <= rd.opts.MaxLine; i++ {
			switch rd.buf[i] {
			case ' ', '\t', '\r':
				indent++
			case '\n':
				rd.passLine(indent + 1)
				indent = 0
			case '[':
				if rd.opensArray(indent + 1) {
					rd.pass(indent + 1)
					rd.first = true
					return rd.switchTo(b, (*Reader).nextElement)
				}
				return rd.switchTo(b, (*Reader).nextLines)
			default:
				return rd.switchTo(b, (*Reader).nextLines)
			}
		}
		if indent > rd.opts.MaxLine || rd.fetch() != nil {
			return rd.switchTo(b, (*Reader).nextLines)
		}
	}
}

// goOn reads on in another way.
func (rd *Reader) switchTo(b *Block, step func(*Reader, *Block) error) error {
	rd.step = step
	b.reset(rd)
	b.line = rd.line
	return step(rd, b)
}

// passLine hands out n bytes up to and with a line break.
func (rd *Reader) passLine(n int) {
	rd.from += n
	rd.offset += int64(n)
	rd.line++
	rd.column = 0
}

// nextLines fills b with whole lines. What is behind them is kept for the next.
func (rd *Reader) nextLines(b *Block) error {
	n := rd.to - rd.from
	if n < blockSize && len(b.buf) > maxIdleBuffer {
		b.buf = nil // a long line has gone by
	}
	b.grow(max(blockSize, n+n/4))
	copy(b.buf, rd.buf[rd.from:rd.to])
	for from := 0; ; {
		if last := bytes.LastIndexByte(b.buf[from:n], '\n'); last >= 0 {
			rd.fill(b, from+last+1, n)
			return nil
		}
		from = n
		if n > rd.opts.MaxLine {
			return rd.dropLine(b, n)
		}
		if rd.ended == nil {
			if n+pad == len(b.buf) {
				b.grow(2 * len(b.buf))
			}
			k, err := rd.readInto(b.buf[n : len(b.buf)-pad])
			if n += k; err == nil {
				b.read = rd.read
				continue
			}
		}
		if rd.ended != io.EOF || n == 0 {
			rd.keepRest(b.buf[:n])
			return rd.ended
		}
		b.buf[n] = '\n'
		rd.fill(b, n, n)
		b.size++
		return nil
	}
}

// fill ends a block behind its first n bytes; what is behind them, up to to,
// is kept.
func (rd *Reader) fill(b *Block, n, to int) {
	b.size, b.length = n, int64(n)
	rd.keepRest(b.buf[n:to])
	rd.offset += int64(n)
	rd.column = 0
}

func (rd *Reader) keepRest(rest []byte) {
	if len(rd.buf) < len(rest) || len(rd.buf) > maxIdleBuffer && len(rest) < bufferSize {
		rd.buf = make([]byte, max(bufferSize, len(rest)+len(rest)/4))
	}
	rd.from, rd.to = 0, copy(rd.buf, rest)
}

// dropLine gives up a line of which n bytes are in b: its beginning is kept as
// Text, its rest is read and dropped.
func (rd *Reader) dropLine(b *Block, n int) error {
	b.parsed = true
	b.lines = 1
	e := b.add(entry{extra: -1, to: uint32(rd.opts.MaxLine), end: uint32(n)})
	b.extras = append(b.extras, extra{text: b.buf[:rd.opts.MaxLine], fault: rd.tooLong(b, e)})
	e.extra = 0
	rd.column += int64(n)
	rd.offset += int64(n)
	b.length = int64(n)
	rd.from, rd.to = 0, 0
	for {
		if i := bytes.IndexByte(rd.buf[rd.from:rd.to], '\n'); i >= 0 {
			rd.passLine(i + 1)
			b.length += int64(i + 1)
			return nil
		}
		b.length += int64(rd.to - rd.from)
		rd.pass(rd.to - rd.from)
		if rd.fetch() != nil {
			return nil
		}
	}
}

func (rd *Reader) tooLong(b *Block, e *entry) *LineError {
	return b.locate(e, fault{kind: fmt.Sprintf("longer than %d bytes (--max-line allows more)", rd.opts.MaxLine)})
}
