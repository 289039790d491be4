package status

import (
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// current is the statuses of a Store that are complete: what All returns. All methods
// may be called by any goroutine.
//
// A mutex is enough: statuses are few and change seldom, and the stream never needs
// them.
type current struct {
	// process is the beginning of each Version. It is random, so that a Store that
	// was replaced by an older copy of itself between two processes has new Versions.
	process string

	mu       sync.Mutex
	whole    Status
	machines map[string]Status
	names    int    // bytes of the keys of machines
	seq      uint64 // of the newest Change

	// snapshot is what All returns. It is nil from a change to the next All. Invariant:
	// its map is a copy, so that a later change does not touch it.
	snapshot *Snapshot
}

func newCurrent() *current {
	return &current{process: rand.Text()[:8], machines: map[string]Status{}}
}

// All implements Store. Only the first call after a change copies the statuses.
func (c *current) All() (Snapshot, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.snapshot == nil {
		c.snapshot = &Snapshot{
			Whole: c.whole, Machines: maps.Clone(c.machines), Seq: c.seq, Version: c.process + "-" + strconv.FormatUint(c.seq, 10),
		}
	}
	return *c.snapshot, nil
}

// get returns the status of a machine, or of the whole job if machine is empty.
func (c *current) get(machine string) Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	if machine == "" {
		return c.whole
	}
	return c.machines[machine]
}

// put sets statuses.
//
// Requires: seq is the largest Seq that any status has.
func (c *current) put(statuses map[string]Status, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for machine, s := range statuses {
		if machine == "" {
			c.whole = s
			continue
		}
		_, known := c.machines[machine]
		if !known {
			c.names += len(machine)
		}
		c.machines[machine] = s
	}
	c.seq = seq
	c.snapshot = nil
}

// size returns how many machines have a status, the bytes of their names, and the
// number of the newest Change.
func (c *current) size() (machines, names int, seq uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.machines), c.names, c.seq
}

// draft is changes that are not complete yet, on top of a current that does not
// change meanwhile. So several requests can be decided one after the other and be
// completed together, or not at all.
type draft struct {
	base            *current
	changes         []Change          // in the order of Seq
	statuses        map[string]Status // what they have set, by machine
	machines, names int               // as of current.size, with the changes
	seq             uint64            // of the newest Change
}

func newDraft(base *current) *draft {
	d := &draft{base: base, statuses: map[string]Status{}}
	d.machines, d.names, d.seq = base.size()
	return d
}

// set decides a request: it returns the status that is set then, and appends a
// change if that is another one than before. Its errors are those of Store.Set.
func (d *draft) set(r *rules, request Request) (Status, error) {
	machine := request.Machine
	old, ok := d.statuses[machine]
	if !ok {
		old = d.base.get(machine)
	}
	if !slices.Contains(r.words, request.Word) {
		return Status{}, ErrUnknown
	}
	err := r.check(old, request)
	if err != nil {
		return Status{}, err
	}
	if old.Word == request.Word {
		return old, nil
	}
	if machine != "" && old.Seq == 0 {
		if d.machines >= MaxMachines || d.names+len(machine) > MaxNames {
			return Status{}, ErrTooMany
		}
		d.machines++
		d.names += len(machine)
	}
	d.seq++
	s := Status{Word: request.Word, Since: request.Time.UTC().Truncate(time.Millisecond), Seq: d.seq}
	d.statuses[machine] = s
	d.changes = append(d.changes, Change{Seq: d.seq, Machine: machine, Before: old.Word, Word: s.Word, Time: s.Since})
	return s, nil
}

// complete makes the changes visible in the current.
func (d *draft) complete() { d.base.put(d.statuses, d.seq) }
