package ndjson

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"weir/pkg/exact"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// Parser validates the lines of blocks and finds what a plan reads of them. Make
// one with [Reader.Parser]. Several parsers may work on blocks of one Reader at the
// same time, each on one goroutine and on a block of its own. What a parser learns
// (prefixes, lengths, the hour) is its own too, and changes no result.
//
// A line goes through up to three code paths, the fastest first. Each either proves
// the line valid and finds what the plan wants, or leaves it to the next one:
//
//  1. the kernel (kernel_amd64.go), for many lines in one call;
//  2. the matcher, matchObject (match.go), for one line;
//  3. the general path, generalLine: jsonscan judges the line and says what is wrong
//     with it. If it is good, the matcher finds what the plan wants.
//
// The paths only collect: positions in members, and under Plan.All readings. Then
// fill judges the record from what was collected, in the order condition, key, time,
// values, so that all paths report the same error of a record that has several.
// (The kernel's lines are judged in that order by finishLine; it leaves any line
// with an error to the others, but for one of its time.)
//
// A record has a number, seq. Members and slots hold the number of the record in
// which they were last seen, so that none of them has to be reset for a new line: a
// member is in the record at hand if member.seq == Parser.seq. A line that a path
// gives up gets a new number, so what that path had marked is void.
type Parser struct {
	// The plan, compiled. Fixed by newParser, but for the values in members and the
	// prefixes that levels learn.

	rd      *Reader
	plan    *Plan
	clock   *stamp.Parser // Reads times; it caches the minute and the hour of the last one.
	root    *level        // What is wanted at the top of a record.
	numbers []*member     // Plan.Numbers: the member of slot i is numbers[i].
	keys    []*member     // Plan.Key, in its order.
	where   []*member     // Plan.Where, in its order.
	time    *member       // Plan.Time; nil if the plan reads no time.

	// The record at hand, and a counter for tests.

	seq     int64 // The number of the record at hand, from 1. It only grows, and skips numbers.
	general int64 // The lines that took the general path.

	// Names under Plan.All. The fold assigns slots while parsers work, so a parser
	// works with the state of Reader.all when it began the block, or the batch of it:
	// a name means the same in all of a batch.

	slotCount    int32          // The number of slots when the batch began: slots from slotCount on are not known yet.
	limitReached bool           // Plan.MaxFields was reached: a name without a slot never gets one.
	generation   int32          // Changes whenever slotCount or limitReached does: a prefix whose lookedUp differs must be looked up again.
	marks        []slotMark     // By slot; at least slotCount long.
	pending      map[string]int // The index of each name in Block.pending.
	pendingMarks []slotMark     // By index in Block.pending.
	pendingIn    int64          // The last record, by seq, with a number of a pending name.
	discardedIn  int64          // The last record with a discarded reading, which dropDiscarded removes.

	seen []bool // By slot of a named number: this parser has seen a record with the member. The first one is reported in Block.firstSeen.

	learning learning

	sums *crc32.Table // For Options.Sums; nil without.

	// The block at hand.

	b           *Block // nil between calls of Parse.
	t           text   // The bytes of b.buf.
	linesBefore int64  // b.lines when the batch began.

	// The kernel.

	kernel   *kernel   // nil where the processor or the build has no kernel.
	spans    []*member // The members that the kernel stores in kernel.span, by bit; nil at the bit of the time.
	spanBits int       // The first bit of the numbers: len(spans).
	seenMask uint64    // All bits but those of named numbers not seen yet. A line with a bit outside it ends the kernel's call, so that finishLines can report it.
	bailouts int       // How often the kernel stopped at a line that it could not finish, since the last line that it did finish.
	backoff  int       // The lines still to go to the matcher before the kernel is tried again.

	// The line at hand, in the matcher.

	valuesBefore int        // len(b.values) when the line began: where to truncate it if a path gives the line up.
	cutsBefore   int        // The same of b.cuts.
	lineEnd      int        // The index of the line's '\n', if the matcher had to look for it; before the value at hand: not known.
	when         stamp.Time // The time of record whenSeq, from matchTime.
	whenSeq      int64
	timeLen      int  // The length of the last time's text with its first quote: the prediction for the next. 0 or less: none.
	depth        int  // The nesting depth of the object that the matcher is in; 1 at the top.
	escaped      bool // A string seen since the last reset has escapes or bytes that are not ASCII. skipString sets it.
	empty        bool // The record has no members but those that Plan.Omit leaves out.

	// Buffers, valid until their next use.

	canon   []byte // The canonical name of a member: see appendCanonical.
	scratch []byte // A decoded string.
}

// slotMark says where the matcher last saw a slot: in the record seq, and the reading
// is Block.values[at-1]. at is 0 if the value is not a reading.
type slotMark struct {
	seq int64
	at  int
}

// learning decides in which batches new prefixes are learned. To learn a prefix costs
// several times as much as to parse it, which pays only if it comes again. Where names
// are always new, it never does, and the table of prefixes displaces the processor's
// caches. So a batch with more than two new prefixes a line turns learning off for one
// batch, then for 3, 7, 15 and so on, up to maxPause, for as long as the batches between
// the pauses are no better. Prefixes that are known keep their use.
type learning struct {
	off    bool  // Nothing is learned in this batch.
	pause  int   // How many batches are still to go without learning.
	length int   // The length of the last pause in batches; 0 if the last batch with learning was good.
	count  int64 // How many prefixes were learned in this batch.
}

const (
	maxPause  = 63
	freeCount = 512 // New prefixes of a batch that never count as too many: a batch of few lines may well begin a layout.
)

// begin starts a batch.
func (l *learning) begin() {
	l.count, l.off = 0, l.pause > 0
	if l.off {
		l.pause--
	}
}

// end finishes a batch of that many lines.
func (l *learning) end(lines int64) {
	switch {
	case l.off:
	case l.count > 2*lines+freeCount:
		l.length = min(2*l.length+1, maxPause)
		l.pause = l.length
	default:
		l.length = 0
	}
}

// newParser compiles the plan of rd: a tree of levels and members, in which a path
// that several parts of the plan name is one member.
func newParser(rd *Reader) *Parser {
	plan := &rd.plan
	p := &Parser{rd: rd, plan: plan, clock: stamp.NewParser(plan.Format), root: newLevel(plan.All), seen: make([]bool, len(plan.Numbers)), pending: map[string]int{}, kernel: newKernel()}
	if rd.opts.Sums {
		p.sums = crc32.MakeTable(crc32.Castagnoli) // the polynomial that has a processor instruction
	}
	for _, path := range plan.Numbers {
		m := p.root.add(path)
		m.number = true
		p.numbers = append(p.numbers, m)
	}
	for _, path := range plan.Key {
		p.keys = append(p.keys, p.root.add(path))
	}
	for _, c := range plan.Where {
		p.where = append(p.where, p.root.add(c.Path))
	}
	if plan.Time != nil {
		p.time = p.root.add(plan.Time)
	}
	if plan.Omit != "" {
		p.root.omit = &member{name: jsonscan.AppendQuoted(nil, plan.Omit)}
	}
	p.assignBits()
	return p
}

// assignBits gives an action and a bit to each member that the kernel can store: one
// that is at the top level, has no children and is used once in the plan. A member
// that fails a test keeps actNone, and the kernel leaves the lines that have it to
// the matcher.
//
// The bits, from 0: the time, if it passes; keys and conditions, up to maxSpans bits
// together with the time; then the numbers, slot i at spanBits+i, up to maxBits.
// Under Plan.All setAction gives the bits from spanBits on to slots in the same way.
func (p *Parser) assignBits() {
	uses := map[*member]int{}
	for _, m := range slices.Concat([]*member{p.time}, p.keys, p.where, p.numbers) {
		uses[m]++
	}
	set := func(m *member, a action, bit, dest int) bool {
		ok := bit < maxBits && uses[m] == 1 && m.children == nil && slices.Contains(p.root.members, m)
		if ok {
			m.action, m.bit, m.dest = a, uint8(bit), int32(dest)
		}
		return ok
	}
	if p.time != nil && set(p.time, actTime, 0, 0) {
		p.spans = append(p.spans, nil)
	}
	for _, m := range slices.Concat(p.keys, p.where) {
		if len(p.spans) < maxSpans && set(m, actSpan, len(p.spans), 0) {
			p.spans = append(p.spans, m)
		}
	}
	p.spanBits = len(p.spans)
	p.seenMask = ^uint64(0)
	for slot, m := range p.numbers {
		if set(m, actNumber, p.spanBits+slot, slot) {
			p.seenMask &^= 1 << m.bit
		}
	}
}

const (
	maxBits  = 63 // The bits of kernel.seen that fields can have. Bit 63 is shared by all slots that have none.
	maxSpans = 16 // The most bits of the time, keys and conditions: the most spans that the kernel stores of a line.
)

// Parse validates the lines of a block and finds its records and errors. It stops
// early when the batch is full; [Block.More] then reports true, and the next call
// continues after the last line and replaces the block's records. It does nothing
// if there is no more.
func (p *Parser) Parse(b *Block) {
	if !b.More() {
		return
	}
	p.begin(b)
	for b.More() && !p.batchFull() {
		if p.runKernel() {
			continue
		}
		p.openLine()
		i := p.matchObject(p.root, &p.root.start, b.next)
		end := p.lineBreak(i)
		if end != failed {
			p.closeLine(i, end)
		} else {
			p.generalLine(b.next + bytes.IndexByte(b.buf[b.next:b.size], '\n'))
		}
	}
	p.end(b)
}

// batchFull reports whether the batch has enough entries or errors. While no name
// has a slot, someEntries are enough: until the fold has assigned slots, no line with
// a number is one for the kernel.
func (p *Parser) batchFull() bool {
	b := p.b
	return len(b.entries) >= maxEntries || b.faults >= maxFaults || p.slotCount == 0 && len(b.pending) > 0 && len(b.entries) >= someEntries
}

// The limits of a batch. They bound the memory of a block whatever is in it; the kernel
// may exceed maxEntries by kernelLines-1. An ordinary block has fewer entries than
// that: it would take lines of under 32 bytes to have more.
const (
	maxEntries  = 1 << 13 // records and errors
	someEntries = 1 << 5  // the same, while no name has a slot
	maxFaults   = 1 << 8  // errors; their messages are built in advance
)

// begin starts a batch of b.
func (p *Parser) begin(b *Block) {
	b.clear()
	p.b, p.t = b, textOf(b.buf)
	p.learning.begin()
	p.linesBefore = b.lines
	if p.plan.All {
		p.slotCount, p.limitReached = p.rd.all.state()
		p.generation = p.slotCount
		if p.limitReached {
			p.generation++ // slotCount no longer changes then, so this is a new number
		}
		clear(p.pending)
		p.marks = append(p.marks, make([]slotMark, max(int(p.slotCount)-len(p.marks), 0))...)
	}
}

// end finishes a batch of b.
func (p *Parser) end(b *Block) {
	p.learning.end(b.lines - p.linesBefore)
	if !b.More() && int64(b.size) > b.length { // the last line's break was added by the Reader
		b.lines--
	}
	p.b = nil
}

// openLine begins the line at b.next.
func (p *Parser) openLine() {
	p.seq++
	p.valuesBefore, p.cutsBefore = len(p.b.values), len(p.b.cuts)
	p.lineEnd, p.depth, p.empty = 0, 1, false
}

// lineBreak returns the index of the '\n' that follows a record, at i or after white
// space at i. It returns failed if something else follows, or if i is failed.
func (p *Parser) lineBreak(i int) int {
	if i == failed {
		return failed
	}
	if p.t.at(i) != '\n' {
		i = p.skipSpace(i)
		if p.t.at(i) != '\n' {
			return failed
		}
	}
	return i
}

// closeLine makes an entry of the line at hand, which the matcher has matched: its
// record ends before to, its '\n' is at end. Lines that are too long go to generalLine,
// which makes the error.
func (p *Parser) closeLine(to, end int) {
	b := p.b
	if end-b.next > p.rd.opts.MaxLine {
		p.generalLine(end)
		return
	}
	e := p.entry(b.next, to, end)
	if p.cutsBefore < len(b.cuts) {
		p.extra(e).cuts = [2]int{p.cutsBefore, len(b.cuts)}
	}
	p.fill(e)
	b.lines++
	b.next = end + 1
}

// entry appends an entry for a record or an error in [from, to), on a line whose
// '\n' is at end. All fields are set, as the memory may hold an old entry.
// Why not append(b.entries, entry{...}): the struct would be built on the stack and
// copied with wide loads right after narrow stores, which stall the processor.
func (p *Parser) entry(from, to, end int) *entry {
	b := p.b
	n := len(b.entries)
	if n == cap(b.entries) {
		b.entries = append(b.entries, entry{})
	}
	b.entries = b.entries[:n+1]
	e := &b.entries[n]
	e.from, e.to, e.end = uint32(from), uint32(to), uint32(end)
	e.line, e.values = uint32(b.lines), uint32(len(b.values))
	e.key, e.keyEnd = uint32(len(b.keys)), uint32(len(b.keys))
	e.when, e.whenEnd = 0, 0
	e.extra, e.sum = -1, 0
	e.filtered, e.empty, e.unordered, e.timed = false, p.empty, false, false
	e.time = stamp.Time{}
	return e
}

// extra returns the rare part of an entry, and makes it if there is none.
func (p *Parser) extra(e *entry) *extra {
	b := p.b
	if e.extra < 0 {
		e.extra = int32(len(b.extras))
		b.extras = append(b.extras, extra{})
	}
	return &b.extras[e.extra]
}

// generalLine handles the line at hand by the general path, and discards what the
// matcher had collected of it. Its '\n' is at nl. The line becomes a record or an error;
// a blank line, of white space only, leaves no entry.
func (p *Parser) generalLine(nl int) {
	b := p.b
	i, end := b.next, nl
	b.values, b.cuts = b.values[:p.valuesBefore], b.cuts[:p.cutsBefore]
	defer func() {
		b.lines++
		b.next = nl + 1
	}()
	if end-i > p.rd.opts.MaxLine {
		e := p.entry(i, i+p.rd.opts.MaxLine, end)
		x := p.extra(e)
		x.text = b.buf[i : i+p.rd.opts.MaxLine]
		x.fault = p.rd.tooLong(b, e)
		return
	}
	if end > i && b.buf[end-1] == '\r' {
		end--
	}
	from := i
	for from < end && (b.buf[from] == ' ' || b.buf[from] == '\t' || b.buf[from] == '\r') {
		from++
	}
	if from == end {
		return
	}
	p.seq++ // voids the marks of the matcher
	p.general++
	to, bad := p.judge(from, end)
	e := p.entry(from, to, nl)
	if from > i || bad != nil || p.cutsBefore < len(b.cuts) {
		x := p.extra(e)
		x.indent, x.cuts = uint32(from-i), [2]int{p.cutsBefore, len(b.cuts)}
	}
	if bad != nil {
		p.extra(e).fault = b.locate(e, *bad)
		return
	}
	p.fill(e)
}

// judge validates the record in b.buf[from:end] and, if it is good, finds what the plan
// wants of it. It returns the index after the record, or after the text of a bad one.
func (p *Parser) judge(from, end int) (to int, bad *fault) {
	b := p.b
	n, bad := jsonscan.Object(b.buf[from:end])
	if bad == nil {
		to = p.matchObject(p.root, &p.root.start, from)
		if to == from+n {
			return to, nil
		}
		bad = &fault{Kind: "this line cannot be read although it is valid (please report it, with the line)"}
	}
	return from + len(bytes.TrimRight(b.buf[from:end], " \t\r")), bad
}

// fill judges a valid record in the order condition, key, time, values, and fills its
// entry. Requires that the members of the record have p.seq. Under Plan.All the
// readings are in b.values already, and have no errors.
//
// Each stage stores its own error in the entry's extra; none hides another one, as
// the consumer asks for them in order. But a record that a condition filters out is
// not judged any further, and has no readings. A named number counts as seen
// in any record that is not filtered out.
func (p *Parser) fill(e *entry) {
	b := p.b
	if p.discardedIn == p.seq {
		p.dropDiscarded()
	}
	if p.sums != nil {
		p.sum(e)
	}
	if p.where != nil && !p.matchesWhere() {
		e.filtered = true
		b.values = b.values[:p.valuesBefore]
		e.values = uint32(p.valuesBefore)
		return
	}
	if p.keys != nil {
		p.readKey(e)
	}
	if p.time != nil {
		p.readTime(e)
	}
	for slot, m := range p.numbers {
		if m.seq != p.seq {
			continue
		}
		if !p.seen[slot] {
			p.setSeen(int32(slot), len(b.entries)-1)
		}
		if m.parsed {
			b.reading(int32(slot), m.num)
		} else {
			p.readNumber(e, slot, m.span)
		}
	}
	e.values = uint32(len(b.values))
}

// sum stores the checksum of a record's bytes.
func (p *Parser) sum(e *entry) { e.sum = crc32.Checksum(p.b.buf[e.from:e.to], p.sums) }

// setSeen records that an entry is the first that this parser has seen with the
// member of a named slot. From then on the kernel does not stop for it.
func (p *Parser) setSeen(slot int32, entry int) {
	p.seen[slot] = true
	m := p.numbers[slot]
	if m.action == actNumber {
		p.seenMask |= 1 << m.bit
	}
	p.b.firstSeen = append(p.b.firstSeen, firstSeen{entry, slot})
}

// readNumber appends the reading of a named number, or stores its error. null is
// neither.
func (p *Parser) readNumber(e *entry, slot int, v span) {
	switch v.kind {
	case '0':
		d, err := exact.Parse(v.in(p.b.buf))
		if err == nil {
			p.b.reading(int32(slot), d)
			return
		}
		kind := "out of range"
		if errors.Is(err, exact.ErrFine) {
			kind = "too fine (non-zero digits below 1e-1100)"
		}
		p.valueFault(e, v, kind)
	case 'n':
	default:
		p.valueFault(e, v, "not a number")
	}
}

// faultAt makes an error of an entry's record, at the position of a value.
func (p *Parser) faultAt(e *entry, v span, kind, detail string) *LineError {
	return p.b.locate(e, fault{Offset: v.from - int(e.from), Kind: kind, Detail: detail})
}

// valueFault stores the error of a named value that cannot be a reading. Under
// Plan.ReportOnly the entry has all of these, else the first.
func (p *Parser) valueFault(e *entry, v span, kind string) {
	bad := p.faultAt(e, v, kind, jsonscan.Truncate(v.in(p.b.buf)))
	x := p.extra(e)
	switch {
	case p.plan.ReportOnly:
		x.reported = append(x.reported, bad)
	case x.bad == nil:
		x.bad = bad
	}
}

// matchesWhere reports whether the record at hand meets all conditions of the plan.
// A string is compared by its canonical text, with quotes, another scalar by its raw
// text. Objects, arrays and missing members meet no condition.
func (p *Parser) matchesWhere() bool {
	for i, m := range p.where {
		if m.seq != p.seq {
			return false
		}
		v := m.span
		switch v.kind {
		case '"':
			text := v.in(p.b.buf)
			if v.escaped {
				p.scratch = jsonscan.AppendCanonical(p.scratch[:0], v.inside(p.b.buf))
				text = p.scratch
			}
			if !bytes.Equal(text, p.rd.conditions[i]) {
				return false
			}
		case '{', '[':
			return false
		default:
			if string(v.in(p.b.buf)) != p.plan.Where[i].Value {
				return false
			}
		}
	}
	return true
}

// readKey appends the record's key to b.keys: the JSON texts of its members in the
// plan's order with a 0 byte between two, strings in canonical form. A missing
// member is null. An object or an array is null too, and an error of the key
// unless the plan ignores it.
func (p *Parser) readKey(e *entry) {
	b := p.b
	for i, m := range p.keys {
		if i > 0 {
			b.keys = append(b.keys, 0)
		}
		v := m.span
		switch {
		case m.seq != p.seq:
			b.keys = append(b.keys, "null"...)
		case v.escaped && v.kind == '"':
			b.keys = jsonscan.AppendCanonical(b.keys, v.inside(b.buf))
		case v.kind == '{' || v.kind == '[':
			b.keys = append(b.keys, "null"...)
			x := p.extra(e)
			if x.badKey == nil && !p.plan.IgnoreBadKey {
				x.badKey = p.faultAt(e, v, fmt.Sprintf("the key %q is neither text, number, true, false nor null", p.plan.Key[i]), jsonscan.Truncate(v.in(b.buf)))
			}
		default:
			b.keys = append(b.keys, v.in(b.buf)...)
		}
	}
	e.keyEnd = uint32(len(b.keys))
}

// readTime stores the time of the record at hand and the position of its text, or
// its error. whenEnd stays 0 for a record without a time. If matchTime has read the
// time already, whenSeq says so.
func (p *Parser) readTime(e *entry) {
	if p.time.seq != p.seq {
		if !p.plan.TimeOptional {
			p.extra(e).badTime = p.b.locate(e, p.noTime(e))
		}
		return
	}
	v := p.time.span
	if p.whenSeq == p.seq {
		e.time, e.when, e.whenEnd = p.when, uint32(v.from), uint32(v.to)
		return
	}
	var err error
	switch v.kind {
	case '"':
		text := v.inside(p.b.buf)
		if v.escaped {
			p.scratch = jsonscan.AppendDecoded(p.scratch[:0], text)
			text = p.scratch
		}
		e.time, err = p.clock.Text(text)
	case '0':
		e.time, err = p.clock.Number(v.in(p.b.buf))
	case 'n':
		if p.plan.TimeOptional {
			return
		}
		err = errors.New("not a time: null")
	default:
		err = errors.New("not a time: " + jsonscan.Truncate(v.in(p.b.buf)))
	}
	switch {
	case err == nil:
		e.when, e.whenEnd = uint32(v.from), uint32(v.to)
	case !p.plan.IgnoreBadTime:
		kind, detail, _ := strings.Cut(err.Error(), ": ")
		p.extra(e).badTime = p.faultAt(e, v, kind, detail)
	}
}

// noTime makes the error of a record that lacks the time. It names a member of the
// record that may hold it.
func (p *Parser) noTime(e *entry) fault {
	want := p.plan.Time
	f := fault{Kind: fmt.Sprintf("no %q, which should hold the time", want)}
	name := timeName(want[0], jsonscan.Names(p.b.buf[e.from:e.to]))
	if name != "" {
		f.Kind = fmt.Sprintf("no %q, which should hold the time (-t %s?)", want, jsonscan.Truncate([]byte(name)))
	}
	return f
}
