package ndjson

import (
	"bytes"
	"io"
	"time"

	"weir/pkg/batch"
)

// DefaultMaxLine is the default of Options.MaxLine, in bytes.
const DefaultMaxLine = 64 << 20

// maxLine limits Options.MaxLine. Positions in a batch are uint32, and its text may be
// twice as long as the longest line.
const maxLine = 1 << 30

// mark is the byte order mark in UTF-8. It is skipped at the start of an input and of each
// line: files that begin with one may have been concatenated.
const mark = "\ufeff"

// Options are the settings of a Reader. The zero value has the defaults.
type Options struct {
	// MaxLine is the length of the longest line or array element that is read, in
	// bytes; 0 is DefaultMaxLine, and there is an upper limit of 1 GiB. A longer
	// one is reported as an error and skipped.
	MaxLine int

	// LinesOnly says that an array is not taken apart: it is lines, which are bad. Why: it
	// could not be read on from its middle.
	LinesOnly bool

	// Clock is called after each read of input. Its result is Position.ReadAt of the
	// batches in these bytes. It may be nil.
	Clock func() time.Duration
}

// Reader divides inputs into blocks of lines. It knows neither what is read of a record
// nor what has become of it: plan and names are for its parsers.
//
// Give each goroutine a [Parser] and a [Block], and let it Read, Parse and consume its
// block; [Block] says which of these may run at the same time. [Records] does all that
// for one goroutine that wants one record after the other.
//
// A Reader is a state machine: step reads the next block, and changes when the input
// turns out to be an array, when the array ends, and so on.
type Reader struct {
	input
	plan     *batch.Plan
	names    *batch.Names // Under Plan.All; else nil.
	maxLine  int          // Options.MaxLine.
	lines    bool         // Options.LinesOnly.
	step     func(*Reader, *Block) error
	long     bool    // The last block had a long line. The next one may have one too, so it keeps its buffers.
	first    bool    // No element of the array has been read.
	elements *Parser // Parses the elements of arrays.
	joined   []byte  // A buffer: an element without its line breaks.
}

// NewReader makes a Reader for the plan of a fold. It has no input yet: call
// [Reader.Reset].
func NewReader(fold *batch.Fold, opts Options) *Reader {
	rd := &Reader{plan: fold.Plan(), names: fold.Names(), maxLine: opts.MaxLine}
	if rd.maxLine <= 0 {
		rd.maxLine = DefaultMaxLine
	}
	rd.maxLine = min(rd.maxLine, maxLine)
	rd.lines = opts.LinesOnly
	rd.clock, rd.buf = opts.Clock, make([]byte, bufferSize)
	return rd
}

// Parser returns a new parser for the Reader's blocks.
func (rd *Reader) Parser() *Parser { return newParser(rd.plan, rd.names, rd.maxLine) }

// Reset starts a new input. name is used in errors. Unread bytes of the previous input
// are discarded.
func (rd *Reader) Reset(in io.Reader, name string) {
	rd.input.reset(in, name)
	rd.step = (*Reader).begin
}

// ResetAt starts a new input, of which the first bytes up to an offset have been read before:
// in returns those after them. A line begins there.
func (rd *Reader) ResetAt(in io.Reader, name string, offset int64) {
	rd.Reset(in, name)
	if offset > 0 {
		rd.offset = offset
		rd.step = (*Reader).nextLines
	}
}

// Read fills b with whole lines, or with one array element. It returns as soon as it
// has a whole line, so that a live stream is not delayed. io.EOF is the end of
// the input. Any other error is the one with which reading the input failed: all complete
// lines before it have been returned, an incomplete last line has not. Bad lines are no
// errors, but rows of the batch; after an error b is empty.
func (rd *Reader) Read(b *Block) error {
	if !rd.long {
		b.Trim()
	}
	b.reset(&rd.input)
	err := rd.step(rd, b)
	if err == nil {
		rd.long = b.size > maxIdleBuffer
		b.findsTime = rd.plan.FindTime
	}
	return err
}

// Unfinished returns the length of the incomplete last line, in bytes, after the
// input has failed.
func (rd *Reader) Unfinished() int { return rd.to - rd.from }

// begin is the first state of an input: it skips a byte order mark and blank lines,
// and decides between lines and an array. White space before the first value is
// consumed only if that is an array; otherwise it belongs to the first line.
func (rd *Reader) begin(b *Block) error {
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
		for i := rd.from + indent; i < rd.to && indent <= rd.maxLine; i++ {
			switch rd.buf[i] {
			case ' ', '\t', '\r':
				indent++
			case '\n':
				rd.advanceLine(indent + 1)
				indent = 0
			case '[':
				if !rd.lines && rd.opensArray(indent+1) {
					rd.advance(indent + 1)
					rd.first = true
					return rd.switchTo(b, (*Reader).nextElement)
				}
				return rd.switchTo(b, (*Reader).nextLines)
			default:
				return rd.switchTo(b, (*Reader).nextLines)
			}
		}
		if indent > rd.maxLine || rd.fetch() != nil {
			return rd.switchTo(b, (*Reader).nextLines)
		}
	}
}

// switchTo changes the state and reads b in the new one, from the current position.
func (rd *Reader) switchTo(b *Block, step func(*Reader, *Block) error) error {
	rd.step = step
	b.reset(&rd.input)
	b.Line = rd.line
	return step(rd, b)
}

// nextLines is the state in which input is lines. It fills b with whole lines; the
// beginning of the next line, if it was read with them, stays in rd.buf.
//
// The input is read directly into b.Text, so most bytes are never copied. It waits for
// input only until it has one line break. It reads at most maxRead bytes at once, so
// that little of the next line comes with the end of a long one.
func (rd *Reader) nextLines(b *Block) error {
	n := rd.to - rd.from
	b.grow(max(blockSize, n+n/4))
	copy(b.Text, rd.buf[rd.from:rd.to])
	for from := 0; ; {
		if bytes.IndexByte(b.Text[from:n], '\n') >= 0 { // most of a long line has none, and LastIndexByte is slow
			rd.fill(b, from+bytes.LastIndexByte(b.Text[from:n], '\n')+1, n)
			return nil
		}
		n = rd.discardNULs(b, n, 1)
		from = n
		if n > rd.maxLine && (n > rd.maxLine+1 || b.Text[0] != 0) {
			return rd.dropLine(b, rd.discardNULs(b, n, 0))
		}
		if rd.ended == nil {
			if n+pad == len(b.Text) {
				b.grow(2 * n)
			}
			k, err := rd.readInto(b.Text[n:min(n+maxRead, len(b.Text)-pad)])
			n += k
			if err == nil {
				b.ReadAt = rd.readAt
				continue
			}
		}
		if rd.ended != io.EOF || n == 0 {
			rd.keepRest(b.Text[:n])
			return rd.ended
		}
		b.Text[n] = '\n' // the last line has no line break; n <= len(b.Text)-pad
		rd.fill(b, n, n)
		b.size, b.added = n+1, true
		return nil
	}
}

// discardNULs removes the NUL bytes with which b.Text[:n] begins, the start of one line, but
// for keep of them. It returns what is left of n. Why: the hole that a truncated log has
// may be as long as the log was, and the line after it is to be read.
// Why one is kept: it brings the line to the general path of the parser, which reports them.
func (rd *Reader) discardNULs(b *Block, n, keep int) int {
	nuls := 0
	for nuls < n && b.Text[nuls] == 0 {
		nuls++
	}
	nuls -= keep
	if nuls <= 0 {
		return n
	}
	copy(b.Text, b.Text[nuls:n])
	rd.column += int64(nuls)
	rd.offset += int64(nuls)
	b.Offset, b.Column = rd.offset, rd.column
	b.nuls += int64(nuls)
	return n - nuls
}

// fill makes b.Text[:n] the block's lines and moves b.Text[n:to] back to rd.buf.
func (rd *Reader) fill(b *Block, n, to int) {
	b.size = n
	rd.keepRest(b.Text[n:to])
	rd.offset += int64(n)
	rd.column = 0
}

// dropLine rejects a line that is longer than MaxLine. Its first n bytes are in b.Text:
// MaxLine of them become the error's text. The rest of the line is read and discarded.
func (rd *Reader) dropLine(b *Block, n int) error {
	b.parsed = true
	if b.nuls > 0 {
		b.SkipNULs(0, b.Offset-b.nuls, b.nuls)
	}
	b.Lines = 1
	b.AddRow(batch.Row{To: uint32(rd.maxLine), End: uint32(n)})
	bad := b.Locate(&b.Rows[0], tooLong(rd.maxLine))
	x := b.NoteOf(0)
	x.Text, x.Fault = b.Text[:rd.maxLine], bad
	rd.column += int64(n)
	rd.offset += int64(n)
	b.Length = int64(n)
	rd.from, rd.to = 0, 0
	for {
		i := bytes.IndexByte(rd.buf[rd.from:rd.to], '\n')
		if i >= 0 {
			rd.advanceLine(i + 1)
			b.Length += int64(i + 1)
			return nil
		}
		b.Length += int64(rd.to - rd.from)
		rd.advance(rd.to - rd.from)
		err := rd.fetch()
		if err == nil {
			continue
		}
		if err != io.EOF { // the line is not complete
			b.reset(&rd.input)
			return err
		}
		return nil
	}
}
