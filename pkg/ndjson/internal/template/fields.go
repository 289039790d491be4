package template

import (
	"bytes"

	"weir/pkg/batch"
	"weir/pkg/exact"
)

// fields are the names under Plan.All, as one matcher knows them. The fold assigns slots
// while parsers work, so a matcher works with the state of the names when the batch
// began: a name means the same in all of a batch.
type fields struct {
	names        *batch.Names   // Nil unless the plan reads all numbers.
	slotCount    int32          // The number of slots when the batch began: slots from slotCount on are not known yet.
	limitReached bool           // Plan.MaxFields was reached: a name without a slot never gets one.
	generation   int32          // Changes whenever slotCount or limitReached does: a prefix whose lookedUp differs must be looked up again.
	marks        []slotMark     // By slot; at least slotCount long.
	pending      map[string]int // The index of each name in Batch.Pending.
	pendingMarks []slotMark     // By index in Batch.Pending.
	pendingIn    int64          // The last record, by Seq, with a number of a pending name.
	discardedIn  int64          // The last record with a discarded reading, which dropDiscarded removes.
	discarded    int            // How many of its readings have been discarded and not removed.
}

// slotMark says where the matcher last saw a slot: in the record seq, and the reading
// is Batch.Nums[at-1]. at is 0 if the value is not a reading.
type slotMark struct {
	seq int64
	at  int
}

// begin starts a batch.
func (f *fields) begin() {
	if f.names == nil {
		return
	}
	f.slotCount, f.limitReached = f.names.State()
	f.generation = f.slotCount
	if f.limitReached {
		f.generation++ // slotCount no longer changes then, so this is a new number
	}
	clear(f.pending)
	f.marks = append(f.marks, make([]slotMark, max(int(f.slotCount)-len(f.marks), 0))...)
}

// matchSlot matches the value at i of a name that has a slot under Plan.All, or may
// get one, and appends its reading if it is a number. A number that is out of range
// is neither a reading nor an error there.
func (m *Matcher) matchSlot(f *prefix, i int) int {
	c := m.t.at(i)
	number := c-'0' <= 9 || c == '-'
	// The fold may have assigned a slot since the last lookup.
	if f.slot == batch.UnresolvedSlot && f.lookedUp != m.fields.generation {
		m.retryLookup(f)
	}
	var mark *slotMark
	slot := f.slot
	switch {
	case slot >= 0:
		mark = &m.fields.marks[slot]
	case slot == batch.NoSlot || !number && m.fields.pendingIn != m.Seq:
		return m.skipValue(i)
	default:
		slot, mark = m.pendingSlot(f.name)
	}
	// A value that is not a number is marked too: of a name that comes again, the last
	// value counts, whatever it is.
	if mark.seq == m.Seq {
		m.discardReading(mark)
	}
	mark.seq = m.Seq
	if !number {
		mark.at = 0
		return m.skipValue(i)
	}
	d, k := exact.Scan(m.b.Text[i : m.size+1])
	if k == 0 { // not a simple number
		end := m.skipNumber(i)
		if end == failed {
			return failed
		}
		var err error
		d, err = exact.Parse(m.b.Text[i:end])
		if err != nil {
			mark.at = 0
			return end
		}
		k = end - i
	}
	m.b.AddNum(slot, d)
	mark.at = len(m.b.Nums)
	return i + k
}

// markObject does what matchSlot does, for a name in the record whose value is an object
// that the prefix f enters.
func (m *Matcher) markObject(f *prefix) {
	if f.slot == batch.UnresolvedSlot && f.lookedUp != m.fields.generation {
		m.retryLookup(f)
	}
	var mark *slotMark
	switch {
	case f.slot >= 0:
		mark = &m.fields.marks[f.slot]
	case f.slot == batch.NoSlot || m.fields.pendingIn != m.Seq:
		return
	default:
		_, mark = m.pendingSlot(f.name)
	}
	if mark.seq == m.Seq {
		m.discardReading(mark)
	}
	mark.seq, mark.at = m.Seq, 0
}

// pendingSlot returns the provisional slot of a name that has none yet, and its mark.
// The slot is -2-i for Batch.Pending[i], and valid in this batch. Run.Fault
// replaces it when the block is consumed, in input order, which keeps the numbering of
// slots independent of how many parsers there are.
func (m *Matcher) pendingSlot(name []byte) (slot int32, mark *slotMark) {
	m.fields.pendingIn = m.Seq
	i, ok := m.fields.pending[string(name)]
	if !ok {
		i = len(m.b.Pending)
		m.b.Pending = append(m.b.Pending, bytes.Clone(name))
		m.fields.pending[string(name)] = i
		if i == len(m.fields.pendingMarks) {
			m.fields.pendingMarks = append(m.fields.pendingMarks, slotMark{})
		}
	}
	return int32(-2 - i), &m.fields.pendingMarks[i]
}

// discardReading voids the reading of a slot in the record at hand, if it has one,
// because the name comes again. dropDiscarded removes it: at the end of the record, and
// before that if more readings are discarded than kept, so that a name that comes a
// million times takes no memory.
func (m *Matcher) discardReading(mark *slotMark) {
	if mark.at == 0 {
		return
	}
	f := &m.fields
	if f.discardedIn != m.Seq {
		f.discardedIn, f.discarded = m.Seq, 0
	}
	m.b.Nums[mark.at-1].Slot = batch.NoSlot
	f.discarded++
	before := m.line.numsBefore
	if f.discarded < minDiscarded || f.discarded < (len(m.b.Nums)-before)/2 {
		return
	}
	m.dropDiscarded()
	f.discarded = 0
	for i, v := range m.b.Nums[before:] {
		if v.Slot >= 0 {
			f.marks[v.Slot].at = before + i + 1
		} else {
			f.pendingMarks[-2-v.Slot].at = before + i + 1
		}
	}
}

// minDiscarded is how many readings are discarded at least before they are removed.
const minDiscarded = 64

// dropDiscarded removes the discarded readings of the record at hand. Those that
// remain keep their order: of a name that came twice, the last one's.
func (m *Matcher) dropDiscarded() {
	b := m.b
	remaining := b.Nums[:m.line.numsBefore]
	for _, v := range b.Nums[m.line.numsBefore:] {
		if v.Slot != batch.NoSlot {
			remaining = append(remaining, v)
		}
	}
	b.Nums = remaining
}
