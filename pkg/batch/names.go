package batch

import (
	"bytes"
	"sync"

	"weir/pkg/jsonscan"
)

// Names assigns slots to names under Plan.All. A [Fold] has one, which all parsers of
// its input share. Only the fold assigns slots, in the order of the input and for
// records that it did not reject, so that they do not depend on the number of workers.
// Parsers look names up at the same time.
//
// Invariants: list[slots[name]] is the label of name. Slots are 0, 1, 2 and so on; a slot
// is never taken back. limitReached never becomes false again.
type Names struct {
	mu           sync.RWMutex // Guards all below. The fold, the only writer, reads without it.
	slots        map[string]int32
	list         []Label // By slot.
	time         []byte  // The canonical name of the time, which never gets a slot; nil if Plan.Time is not one name.
	keepTime     bool    // Plan.KeepTime: time stays nil.
	max          int     // Plan.MaxFields; 0: no limit.
	bytes        int     // The length of all names that have slots; at most maxNameBytes.
	limitReached bool    // A name got no slot for that.
}

// What names have instead of a slot. From -2 down, numbers have -2-i for name i of
// Batch.Pending; UnresolvedSlot has the same value as the first of these, but comes
// from lookups only.
const (
	NoSlot         = -1 // The name is not a field of the plan: its values are skipped.
	UnresolvedSlot = -2 // The name gets a slot with its first number.
)

// maxNameBytes limits the memory of names, which Plan.MaxFields does not where they are
// long.
const maxNameBytes = 32 << 20

// newNames returns the names of a plan, none with a slot.
func newNames(plan *Plan) *Names {
	n := &Names{slots: map[string]int32{}, max: plan.MaxFields, keepTime: plan.KeepTime}
	n.SetTime(plan.Time)
	return n
}

// SetTime makes a field the time. Requires that no name has a slot yet.
func (n *Names) SetTime(p Path) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.time = nil
	if len(p) == 1 && !n.keepTime {
		n.time = jsonscan.AppendQuoted(nil, p[0])
	}
}

// State returns the number of slots that are assigned, and whether the limit was
// reached.
func (n *Names) State() (count int32, limitReached bool) {
	n.mu.RLock()
	defer n.mu.RUnlock()
	return int32(len(n.list)), n.limitReached
}

// Slot returns the slot of a canonical name, NoSlot or UnresolvedSlot.
func (n *Names) Slot(name []byte) int32 {
	n.mu.RLock()
	defer n.mu.RUnlock()
	if s, ok := n.slots[string(name)]; ok {
		return s
	}
	if n.time != nil && bytes.Equal(n.time, name) {
		return NoSlot
	}
	return UnresolvedSlot
}

// assign returns the slot of a canonical name, and assigns the next one if it has none.
// It returns NoSlot if the limit is reached. The name is copied. For the fold only.
func (n *Names) assign(name []byte) int32 {
	n.mu.Lock()
	defer n.mu.Unlock()
	if s, ok := n.slots[string(name)]; ok {
		return s
	}
	if n.max > 0 && len(n.list) >= n.max || n.bytes+len(name) > maxNameBytes {
		n.limitReached = true
		return NoSlot
	}
	n.bytes += len(name)
	s := int32(len(n.list))
	n.slots[string(name)] = s
	n.list = append(n.list, NewLabel(name))
	return s
}

// Label is a member's name with the comma before and the colon after it, ready to be
// copied before a value.
type Label struct {
	text  []byte
	short [LabelSize]byte // A copy of text if that fits: an array of fixed size is copied without a call.
}

// LabelSize is the length of the longest label with a short form, in bytes. CopyTo writes
// as many for every such label.
const LabelSize = 32

// NewLabel returns the label of a name, given as a JSON string with quotes.
func NewLabel(quoted []byte) Label {
	l := Label{text: append(append(append(make([]byte, 0, len(quoted)+2), ','), quoted...), ':')}
	if len(l.text) <= LabelSize {
		copy(l.short[:], l.text)
	}
	return l
}

// Name returns the name as a JSON string, with quotes.
func (l *Label) Name() []byte { return l.text[1 : len(l.text)-1] }

// Len returns the length of the label, in bytes.
func (l *Label) Len() int { return len(l.text) }

// PutShort copies the label to out. Requires that Len is at most LabelSize; the rest of
// out is overwritten.
func (l *Label) PutShort(out *[LabelSize]byte) { *out = l.short }

// CopyTo copies the label to out and returns its length. If it is short, it overwrites
// LabelSize bytes of out, which must be there.
func (l *Label) CopyTo(out []byte) int {
	if len(l.text) > LabelSize {
		return copy(out, l.text)
	}
	*(*[LabelSize]byte)(out) = l.short
	return len(l.text)
}
