package ndjson

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"time"

	"weir/pkg/jsonscan"
	"weir/pkg/suggest"
)

// DefaultMaxLine is the default of Options.MaxLine, in bytes.
const DefaultMaxLine = 64 << 20

// Options are the settings of a Reader. The zero value has the defaults.
type Options struct {
	// MaxLine is the length of the longest line or array element that is read, in
	// bytes; 0 is DefaultMaxLine, and there is an upper limit of 1 GiB. A longer
	// one is reported as an error and skipped.
	MaxLine int

	// Clock is called after each read of input. Its result is Record.ReadTime of the
	// records in these bytes. It may be nil.
	Clock func() time.Duration

	// Sums makes Record.Sum available, at the cost of computing it.
	Sums bool
}

// Reader divides inputs into blocks of lines. It keeps what it learns of names from
// input to input. Its memory is bounded by the longest line that it may read and by
// the names it has seen.
//
// There are two ways to use it. To get one record after the other, call Next. To use
// several goroutines, give each a [Parser] and a [Block], and let it Read, Parse and
// consume its block; [Block] says which of these may run at the same time. Next must
// then not be called.
//
// A Reader is a state machine: step reads the next block, and changes when the input
// turns out to be an array, when the array ends, and so on.
//
// Invariant: buf[from:to] are the bytes that have been read and are not in a block
// yet; line, column and offset are the position of buf[from].
type Reader struct {
	plan       Plan
	opts       Options
	conditions [][]byte // The values of Plan.Where in canonical spelling.
	labels     []Label  // The labels of Plan.Numbers.
	all        *names   // The slots under Plan.All; else nil.

	// The state of Read.
	in       io.Reader
	name     string // The input's name.
	buf      []byte
	from, to int
	line     int64 // From 1. Valid up to the first line and in arrays; other lines are counted when blocks are consumed.
	column   int64 // In bytes, from 0.
	offset   int64 // In bytes of the decompressed input, from 0.
	ended    error // The error that ended the input; once set, no more is read.
	step     func(*Reader, *Block) error
	first    bool          // No element of the array has been read.
	elements *Parser       // Parses the elements of arrays.
	joined   []byte        // A scratch buffer: an element without its line breaks, or the digits of a spilled number.
	spill    *bufio.Reader // The input of Unspill.
	read     time.Duration // What Clock returned last.

	// The state of Block.Next.
	lines      int64    // The number of the line with which the next block begins.
	current    *Block   // The block that is being consumed, if any.
	consumed   int64    // The offset in the input up to which blocks have been consumed.
	seen       []bool   // By slot of a named number: a record had the member.
	firstNames []string // The names in the first record in which a named number was missing: for Missing.

	// The state of Next.
	own    Block
	parser *Parser
}

const (
	bufferSize    = 64 << 10 // The smallest Reader.buf, in bytes.
	maxIdleBuffer = 1 << 20  // A larger buffer, which a long line has needed, is replaced when it has passed.
)

// NewReader makes a Reader for a plan. It has no input yet: call [Reader.Reset].
func NewReader(plan Plan, opts Options) *Reader {
	if opts.MaxLine <= 0 {
		opts.MaxLine = DefaultMaxLine
	}
	opts.MaxLine = min(opts.MaxLine, maxLine)
	rd := &Reader{plan: plan, opts: opts, buf: make([]byte, bufferSize), seen: make([]bool, len(plan.Numbers))}
	for _, p := range plan.Numbers {
		rd.labels = append(rd.labels, NewLabel(jsonscan.AppendQuoted(nil, p.String())))
	}
	for _, c := range plan.Where {
		rd.conditions = append(rd.conditions, jsonscan.AppendQuoted(nil, c.Value))
	}
	if plan.All {
		rd.all = newNames(&plan)
	}
	rd.parser = rd.Parser()
	return rd
}

// maxLine limits Options.MaxLine. Positions in a block are uint32, and its buffer may
// be twice as long as the longest line.
const maxLine = 1 << 30

// Parser returns a new parser for the Reader's blocks.
func (rd *Reader) Parser() *Parser { return newParser(rd) }

// names returns the labels of the slots assigned so far, by slot.
func (rd *Reader) names() []Label {
	if rd.plan.All {
		return rd.all.list
	}
	return rd.labels
}

// Reset starts a new input. name is used in errors. What was learned of names is
// kept; unread bytes of the previous input are discarded.
func (rd *Reader) Reset(in io.Reader, name string) {
	rd.in, rd.name = in, name
	rd.from, rd.to = 0, 0
	rd.line, rd.column, rd.offset = 1, 0, 0
	rd.lines, rd.consumed, rd.current = 1, 0, nil
	rd.ended = nil
	rd.step = (*Reader).begin
	rd.own.reset(rd)
}

// Next returns the next record. A [*LineError] is a bad line or element: the next
// call continues after it. io.EOF is the end of the input. Any other error is the one
// with which reading the input failed: all complete lines before it have been
// returned, an incomplete last line has not.
func (rd *Reader) Next() (*Record, error) {
	for {
		r, bad, ok := rd.own.Next()
		if ok {
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

// Text returns the text of the last result of Next: see [Block.Text].
func (rd *Reader) Text() (text []byte, whole bool) { return rd.own.Text() }

// Read fills b with whole lines, or with one array element. It returns as soon as it
// has a whole line, so that a live stream is not delayed. Its errors are those of
// Next, except that bad lines are entries of b; after an error b is empty.
func (rd *Reader) Read(b *Block) error {
	b.reset(rd)
	return rd.step(rd, b)
}

// LimitReached reports whether a name got no slot because of Plan.MaxFields.
func (rd *Reader) LimitReached() bool { return rd.plan.All && rd.all.limitReached }

// Missing returns the named numbers whose members no record had, each with the name
// that was probably meant, or "". Records that were filtered out do not count.
func (rd *Reader) Missing() (paths []Path, meant []string) {
	for slot, seen := range rd.seen {
		if seen {
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

// Consumed returns how many bytes of the input have been returned as records or
// errors, by Next or by the blocks' Next.
func (rd *Reader) Consumed() int64 {
	if rd.current != nil {
		return rd.current.handedOut()
	}
	return rd.consumed
}

// Unfinished returns the length of the incomplete last line, in bytes, after the
// input has failed.
func (rd *Reader) Unfinished() int { return rd.to - rd.from }

// fetch reads once and appends to buf[from:to]. It moves these bytes to make room,
// so indices into buf are not valid afterwards; offsets from rd.from are. The error is
// the one that ended the input.
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

// readInto reads once into p and returns how many bytes it got, at least one, or the
// error that ended the input. If the input returns bytes and an error, the error is
// kept for the next call, in rd.ended. An input that returns neither a hundred times
// in a row has ended with io.ErrNoProgress.
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

// advance consumes n bytes, which must not include a line break.
func (rd *Reader) advance(n int) {
	rd.from += n
	rd.column += int64(n)
	rd.offset += int64(n)
}

// begin is the first state of an input: it skips a byte order mark and blank lines,
// and decides between lines and an array. White space before the first value is
// consumed only if that is an array; otherwise it belongs to the first line.
func (rd *Reader) begin(b *Block) error {
	const mark = "\ufeff"
	for rd.to-rd.from < len(mark) && bytes.HasPrefix([]byte(mark), rd.buf[rd.from:rd.to]) {
		if err := rd.fetch(); err != nil {
			break
		}
	}
	if bytes.HasPrefix(rd.buf[rd.from:rd.to], []byte(mark)) {
		rd.advance(len(mark))
		rd.column = 0
	}
	for indent := 0; ; {
		for i := rd.from + indent; i < rd.to && indent <= rd.opts.MaxLine; i++ {
			switch rd.buf[i] {
			case ' ', '\t', '\r':
				indent++
			case '\n':
				rd.advanceLine(indent + 1)
				indent = 0
			case '[':
				if rd.opensArray(indent + 1) {
					rd.advance(indent + 1)
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

// switchTo changes the state and reads b in the new one, from the current position.
func (rd *Reader) switchTo(b *Block, step func(*Reader, *Block) error) error {
	rd.step = step
	b.reset(rd)
	b.line = rd.line
	return step(rd, b)
}

// advanceLine consumes n bytes, the last of which is a line break and the only one.
func (rd *Reader) advanceLine(n int) {
	rd.from += n
	rd.offset += int64(n)
	rd.line++
	rd.column = 0
}

// nextLines is the state in which input is lines. It fills b with whole lines; the
// beginning of the next line, if it was read with them, stays in rd.buf.
//
// The input is read directly into b.buf, so most bytes are never copied. It waits for
// input only until it has one line break.
func (rd *Reader) nextLines(b *Block) error {
	n := rd.to - rd.from
	if n < blockSize && len(b.buf) > maxIdleBuffer {
		b.buf = nil // a long line has passed
	}
	b.grow(max(blockSize, n+n/4))
	copy(b.buf, rd.buf[rd.from:rd.to])
	for from := 0; ; {
		last := bytes.LastIndexByte(b.buf[from:n], '\n')
		if last >= 0 {
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
			n += k
			if err == nil {
				b.read = rd.read
				continue
			}
		}
		if rd.ended != io.EOF || n == 0 {
			rd.keepRest(b.buf[:n])
			return rd.ended
		}
		b.buf[n] = '\n' // the last line has no line break; n <= len(b.buf)-pad
		rd.fill(b, n, n)
		b.size++
		return nil
	}
}

// fill makes b.buf[:n] the block's lines and moves b.buf[n:to] back to rd.buf.
func (rd *Reader) fill(b *Block, n, to int) {
	b.size, b.length = n, int64(n)
	rd.keepRest(b.buf[n:to])
	rd.offset += int64(n)
	rd.column = 0
}

// keepRest makes rest all that is in rd.buf.
func (rd *Reader) keepRest(rest []byte) {
	if len(rd.buf) < len(rest) || len(rd.buf) > maxIdleBuffer && len(rest) < bufferSize {
		rd.buf = make([]byte, max(bufferSize, len(rest)+len(rest)/4))
	}
	rd.from, rd.to = 0, copy(rd.buf, rest)
}

// dropLine rejects a line that is longer than MaxLine. Its first n bytes are in b.buf:
// MaxLine of them become the error's text. The rest of the line is read and discarded.
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
		i := bytes.IndexByte(rd.buf[rd.from:rd.to], '\n')
		if i >= 0 {
			rd.advanceLine(i + 1)
			b.length += int64(i + 1)
			return nil
		}
		b.length += int64(rd.to - rd.from)
		rd.advance(rd.to - rd.from)
		if rd.fetch() != nil {
			return nil
		}
	}
}

// tooLong makes the error for entry e, which is longer than MaxLine.
func (rd *Reader) tooLong(b *Block, e *entry) *LineError {
	return b.locate(e, fault{Kind: fmt.Sprintf("longer than %d bytes (--max-line allows more)", rd.opts.MaxLine)})
}
