package winavg

import "weir/pkg/exact"

// snapshot preserves a row as it was when it became due. It is needed while rows have not
// begun: a due row is not printed then, but may yet turn out to be the first one, and
// must not have late events that are read in the meantime.
//
// Invariant: keys are in order of their text, and values[i] are the columns of keys[i].
// All are empty if there is no snapshot.
type snapshot struct {
	taken  bool
	row    int64
	keys   []*key // those that have a pane in the window of the row
	values [][]exact.Value
}

// isOf reports whether there is a snapshot of a row.
func (s *snapshot) isOf(row int64) bool { return s.taken && s.row == row }

// take preserves a row, before the first late event changes its window. It does nothing
// if that row has been preserved. Requires that rows have not begun, so that no key has
// been taken from p, and what panes.move requires.
func (s *snapshot) take(row int64, p *panes, c *columns) {
	if s.isOf(row) {
		return
	}
	p.move(p.bounds(row))
	*s = snapshot{taken: true, row: row, keys: p.arrivedInside()}
	for _, k := range s.keys {
		if c.carries {
			p.setBounds(k, row)
		}
		s.values = append(s.values, c.appendValues(nil, k))
	}
}
