package ndjson

import (
	"bytes"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"
	"strings"

	"weir/pkg/exact"
	"weir/pkg/stamp"
)

// Parser finds in blocks what a plan reads. Several may work on blocks of one
// Reader at once, each of them for one goroutine: see [Reader.Parser].
type Parser struct {
	rd      *Reader
	plan    *Plan
	clock   *stamp.Parser
	root    *level
	numbers []*member
	keys    []*member
	where   []*member
	time    *member // nil: none

	seq          int64            // of the record at hand, from 1; it may skip some
	scanned      int64            // how many lines have gone the long way, which tests hold down
	slotCount    int32            // under all: how many slots there are in the block at hand
	limitReached bool             // and no name gets one any more
	generation   int32            // changes when given or full does
	marks        []slotMark       // by slot
	pending      map[string]int32 // names in Block.fresh
	pendingMarks []slotMark       // and of those
	seen         []bool           // named slots: a record had something there
	scan         scanner
	sums         *crc32.Table // nil: Options.Sums is not asked for

	b        *Block
	t        text
	kernel   *kernel    // nil: there is no such processor
	spans    []*member  // what walk brings to spans, by bit
	spanBits int        // how many bits are before those of slots
	seenMask uint64     // the bits of all but named numbers that have not been met
	bailouts int        // how often walk had to stop since it took a line
	backoff  int        // how many lines are not walked for that
	values   int        // how many the block had before the line at hand
	cuts     int        // the same of them
	lineEnd  int        // where the line at hand ends, if not before what is looked at
	when     stamp.Time // the time of record whenSeq
	whenSeq  int64
	timeLen  int // how long the last one's text was, its first quote included
	depth    int
	escaped  bool // since it was last cleared, a string was
	empty    bool // no member stays
	canon    []byte
	scratch  []byte
}

// mark says that a slot has been met in the record seq, and what the scanner
// has found there: its index, plus one.
type slotMark struct {
	seq int64
	at  int
}

func newParser(rd *Reader) *Parser {
	plan := &rd.plan
	p := &Parser{rd: rd, plan: plan, clock: stamp.NewParser(plan.Format), root: newLevel(plan.All), seen: make([]bool, len(plan.Numbers)), pending: map[string]int32{}, kernel: newKernel()}
	p.scan.p = p
	if rd.opts.Sums {
		p.sums = crc32.MakeTable(crc32.Castagnoli) // the polynomial that processors know
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
		p.root.omit = &member{name: AppendQuoted(nil, plan.Omit)}
	}
	p.assignBits()
	return p
}

// aim says where walk brings the members at the top, those that are one thing
// only. Each has a bit of its own, the numbers behind all others.
func (p *Parser) assignBits() {
	uses := map[*member]int{}
	for _, m := range slices.Concat([]*member{p.time}, p.keys, p.where, p.numbers) {
		uses[m]++
	}
	set := func(m *member, g action, bit, into int) bool {
		ok := bit < maxBits && uses[m] == 1 && m.children == nil && slices.Contains(p.root.members, m)
		if ok {
			m.action, m.bit, m.dest = g, uint8(bit), int32(into)
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
	maxBits  = 63 // the last one is for slots that have none
	maxSpans = 16 // of a line
)

// Parse finds the records and the faults of a block, or of what is left of it:
// when it has many entries, or faults, it stops, and the block has More. Then
// Parse goes on in place of what it found before.
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
		if end := p.lineBreak(i); end != failed {
			p.closeLine(i, end)
		} else {
			p.scanLine(b.next + bytes.IndexByte(b.buf[b.next:b.size], '\n'))
		}
	}
	p.end(b)
}

// filled reports whether the block has enough entries for now. Where no name has a
// slot yet, that is soon: every line goes the long way until they have.
func (p *Parser) batchFull() bool {
	b := p.b
	return len(b.entries) >= maxEntries || b.faults >= maxFaults || p.slotCount == 0 && len(b.pending) > 0 && len(b.entries) >= someEntries
}

// What a block holds at once, and a few more: few lines are so short, and few
// inputs so bad.
const (
	maxEntries  = 1 << 13
	someEntries = 1 << 5
	maxFaults   = 1 << 8
)

func (p *Parser) begin(b *Block) {
	b.clear()
	p.b, p.t = b, textOf(b.buf)
	if p.plan.All {
		p.slotCount, p.limitReached = p.rd.all.state()
		if p.generation = p.slotCount; p.limitReached {
			p.generation++ // for good
		}
		clear(p.pending)
		p.marks = append(p.marks, make([]slotMark, max(int(p.slotCount)-len(p.marks), 0))...)
	}
}

func (p *Parser) end(b *Block) {
	if !b.More() && int64(b.size) > b.length { // the last line had no line break
		b.lines--
	}
	p.b = nil
}

// openLine begins with the next line of the block.
func (p *Parser) openLine() {
	p.seq++
	p.values, p.cuts = len(p.b.values), len(p.b.cuts)
	p.lineEnd, p.depth, p.empty = 0, 1, false
}

// lineBreak is where the line break stands behind a record that ends at i; failed
// if there is none.
func (p *Parser) lineBreak(i int) int {
	switch {
	case i == failed:
	case p.t.at(i) == '\n':
		return i
	case p.t.at(i) == '\r' && p.t.at(i+1) == '\n':
		return i + 1
	}
	return failed
}

// closeLine makes an entry of the line that is open: its record ends at to, its
// line break stands at end.
func (p *Parser) closeLine(to, end int) {
	b := p.b
	if end-b.next > p.rd.opts.MaxLine {
		p.scanLine(end)
		return
	}
	e := p.entry(b.next, to, end)
	if p.cuts < len(b.cuts) {
		p.extra(e).cuts = [2]int{p.cuts, len(b.cuts)}
	}
	p.fill(e)
	b.lines++
	b.next = end + 1
}

// entry notes a record, or a fault, of the line that ends at end. It is filled in
// where it lies: a struct of this size that is made elsewhere and copied at once
// holds the processor up.
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

func (p *Parser) extra(e *entry) *extra {
	b := p.b
	if e.extra < 0 {
		e.extra = int32(len(b.extras))
		b.extras = append(b.extras, extra{})
	}
	return &b.extras[e.extra]
}

// line judges by the scanner the line that is open: its line break stands at nl.
// A blank one leaves no entry.
func (p *Parser) scanLine(nl int) {
	b := p.b
	i, end := b.next, nl
	b.values, b.cuts = b.values[:p.values], b.cuts[:p.cuts]
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
	p.seq++
	p.scanned++
	good := p.scan.record(b.buf[:end], from, p.root)
	to := p.scan.last + 1
	if !good {
		to = from + len(bytes.TrimRight(b.buf[from:end], " \t\r"))
	}
	e := p.entry(from, to, nl)
	if from > i || !good || p.cuts < len(b.cuts) {
		x := p.extra(e)
		x.indent, x.cuts = uint32(from-i), [2]int{p.cuts, len(b.cuts)}
	}
	if good {
		p.fill(e)
		return
	}
	p.extra(e).fault = b.locate(e, p.scan.fault)
}

// fill reads what was found of a record, in the order of judging. Under all its
// readings are there.
func (p *Parser) fill(e *entry) {
	b := p.b
	if p.sums != nil {
		p.sum(e)
	}
	if p.where != nil && !p.matchesWhere() {
		e.filtered = true
		b.values = b.values[:p.values]
		e.values = uint32(p.values)
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

func (p *Parser) sum(e *entry) { e.sum = crc32.Checksum(p.b.buf[e.from:e.to], p.sums) }

// meet notes that an entry is the first to have a named slot's member.
func (p *Parser) setSeen(slot int32, entry int) {
	p.seen[slot] = true
	if m := p.numbers[slot]; m.action == actNumber {
		p.seenMask |= 1 << m.bit
	}
	p.b.firstSeen = append(p.b.firstSeen, firstSeen{entry, slot})
}

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

// at places a fault of the entry at a value.
func (p *Parser) faultAt(e *entry, v span, kind, detail string) *LineError {
	return p.b.locate(e, fault{at: v.from - int(e.from), kind: kind, detail: detail})
}

// unlike notes a named value that cannot be a reading.
func (p *Parser) valueFault(e *entry, v span, kind string) {
	bad := p.faultAt(e, v, kind, truncate(v.in(p.b.buf)))
	switch x := p.extra(e); {
	case p.plan.ReportOnly:
		x.reported = append(x.reported, bad)
	case x.bad == nil:
		x.bad = bad
	}
}

// holds reports whether the conditions do.
func (p *Parser) matchesWhere() bool {
	for i, m := range p.where {
		if m.seq != p.seq {
			return false
		}
		switch v := m.span; v.kind {
		case '"':
			text := v.in(p.b.buf)
			if v.escaped {
				p.scratch = appendCanonical(p.scratch[:0], v.inside(p.b.buf))
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
			b.keys = appendCanonical(b.keys, v.inside(b.buf))
		case v.kind == '{' || v.kind == '[':
			b.keys = append(b.keys, "null"...)
			if x := p.extra(e); x.badKey == nil && !p.plan.IgnoreBadKey {
				x.badKey = p.faultAt(e, v, fmt.Sprintf("the key %q is neither text, number, true, false nor null", p.plan.Key[i]), truncate(v.in(b.buf)))
			}
		default:
			b.keys = append(b.keys, v.in(b.buf)...)
		}
	}
	e.keyEnd = uint32(len(b.keys))
}

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
			p.scratch = appendDecoded(p.scratch[:0], text)
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
		err = errors.New("not a time: " + truncate(v.in(p.b.buf)))
	}
	switch {
	case err == nil:
		e.when, e.whenEnd = uint32(v.from), uint32(v.to)
	case !p.plan.IgnoreBadTime:
		kind, detail, _ := strings.Cut(err.Error(), ": ")
		p.extra(e).badTime = p.faultAt(e, v, kind, detail)
	}
}

// noTime looks for a name that may have been meant.
func (p *Parser) noTime(e *entry) fault {
	want := p.plan.Time
	f := fault{kind: fmt.Sprintf("no %q, which should hold the time", want)}
	if name := timeName(want[0], memberNames(p.b.buf[e.from:e.to])); name != "" {
		f.kind = fmt.Sprintf("no %q, which should hold the time (-t %s?)", want, truncate([]byte(name)))
	}
	return f
}
