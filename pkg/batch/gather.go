package batch

import (
	"slices"

	"weir/pkg/exact"
)

// gather brings the rows of each key together: it is a sort by counting, which keeps the
// order of rows within a key.
type gather struct {
	left   int     // How many of the rows have not been in a run yet: the last ones of rows.
	rows   []int32 // Grouped by key.
	starts []int32 // For each of rows, the index of its first reading.
	ends   []int32 // For each group, where it ends in rows.
	group  int     // The group of the next row.

	groups     []int32                  // The group of each row, in input order.
	table      [gatherTable]gatherEntry // The groups by id: a hash table with linear probing.
	generation uint32                   // Entries of other generations are empty.
	pause      int                      // How many ranges are not tried, after some that did not pay.
	pauses     int                      // The length of the last pause.
}

// gatherEntry says that rows with an id are in a group.
type gatherEntry struct {
	id         int32
	group      int32
	generation uint32
}

const (
	gatherBits  = 12
	gatherTable = 1 << gatherBits // At most half of it is used.
	minGathered = 4               // Gathering pays if there are that many rows for each key.
)

// gatherRows gathers the rows from row to end, all of which must be plain, and reports
// whether it did: it does not if there are few rows for each key, or if keys hardly
// alternate.
func (rs *Runs) gatherRows(row, end int) bool {
	g := &rs.gather
	n := end - row
	if n < 2*minGathered {
		return false
	}
	if g.pause > 0 {
		g.pause--
		return false
	}
	ids := rs.ids[row:end]
	most := min(n/minGathered, gatherTable/2)
	g.generation++
	g.groups, g.ends = slices.Grow(g.groups[:0], n)[:n], g.ends[:0]
	last, group, changes := int32(-1), int32(0), 0
	for i, id := range ids {
		if id != last {
			changes++
			at := uint32(id) * 0x9e3779b1 >> (32 - gatherBits)
			for g.table[at].generation == g.generation && g.table[at].id != id {
				at = (at + 1) % gatherTable
			}
			e := &g.table[at]
			if e.generation != g.generation {
				if len(g.ends) == most {
					g.pauses = min(2*g.pauses+1, maxGatherPause)
					g.pause = g.pauses
					return false
				}
				*e = gatherEntry{id, int32(len(g.ends)), g.generation}
				g.ends = append(g.ends, 0)
			}
			last, group = id, e.group
		}
		g.groups[i] = group
		g.ends[group]++
	}
	if changes*2*minGathered < n {
		return false
	}
	g.pauses = 0
	g.place(rs.b, row)
	return true
}

// maxGatherPause is the longest pause, in ranges of rows.
const maxGatherPause = 15

// place puts the rows from row on into their groups. ends has the number of rows of each.
func (g *gather) place(b *Batch, row int) {
	n := len(g.groups)
	sum := int32(0)
	for i, count := range g.ends {
		g.ends[i] = sum // where the group begins; below, where its next row goes
		sum += count
	}
	g.rows, g.starts = slices.Grow(g.rows[:0], n)[:n], slices.Grow(g.starts[:0], n)[:n]
	start, _ := b.bounds(row)
	for i, group := range g.groups {
		at := g.ends[group]
		g.ends[group]++
		g.rows[at], g.starts[at] = int32(row+i), int32(start)
		start = int(b.Rows[row+i].Nums)
	}
	g.left, g.group = n, 0
}

// nextGathered makes the run the next one of the gathered rows: as many of a group as
// have readings in the same slots.
func (rs *Runs) nextGathered() {
	g, b := &rs.gather, rs.b
	at := len(g.rows) - g.left
	for int(g.ends[g.group]) == at {
		g.group++
	}
	first := int(g.rows[at])
	from, width := b.bounds(first)
	slots := b.Nums[from : from+width]
	all := rs.fullRows && width == len(b.fold.plan.Numbers)
	end := at + 1
	for limit := min(int(g.ends[g.group]), at+exact.MaxBatch); end < limit; end++ {
		start := int(g.starts[end])
		if int(b.Rows[g.rows[end]].Nums)-start != width || !all && !sameSlots(slots, b.Nums[start:start+width]) {
			break
		}
	}
	g.left -= end - at
	rs.Run = Run{b: b, first: first, n: end - at, width: width, from: from, rows: g.rows[at:end], starts: g.starts[at:end]}
}

// sameSlots reports whether two records of equally many readings have them in the same
// slots.
func sameSlots(a, b []Num) bool {
	for i := range a {
		if a[i].Slot != b[i].Slot {
			return false
		}
	}
	return true
}
