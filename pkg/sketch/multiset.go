package sketch

import "weir/pkg/exact"

// Multiset is a multiset of readings that are added and removed one by one, or as whole
// sketches. The zero value is empty and ready for use. It takes about 50 bytes for each
// different number, and adding, removing and quantiles take logarithmic time. After a
// Multiset was copied, only one of the two may be used further.
//
// It keeps what is added as it is added: a truncated Sketch as the middles of its steps. As
// truncation keeps the order, the quantile of all readings truncated to the smallest
// number of bits is that of what was added, truncated last. So nothing is to be done when
// that number changes.
type Multiset struct {
	tree tree
}

// Len returns the number of readings.
func (m *Multiset) Len() int64 { return m.tree.n }

// Add adds d n times. Requires n > 0.
func (m *Multiset) Add(d exact.Dec, n int64) { m.tree.add(&entry{d, d.Float(), n}) }

// AddKept adds d once, of which that many bits are kept, as a Sketch with these Bits keeps
// it.
func (m *Multiset) AddKept(d exact.Dec, bits uint8) {
	if bits == Exact {
		m.Add(d, 1)
		return
	}
	m.tree.add(&entry{f: middle(d.Float(), bits), n: 1})
}

// Remove removes d n times. It panics if it is not there as often. Requires n > 0.
func (m *Multiset) Remove(d exact.Dec, n int64) { m.tree.remove(&entry{d, d.Float(), n}) }

// Merge adds all readings of s.
func (m *Multiset) Merge(s *Sketch) {
	for e := range s.all {
		m.tree.add(&e)
	}
}

// Subtract removes all readings of s. Requires that s was merged, and has not changed since;
// Subtract panics if it can tell.
func (m *Multiset) Subtract(s *Sketch) {
	for e := range s.all {
		m.tree.remove(&e)
	}
}

// Min returns the smallest reading. Requires that there is one, and that no truncated
// Sketch was merged.
func (m *Multiset) Min() exact.Dec {
	a, _ := m.tree.at(0)
	return a.d
}

// Max returns the largest reading. Requires what Min does.
func (m *Multiset) Max() exact.Dec {
	a, _ := m.tree.at(m.tree.n - 1)
	return a.d
}

// Quantile returns a quantile as [Sketch.Quantile] does, of readings of which that many
// bits are kept. Requires what that requires, and that bits is at most the Bits of each
// Sketch that was merged.
func (m *Multiset) Quantile(num, den int64, bits uint8, least, most exact.Dec) exact.Value {
	if m.tree.n == 0 {
		return exact.Value{}
	}
	k, rest := Rank(m.tree.n, num, den)
	a, b := m.tree.at(k)
	return between(a, b, bits, rest, den, least, most)
}
