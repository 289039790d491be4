package ndjson

import (
	"bytes"
	"fmt"
	"hash/crc32"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/ndjson/internal/template"
	"weir/pkg/stamp"
)

// Parser validates the lines of blocks and finds what a plan reads of them. Make
// one with [Reader.Parser]. Several parsers may work on blocks of one Reader at the
// same time, each on one goroutine and on a block of its own. What a parser learns
// is its own too, and changes no result.
//
// A line goes through up to three code paths, the fastest first. Each either proves
// the line valid and finds what the plan wants, or leaves it to the next one:
//
//  1. the kernel, for many lines in one call (template.Matcher.MatchLines);
//  2. the matcher, for one line (template.Matcher.Match);
//  3. the general path, generalLine: jsonscan judges the line and says what is wrong
//     with it. If it is good, the matcher finds what the plan wants.
//
// The paths only collect: positions in members, and under Plan.All readings. Then
// judge.go judges the record from what was collected, in the order condition, key, time,
// values, so that all paths report the same error of a record that has several.
type Parser struct {
	plan       *batch.Plan
	names      *batch.Names // Under Plan.All; else nil.
	maxLine    int          // Options.MaxLine.
	conditions []condition  // Plan.Where.
	m          *template.Matcher
	clock      *stamp.Parser // Reads times.
	sums       *crc32.Table  // For Plan.Sums; nil without.
	onlyKey    bool          // There is one key, and neither conditions nor checksums.
	findsTime  bool          // The matcher is for a plan whose time field is not found yet: see Plan.FindTime.

	seen    seenMembers
	general int64 // The lines that took the general path: a counter for tests.

	b           *Block // The block at hand; nil between calls of Parse.
	at          int    // The index of the row at hand, in judge.go.
	linesBefore int64  // b.Lines when the batch began.
	scratch     []byte // A buffer: a decoded string.
}

// newParser returns a parser for a plan. names are those of its fold.
func newParser(plan *batch.Plan, names *batch.Names, maxLine int) *Parser {
	p := &Parser{plan: plan, names: names, maxLine: maxLine, clock: stamp.NewParser(plan.Format)}
	if plan.Sums {
		p.sums = crc32.MakeTable(crc32.Castagnoli) // the polynomial that has a processor instruction
	}
	p.onlyKey = len(plan.Key) == 1 && plan.Where == nil && p.sums == nil
	p.compile()
	return p
}

// compile makes the matcher of the plan, and what else depends on the time field.
func (p *Parser) compile() {
	plan := *p.plan
	if plan.TimeUnread {
		plan.Time = nil
	}
	p.m = template.New(&plan, p.names, p.clock)
	p.findsTime = plan.FindTime
	p.seen = newSeenMembers(p.m)
	p.conditions = p.conditions[:0]
	for _, c := range plan.Where {
		p.conditions = append(p.conditions, newCondition(c, p.plan.Time, p.clock))
	}
}

// Parse validates the lines of a block and finds its records and errors. It stops
// early when the batch is full; [Block.More] then reports true, and the next call
// continues after the last line and replaces the block's batch. It does nothing
// if there is no more.
func (p *Parser) Parse(b *Block) {
	if !b.More() {
		return
	}
	if p.findsTime && !p.plan.FindTime { // another parser has found it
		p.compile()
	}
	next, lines := b.next, b.Lines
	p.parse(b)
	if !p.findsTime {
		return
	}
	found := p.findTime(b)
	if found != nil {
		p.compile()
		b.next, b.Lines = next, lines
		p.parse(b)
		b.FoundTime = found
	}
}

// parse is Parse, with the time field as it is.
func (p *Parser) parse(b *Block) {
	p.begin(b)
	for b.More() && !p.batchFull() {
		if p.m.KernelReady() && p.matchLines() {
			continue
		}
		p.m.OpenLine()
		to, ok := p.m.Match(b.next)
		end := 0
		if ok {
			end, ok = p.m.LineBreak(to)
		}
		if ok && end-b.next <= p.maxLine {
			p.closeLine(to, end)
		} else {
			p.generalLine(b.next + bytes.IndexByte(b.Text[b.next:b.size], '\n'))
		}
	}
	p.end()
}

// begin starts the block's next batch.
func (p *Parser) begin(b *Block) {
	b.Clear()
	p.b, p.linesBefore = b, b.Lines
	p.m.Begin(&b.Batch, b.size)
}

// end finishes the batch, and records how many lines and bytes it accounts for.
func (p *Parser) end() {
	b := p.b
	p.m.End(b.Lines - p.linesBefore)
	b.Length = int64(b.next)
	if b.added && !b.More() {
		b.Length--
		b.Lines--
	}
	p.b = nil
}

// batchFull reports whether the batch has enough rows or errors. While no name
// has a slot, someRows are enough: until the fold has assigned slots, no line with
// a number is one for the kernel.
func (p *Parser) batchFull() bool {
	b := p.b
	return len(b.Rows) >= maxRows || b.Faults >= maxFaults || p.m.Slots() == 0 && len(b.Pending) > 0 && len(b.Rows) >= someRows
}

// The limits of a batch. They bound its memory whatever is in the block; the kernel may
// exceed maxRows by one call. An ordinary block has fewer rows than that: it would take
// lines of under 32 bytes to have more.
const (
	maxRows   = 1 << 13 // records and errors
	someRows  = 1 << 5  // the same, while no name has a slot
	maxFaults = 1 << 8  // errors; their messages are built in advance
)

// matchLines lets the kernel match lines from b.next on, and judges them. It returns
// false if the line after them is for the matcher.
func (p *Parser) matchLines() bool {
	b := p.b
	for b.More() && !p.batchFull() {
		first := len(b.Rows)
		more := p.m.MatchLines(b.next, b.Lines, p.maxLine)
		if len(b.Rows) > first {
			p.judgeRows(first)
			b.Lines += int64(len(b.Rows) - first)
			b.next = int(b.Rows[len(b.Rows)-1].End) + 1
		}
		if !more {
			return false
		}
	}
	return true
}

// closeLine makes a row of the line at hand, which has been matched: its record ends
// before to, its '\n' is at end.
func (p *Parser) closeLine(to, end int) {
	b := p.b
	r := p.row(b.next, to, end)
	from, cuts := p.m.Cuts()
	if from < cuts {
		b.NoteOf(len(b.Rows) - 1).Cuts = [2]int{from, cuts}
	}
	p.judge(r)
	b.Lines++
	b.next = end + 1
}

// row appends a row for a record or an error in [from, to), on a line whose
// '\n' is at end. All fields are set, as the memory may hold an old row.
// Why not append(b.Rows, batch.Row{...}): the struct would be built on the stack and
// copied with wide loads right after narrow stores, which stall the processor.
func (p *Parser) row(from, to, end int) *batch.Row {
	b := p.b
	n := len(b.Rows)
	if n == cap(b.Rows) {
		b.Rows = append(b.Rows, batch.Row{})
	}
	b.Rows = b.Rows[:n+1]
	r := &b.Rows[n]
	r.From, r.To, r.End = uint32(from), uint32(to), uint32(end)
	r.Line, r.Nums = uint32(b.Lines), uint32(len(b.Nums))
	r.Key, r.KeyEnd = uint32(len(b.Keys)), uint32(len(b.Keys))
	r.When, r.WhenEnd = 0, 0
	r.Note, r.Sum = -1, 0
	r.Filtered, r.Empty, r.Unordered, r.Timed = false, p.m.Empty(), false, false
	r.Time = stamp.Time{}
	return r
}

// generalLine handles the line at hand by the general path, and discards what the
// matcher had collected of it. Its '\n' is at nl. The line becomes a record or an error;
// a blank line, of white space only, leaves no row. NUL bytes and a byte order mark at its
// start are skipped.
func (p *Parser) generalLine(nl int) {
	b := p.b
	i, end := b.next, nl
	p.m.DropLine()
	defer func() {
		b.Lines++
		b.next = nl + 1
	}()
	nuls := p.skipNULs(i, end)
	i += nuls
	if end-i > p.maxLine {
		r := p.row(i, i+p.maxLine, end)
		x := b.NoteOf(len(b.Rows) - 1)
		x.NULs = uint32(nuls)
		x.Text, x.Fault = b.Text[i:i+p.maxLine], b.Locate(r, tooLong(p.maxLine))
		return
	}
	if end > i && b.Text[end-1] == '\r' {
		end--
	}
	from := i
	if bytes.HasPrefix(b.Text[from:end], []byte(mark)) {
		from += len(mark)
	}
	for from < end && (b.Text[from] == ' ' || b.Text[from] == '\t' || b.Text[from] == '\r') {
		from++
	}
	if from == end {
		return
	}
	p.general++
	to, bad := p.scan(from, end)
	r := p.row(from, to, nl)
	cutsFrom, cuts := p.m.Cuts()
	if from > b.next || bad != nil || cutsFrom < cuts {
		x := b.NoteOf(len(b.Rows) - 1)
		x.NULs, x.Indent, x.Cuts = uint32(nuls), uint32(from-i), [2]int{cutsFrom, cuts}
	}
	if bad != nil {
		b.NoteOf(len(b.Rows) - 1).Fault = b.Locate(r, *bad)
		return
	}
	p.judge(r)
}

// tooLong is the error of a line that is longer than maxLine.
func tooLong(maxLine int) jsonscan.Error {
	return jsonscan.Error{Kind: fmt.Sprintf("longer than %d bytes (--max-line allows more)", maxLine)}
}

// skipNULs returns how many NUL bytes begin the line b.Text[from:end], and records them.
func (p *Parser) skipNULs(from, end int) int {
	b := p.b
	n := 0
	for from+n < end && b.Text[from+n] == 0 {
		n++
	}
	if n > 0 {
		all := int64(n)
		if from == 0 {
			all += b.nuls // those that the Reader has discarded
		}
		b.SkipNULs(uint32(b.Lines), b.Offset+int64(from+n)-all, all)
	}
	return n
}

// scan validates the record in b.Text[from:end] and, if it is good, finds what the plan
// wants of it. It returns the index after the record, or after the text of a bad one.
func (p *Parser) scan(from, end int) (to int, bad *jsonscan.Error) {
	b := p.b
	n, bad := jsonscan.Object(b.Text[from:end])
	if bad == nil {
		to, ok := p.m.Match(from)
		if ok && to == from+n {
			return to, nil
		}
		bad = &jsonscan.Error{Kind: "this line cannot be read although it is valid (please report it, with the line)"}
	}
	return from + len(bytes.TrimRight(b.Text[from:end], " \t\r")), bad
}
