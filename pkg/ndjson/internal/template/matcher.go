// Package template is the fast path of package ndjson, which imports it: it compares
// lines with templates learned from earlier lines, and finds in them what a plan reads.
// It accepts good lines only; what it cannot match it leaves to the caller, and says
// nothing of what is wrong. See the package comment of ndjson for the idea.
//
//   - [Matcher.Match] matches one line, in portable Go (match.go). It finds members that
//     paths lead to, and under Plan.All appends the numbers of all others.
//   - [Matcher.MatchLines] matches many lines in one call, with AVX2 (kernel_amd64.go).
//   - prefix.go, resolve.go and level.go have what is learned: prefixes, by the object
//     that they are in, and what the plan wants after each.
//
// A matcher collects: positions of values in members, numbers in the batch. The caller
// judges what was collected.
package template

import (
	"slices"

	"weir/pkg/batch"
	"weir/pkg/jsonscan"
	"weir/pkg/stamp"
)

// Matcher matches lines of one plan. It belongs to one goroutine. What it learns
// (prefixes, lengths, the hour) changes no result.
//
// A record has a number, Seq. Members and slots hold the number of the record in which
// they were last seen, so that none of them has to be reset for a new line: a member is
// in the record at hand if Member.Seq == Matcher.Seq. A line that is given up gets a new
// number, so what had been marked is void.
type Matcher struct {
	tree
	Members

	clock    *stamp.Parser // Reads times; it caches the minute and the hour of the last one.
	fields   fields
	learning learning

	parsed    parsed // The prefix that parsePrefix has parsed.
	unlearned prefix // The last prefix that was not learned. It is in no table, and has no text to compare.

	// The batch at hand.
	b    *batch.Batch
	t    text // The bytes of b.Text.
	size int  // The lines are b.Text[:size].

	Seq  int64 // The number of the record at hand, from 1. It only grows, and skips numbers.
	line line

	kernelDriver

	canon []byte // A buffer: the canonical name of a member.
}

// Members are the members at the ends of a plan's paths. A path that several parts of the
// plan name is one member.
type Members struct {
	Numbers []*Member // Plan.Numbers: the member of slot i is Numbers[i].
	Keys    []*Member // Plan.Key, in its order.
	Where   []*Member // Plan.Where, in its order.
	Time    *Member   // Plan.Time; nil if the plan reads no time.

	Elements []Element // The paths that may enter an array.
}

// Element is a path that enters an array, if the value of a member is one.
type Element struct {
	Array  *Member  // The member that may be an array.
	Rest   []string // The path from there on; the first part is an index.
	Member *Member  // The member at the end of the path.
}

// tree is the levels of a plan, and with them all that is learned.
type tree struct {
	outside *level // Outside the record: where lines begin and end.
	root    *level // The record.
	start   prefix // The prefix before a line: an empty text, of which only next, alt and what it leads to count.
	levels  uint32 // The number of levels.
}

// kernelDriver is the kernel, which bits its members have, and when it is tried.
type kernelDriver struct {
	bits    fieldBits
	kernel  *kernel // Nil where the processor or the build has no kernel.
	backoff backoff
}

// line is what Match keeps of the line at hand.
type line struct {
	numsBefore int        // len(b.Nums) when the line began: where to truncate it if the line is given up.
	cutsBefore int        // The same of b.Cuts.
	lineEnd    int        // The index of the line's '\n', if the matcher had to look for it; before the value at hand: not known.
	when       stamp.Time // The time of record whenSeq, from matchTime.
	whenSeq    int64
	depth      int  // The nesting depth of the object that the value at hand is in.
	escaped    bool // A string seen since the last reset has escapes or bytes that are not ASCII. skipString sets it.
	empty      bool // The record has no members but those that Plan.Omit leaves out.
	timeLen    int  // The length of the last time's text with its first quote: the prediction for the next. 0 or less: none.
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

// New compiles a plan. names are those of the fold, nil unless the plan reads all
// numbers. clock reads the times of the plan.
func New(plan *batch.Plan, names *batch.Names, clock *stamp.Parser) *Matcher {
	m := &Matcher{clock: clock, fields: fields{names: names, pending: map[string]int{}}}
	m.kernel = newKernel()
	m.outside = m.newLevel(nil, nil)
	m.root = m.newLevel(m.outside, nil)
	m.root.all = plan.All
	m.start.set(nil)
	m.start.connect(m.outside, m.outside)
	for _, path := range plan.Numbers {
		mem := m.addPath(path)
		mem.number = true
		m.Numbers = append(m.Numbers, mem)
	}
	for _, path := range plan.Key {
		m.Keys = append(m.Keys, m.addPath(path))
	}
	for _, c := range plan.Where {
		m.Where = append(m.Where, m.addPath(c.Path))
	}
	if plan.Time != nil {
		m.Time = m.addPath(plan.Time)
	}
	for _, name := range plan.Omit {
		m.root.omit = append(m.root.omit, &Member{name: jsonscan.AppendQuoted(nil, name)})
	}
	m.assignBits()
	return m
}

// addPath adds a path of the plan, and returns the member at its end. If a part of it may be
// the index of an element, the value before that is wanted too: it may be an array.
func (m *Matcher) addPath(path batch.Path) *Member {
	end := m.add(m.root, path)
	for k := len(path) - 1; k > 0; k-- {
		if jsonscan.IsIndex(path[k]) {
			m.Elements = append(m.Elements, Element{Array: m.add(m.root, path[:k]), Rest: path[k:], Member: end})
		}
	}
	return end
}

// EnterArrays finds the members of paths that enter an array, in the record at hand. It is
// called for each record that Match has matched; rows of MatchLines have no such array.
func (m *Matcher) EnterArrays() {
	for i := range m.Elements {
		e := &m.Elements[i]
		a := e.Array
		if a.Seq != m.Seq || a.Span.Kind != '[' || e.Member.Seq == m.Seq {
			continue
		}
		from, to, ok := jsonscan.Find(a.Span.In(m.b.Text), e.Rest)
		if ok {
			from, to = from+a.Span.From, to+a.Span.From
			e.Member.Seq, e.Member.Parsed = m.Seq, false
			e.Member.Span = Span{From: from, To: to, Kind: KindOf(m.t.at(from)), Escaped: true} // it may be
		}
	}
}

// fieldBits says which bit of kernel.seen each member has.
type fieldBits struct {
	spans   []*Member // The members that the kernel stores in kernel.span, by bit; nil at the bit of the time.
	numbers int       // The bit of slot 0.
	seen    uint64    // All bits but those of named numbers not seen yet. A line with a bit outside it ends the kernel's call, so that NewlySeen can report it.
}

const (
	maxBits    = 63 // The bits of kernel.seen that fields can have. Bit 63 is shared by all slots that have none.
	maxSpans   = 16 // The most bits of the time, keys and conditions: the most spans that the kernel stores of a line.
	maxParents = 16 // The most bits of members that paths only lead through.
)

// assignBits gives an action and a bit to each member that the kernel can handle: one
// that is used once in the plan and has no children, or that paths only lead through. A
// member that fails a test keeps actNone, and the kernel leaves the lines that have it to
// the matcher.
//
// The bits, from 0: the time, if it passes; keys and conditions, up to maxSpans bits
// together with the time; members that paths lead through, up to maxParents; then the
// numbers, slot i at bits.numbers+i, up to maxBits. Under Plan.All setAction gives these
// bits to slots in the same way.
func (m *Matcher) assignBits() {
	uses := map[*Member]int{}
	for _, mem := range slices.Concat([]*Member{m.Time}, m.Keys, m.Where, m.Numbers) {
		uses[mem]++
	}
	set := func(mem *Member, a action, bit, dest int) bool {
		ok := bit < maxBits && uses[mem] == 1 && mem.children == nil
		if ok {
			mem.action, mem.bit, mem.dest = a, uint8(bit), int32(dest)
		}
		return ok
	}
	if m.Time != nil && set(m.Time, actTime, 0, 0) {
		m.bits.spans = append(m.bits.spans, nil)
	}
	for _, mem := range slices.Concat(m.Keys, m.Where) {
		if len(m.bits.spans) < maxSpans && set(mem, actSpan, len(m.bits.spans), 0) {
			m.bits.spans = append(m.bits.spans, mem)
		}
	}
	m.bits.numbers = len(m.bits.spans)
	for _, mem := range m.root.parents(nil) {
		if m.bits.numbers < len(m.bits.spans)+maxParents {
			mem.action, mem.bit = actParent, uint8(m.bits.numbers)
			m.bits.numbers++
		}
	}
	m.bits.seen = ^uint64(0)
	for slot, mem := range m.Numbers {
		if set(mem, actNumber, m.bits.numbers+slot, slot) {
			m.bits.seen &^= 1 << mem.bit
		}
	}
}

// Seen says that the member of a named number has been seen. From then on the kernel
// does not stop for it.
func (m *Matcher) Seen(slot int) {
	mem := m.Numbers[slot]
	if mem.action == actNumber {
		m.bits.seen |= 1 << mem.bit
	}
}

// Begin starts a batch. Its lines are b.Text[:size], whose last byte is a '\n', followed
// by Pad bytes or one less.
func (m *Matcher) Begin(b *batch.Batch, size int) {
	m.b, m.t, m.size = b, textOf(b.Text), size
	m.learning.begin()
	m.fields.begin()
}

// End finishes a batch of that many lines. The matcher keeps nothing of it.
func (m *Matcher) End(lines int64) {
	m.learning.end(lines)
	m.b, m.t = nil, text{}
}

// Pad is how many bytes must follow the lines in a batch's text, or one less. It is twice
// what is needed: the matcher reads less than half of it.
const Pad = 2 * maxPrefix

// Slots returns how many slots had been assigned when the batch began.
func (m *Matcher) Slots() int { return int(m.fields.slotCount) }

// OpenLine begins a new line.
func (m *Matcher) OpenLine() {
	m.Seq++
	m.line.numsBefore, m.line.cutsBefore = len(m.b.Nums), len(m.b.Cuts)
	m.line.lineEnd, m.line.empty = 0, false
}

// DropLine discards what has been found of the line at hand.
func (m *Matcher) DropLine() {
	m.b.Nums, m.b.Cuts = m.b.Nums[:m.line.numsBefore], m.b.Cuts[:m.line.cutsBefore]
	m.Seq++ // voids marks
}

// DropNums discards the numbers of the line at hand.
func (m *Matcher) DropNums() { m.b.Nums = m.b.Nums[:m.line.numsBefore] }

// LineBreak returns the index of the '\n' that follows a record, at i or after white
// space at i. ok is false if something else follows.
func (m *Matcher) LineBreak(i int) (end int, ok bool) {
	if m.t.at(i) != '\n' {
		i = m.skipSpace(i)
	}
	return i, m.t.at(i) == '\n'
}

// Cuts returns the bounds of the line's cuts in Batch.Cuts.
func (m *Matcher) Cuts() (from, to int) { return m.line.cutsBefore, len(m.b.Cuts) }

// Empty reports whether the record has no members but those that Plan.Omit leaves out.
func (m *Matcher) Empty() bool { return m.line.empty }

// When returns the time of the record at hand, if it has been read. Otherwise the caller
// reads it from the span of Time.
func (m *Matcher) When() (t stamp.Time, ok bool) { return m.line.when, m.line.whenSeq == m.Seq }
