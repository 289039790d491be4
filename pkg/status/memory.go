package status

import (
	"slices"
	"sync"
)

// MemoryHistory is the number of Changes that a Memory keeps.
const MemoryHistory = 10_000

// Memory is a Store in memory. Its methods fail for the arguments that Store names,
// and for no other reason.
type Memory struct {
	rules
	*current
	onChange func(Change)

	// setting is held by Set, from the decision to the end of OnChange.
	setting sync.Mutex

	mu      sync.Mutex // for history
	history []Change   // in the order of Seq; at most 2*MemoryHistory
}

// NewMemory returns a Memory without a status.
func NewMemory(o Options) *Memory {
	return &Memory{rules: newRules(o), current: newCurrent(), onChange: o.OnChange}
}

// Durable implements Store.
func (m *Memory) Durable() bool { return false }

// Set implements Store.
func (m *Memory) Set(r Request) (Status, error) {
	m.setting.Lock()
	defer m.setting.Unlock()
	d := newDraft(m.current)
	s, err := d.set(&m.rules, r)
	if err != nil || len(d.changes) == 0 {
		return s, err
	}
	m.keep(d.changes[0])
	d.complete()
	if m.onChange != nil {
		m.onChange(d.changes[0])
	}
	return s, nil
}

// keep adds a Change to the history, and removes the oldest if there are too many:
// not one by one, so that not all are moved each time.
func (m *Memory) keep(c Change) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.history) >= 2*MemoryHistory {
		m.history = append(m.history[:0], m.history[len(m.history)-MemoryHistory+1:]...)
	}
	m.history = append(m.history, c)
}

// History implements Store.
func (m *Memory) History(q Query) ([]Change, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	selected := []Change{}
	for _, c := range slices.Backward(m.history[max(0, len(m.history)-MemoryHistory):]) {
		if q.Limit > 0 && len(selected) == q.Limit {
			break
		}
		if q.selects(c) {
			selected = append(selected, c)
		}
	}
	slices.Reverse(selected)
	return selected, nil
}

// selects reports whether q, its Limit aside, selects c.
func (q *Query) selects(c Change) bool {
	return (q.Machine == nil || *q.Machine == c.Machine) &&
		(q.From.IsZero() || !c.Time.Before(q.From)) &&
		(q.To.IsZero() || c.Time.Before(q.To)) &&
		(q.Before == 0 || c.Seq < q.Before)
}
