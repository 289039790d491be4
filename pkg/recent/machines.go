package recent

import (
	"bytes"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"weir/pkg/jsonscan"
)

// Limits of the machines that [Records.Machines] lists. They bound the memory that a
// stream can fill which invents a new machine for each record.
const (
	MaxMachines = 10_000  // machines that are listed at a time
	MaxNames    = 1 << 20 // bytes of their names, in total
	MaxName     = 256     // bytes of one name
)

// Machine is a machine that has records. It is named by a string, or by the JSON text of
// a number, true or false: the string "7" and the number 7 are the same machine.
type Machine struct {
	Name    string
	Records int     // how many of its records are in the view
	Last    *Record // the newest of these
}

// Machines is the machines that the records of a view have.
type Machines struct {
	View *View
	List []Machine // sorted by name

	// Unnamed is the number of records without a machine: the member is missing, null, an
	// empty string, an object or an array.
	Unnamed int

	// Unlisted is the number of records of machines that are not listed, because there
	// are more than MaxMachines or MaxNames, or because of their name: see IsName.
	Unlisted int
}

// Machines returns the machines of the current view. Of more machines than are listed,
// these are not always the newest ones; but Records and Last are right for each.
//
// It costs the writer nothing. What the records have changed since the last call is taken
// into account, so that each record is visited twice at most, however often Machines is
// called; and a logarithmic search is needed for each machine. The first call visits all
// records. Calls at the same time wait for each other.
func (rs *Records) Machines() Machines {
	x := &rs.machines
	x.mu.Lock()
	defer x.mu.Unlock()
	v := x.update(rs)
	m := Machines{View: v, List: make([]Machine, 0, len(x.byName)), Unnamed: x.count(noMachine), Unlisted: x.count(badName) + x.count(limitedName)}
	for _, id := range x.sorted() {
		m.List = append(m.List, x.entries[id].machine(v))
	}
	return m
}

// Machine returns the machine of a name, and the view that it is from. ok is false if it
// is not listed.
func (rs *Records) Machine(name string) (m Machine, v *View, ok bool) {
	x := &rs.machines
	x.mu.Lock()
	defer x.mu.Unlock()
	v = x.update(rs)
	id, ok := x.byName[name]
	if !ok {
		return Machine{}, v, false
	}
	return x.entries[id].machine(v), v, true
}

// machineIndex counts the records of each machine. It belongs to the readers: the writer
// does not know of it.
//
// Why it refers to no record: it may be as old as the last request, and would keep in
// memory what was evicted since. So it has the numbers of records, and looks them up in
// the view that it was brought up to.
//
// Invariant: the counts of a listed machine are those of all of its records. For this, no
// machine is added while records are excluded, because some of these may be its own;
// build is called now and then to list others.
type machineIndex struct {
	mu sync.Mutex

	maxMachines, maxNames int // MaxMachines and MaxNames, but in tests

	kept uint64 // View.Kept of the view that the index was brought up to
	seq  uint64 // View.Seq of it

	// ids is the machine of each record of that view, oldest first: an index of entries,
	// or one of the constants below.
	ids []int32

	entries []machineEntry
	free    []int32 // indexes of entries that are not in use
	byName  map[string]int32
	names   int // bytes of the keys of byName

	counts  [3]int  // how many of ids are -1, -2 and -3
	built   uint64  // View.Kept at the last build
	order   []int32 // the entries in use, sorted by name; nil: to be made
	decoded []byte  // scratch space for a name
}

// What a record has instead of a machine's id.
const (
	noMachine   = -1 // it names none
	badName     = -2 // its machine is never listed
	limitedName = -3 // its machine is not listed because of MaxMachines or MaxNames
)

// machineEntry is a machine in the index.
type machineEntry struct {
	name    string
	records int
	last    uint64 // number of its newest record
}

// machine returns the entry as a Machine. Requires that the index was brought up to v.
func (e *machineEntry) machine(v *View) Machine {
	return Machine{Name: e.name, Records: e.records, Last: v.record(e.last)}
}

// count returns how many records have a negative id.
func (x *machineIndex) count(id int32) int { return x.counts[-1-id] }

// update brings the index up to the current view, which it returns.
func (x *machineIndex) update(rs *Records) *View {
	v := rs.View()
	// What was evicted since is the oldest of ids, all of them at most.
	evicted := v.Kept - uint64(v.Held) - (x.kept - uint64(len(x.ids)))
	n := int(min(evicted, uint64(len(x.ids))))
	for _, id := range x.ids[:n] {
		x.remove(id)
	}
	x.ids = x.ids[n:]
	if x.byName != nil {
		x.ids = slices.Grow(x.ids, v.Held-len(x.ids))
		v.forward(x.seq, func(r *Record) bool {
			x.ids = append(x.ids, x.add(r, x.count(limitedName) == 0))
			return true
		})
	}
	if x.byName == nil || x.count(limitedName) > 0 && v.Kept-x.built > uint64(v.Held/2) {
		x.build(v)
	}
	x.kept, x.seq = v.Kept, v.seq
	return v
}

// build makes the index anew. Newer records come first, so that of too many machines
// those with the newest records are listed. A machine that a limit has kept out once is
// kept out to the end, as none is removed meanwhile.
//
// Note: update calls it when half as many records as are held have come since, so it
// costs each record two visits at most.
func (x *machineIndex) build(v *View) {
	x.entries, x.free, x.order = x.entries[:0], x.free[:0], nil
	x.byName, x.names, x.counts, x.built = map[string]int32{}, 0, [3]int{}, v.Kept
	x.ids = slices.Grow(x.ids[:0], v.Held)
	v.backward(func(r *Record) bool {
		x.ids = append(x.ids, x.add(r, true))
		return true
	})
	slices.Reverse(x.ids)
}

// add counts a record, and returns its id. With list, its machine is listed if it is not
// yet and the limits allow it.
func (x *machineIndex) add(r *Record, list bool) (id int32) {
	name, id := x.nameOf(r)
	if id < 0 {
		x.counts[-1-id]++
		return id
	}
	id, ok := x.byName[string(name)]
	if !ok {
		if !list || len(x.byName) >= x.maxMachines || x.names+len(name) > x.maxNames {
			x.counts[-1-limitedName]++
			return limitedName
		}
		id = x.newEntry(string(name))
	}
	e := &x.entries[id]
	e.records++
	e.last = max(e.last, r.Seq)
	return id
}

// newEntry lists a machine.
func (x *machineIndex) newEntry(name string) (id int32) {
	n := len(x.free)
	if n > 0 {
		id, x.free = x.free[n-1], x.free[:n-1]
	} else {
		id = int32(len(x.entries))
		x.entries = append(x.entries, machineEntry{})
	}
	x.entries[id] = machineEntry{name: name}
	x.byName[name] = id
	x.names += len(name)
	x.order = nil
	return id
}

// remove uncounts a record with that id. A machine without records is not listed.
func (x *machineIndex) remove(id int32) {
	if id < 0 {
		x.counts[-1-id]--
		return
	}
	e := &x.entries[id]
	e.records--
	if e.records > 0 {
		return
	}
	delete(x.byName, e.name)
	x.names -= len(e.name)
	*e = machineEntry{}
	x.free = append(x.free, id)
	x.order = nil
}

// sorted returns the entries in use, sorted by name.
func (x *machineIndex) sorted() []int32 {
	if x.order == nil {
		x.order = make([]int32, 0, len(x.byName))
		for _, id := range x.byName {
			x.order = append(x.order, id)
		}
		slices.SortFunc(x.order, func(a, b int32) int { return strings.Compare(x.entries[a].name, x.entries[b].name) })
	}
	return x.order
}

// nameOf returns the name of a record's machine, valid until the next call; or a negative
// id.
func (x *machineIndex) nameOf(r *Record) (name []byte, id int32) {
	name = r.machine
	if name[0] == '"' {
		name = name[1 : len(name)-1]
		if bytes.IndexByte(name, '\\') >= 0 {
			x.decoded = jsonscan.AppendDecoded(x.decoded[:0], name)
			name = x.decoded
		}
	} else if string(name) == "null" {
		name = nil
	}
	switch {
	case len(name) == 0:
		return nil, noMachine
	case !IsName(name):
		return nil, badName
	}
	return name, 0
}

// IsName reports whether a machine can have this name: it has 1 to MaxName bytes of UTF-8,
// and no control character. It has no U+FFFD either, which half of a surrogate pair, such
// as \ud800, decodes to: different names would become one.
func IsName(name []byte) bool {
	isInvalid := func(r rune) bool { return unicode.IsControl(r) || r == utf8.RuneError }
	return len(name) > 0 && len(name) <= MaxName && !bytes.ContainsFunc(name, isInvalid)
}
