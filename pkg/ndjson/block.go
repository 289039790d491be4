package ndjson

import (
	"weir/pkg/batch"
	"weir/pkg/ndjson/internal/template"
)

// Block is whole lines, or one element of an array, and the batch that a Parser makes of
// them. The zero Block is empty.
//
// The lines are in Text, which has these segments:
//
//	+--------------+--------------------------+-----------------------+
//	| parsed lines | lines not parsed yet  \n | pad bytes, or more    |
//	+--------------+--------------------------+-----------------------+
//	0              next                       size          len(Text)
//
// Invariants, after Read has filled the block with text:
//
//   - 0 <= next <= size <= len(Text)-pad+1.
//   - A line begins at next, unless next == size.
//   - Text[size-1] is a line break. The Reader adds one, and sets added, to an array
//     element and to a last line that has none. So code that stops at a line break needs
//     no other bounds check.
//   - The bytes from size on are arbitrary. Package template loads words and vectors
//     without knowing where the line ends, and may read less than pad/2 bytes after a
//     line's '\n', but no result depends on these.
//
// A block is read, parsed and consumed. Blocks of one Reader are read by one goroutine at
// a time, in input order; different blocks may be parsed at the same time, by different
// parsers; and they are consumed in the order in which they were read. If More reports
// true after that, the block is parsed and consumed again before the next block is
// consumed.
//
// A block for which Parallel reports false must be consumed before the next Read.
type Block struct {
	batch.Batch

	size      int   // The length of the lines in Text, line breaks included.
	next      int   // Where Parse continues.
	added     bool  // The last line break is not in the input.
	nuls      int64 // How many NUL bytes at the start of the first line the Reader has discarded. If it is not 0, one more is in Text.
	parsed    bool  // Read has parsed the block itself, or it holds no text to parse.
	findsTime bool  // Its parser may set Plan.Time, which other parsers read.
}

// pad is how many bytes follow the lines in a buffer, or one less.
const pad = template.Pad

// reset empties the block and gives it the position of its first byte. Its line is not
// numbered yet: the fold does that.
func (b *Block) reset(in *input) {
	b.Position = batch.Position{File: in.name, Offset: in.offset, Column: in.column, ReadAt: in.readAt}
	b.size, b.next, b.added, b.nuls, b.parsed = 0, 0, false, 0, false
	b.Clear()
}

// grow makes len(Text) at least n+pad and keeps what is in it.
func (b *Block) grow(n int) {
	if len(b.Text) < n+pad {
		text := make([]byte, n+pad)
		copy(text, b.Text)
		b.Text = text
	}
}

// setText makes text, with a line break appended, the only line of b.
func (b *Block) setText(text []byte) {
	b.grow(len(text) + 1)
	b.size = copy(b.Text, text) + 1
	b.Text[b.size-1] = '\n'
	b.added = true
}

// Trim gives up all that is in the block, and its memory, if its buffer has been grown for
// a long line.
func (b *Block) Trim() {
	if len(b.Text) > maxIdleBuffer {
		*b = Block{}
	}
}

// Parallel reports whether another goroutine may read the next block while this one is
// parsed and consumed. Otherwise this one must be consumed before the next Read: it is
// so small that handing it over costs more than it saves, or its buffer has been grown
// for a long line and there must not be many such buffers, or it refers to the Reader's
// buffer, or the time field is still to be found.
func (b *Block) Parallel() bool {
	return b.size >= blockSize/4 && len(b.Text) <= maxIdleBuffer && !b.parsed && !b.findsTime
}

// More reports whether lines are left that have not been parsed.
func (b *Block) More() bool { return b.next < b.size }
