package status

import (
	"crypto/rand"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"
)

// Memory is a Store in memory. Its methods fail for the arguments that Store names,
// and for no other reason.
//
// A mutex is enough: statuses are few and change seldom, and the stream never needs
// them.
type Memory struct {
	words []string

	// process is the beginning of each Version. It is random, since the number of
	// changes starts again with each Memory.
	process string

	mu       sync.Mutex
	whole    Status
	machines map[string]Status
	names    int    // bytes of the keys of machines
	changes  uint64 // number of changes so far

	// snapshot is what All returns. It is nil from a change to the next All. Invariant:
	// its map is a copy, so that a later change does not touch it.
	snapshot *Snapshot
}

// NewMemory returns a Memory without a status, in which words can be set.
//
// Requires: no word is empty.
func NewMemory(words []string) *Memory {
	return &Memory{words: slices.Clone(words), process: rand.Text()[:8], machines: map[string]Status{}}
}

// Words implements Store.
func (m *Memory) Words() []string { return m.words }

// Set implements Store.
func (m *Memory) Set(machine, word string, now time.Time) (Status, error) {
	if !slices.Contains(m.words, word) {
		return Status{}, ErrUnknown
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	old, known := m.whole, true
	if machine != "" {
		old, known = m.machines[machine]
	}
	switch {
	case old.Word == word:
		return old, nil
	case !known && (len(m.machines) >= MaxMachines || m.names+len(machine) > MaxNames):
		return Status{}, ErrTooMany
	}
	status := Status{Word: word, Since: now.UTC().Truncate(time.Millisecond)}
	if machine == "" {
		m.whole = status
	} else {
		m.machines[machine] = status
	}
	if !known {
		m.names += len(machine)
	}
	m.changes++
	m.snapshot = nil
	return status, nil
}

// All implements Store. Only the first call after a change copies the statuses.
func (m *Memory) All() (Snapshot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.snapshot == nil {
		m.snapshot = &Snapshot{
			Whole: m.whole, Machines: maps.Clone(m.machines), Version: m.process + "-" + strconv.FormatUint(m.changes, 10),
		}
	}
	return *m.snapshot, nil
}
