package winavg

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

// panesModel keeps every reading, and the window's bounds.
type panesModel struct {
	readings    map[paneKey][]int64
	first, last int64
}

// inside returns the readings of a key in the window, and in how many panes they are.
func (m *panesModel) inside(k *key) (readings []int64, panes int) {
	for x, list := range m.readings {
		if x.key == k && m.first <= x.index && x.index <= m.last {
			readings = append(readings, list...)
			panes++
		}
	}
	return readings, panes
}

// TestPanesAreThoseOfTheModel: after every step, the window of each key has the readings
// that the window's bounds say, in whatever order and however late they were added; and
// each key is returned once when it arrives.
func TestPanesAreThoseOfTheModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		needs := agg.Needs{MinMax: rapid.Bool().Draw(t, "min and max")}
		width := rapid.Int64Range(1, 8).Draw(t, "panes in a window")
		p := newPanes(newAssigner(time.Minute, time.Minute, Left, nil), 1, needs)
		keys := make([]*key, 3)
		for i := range keys {
			keys[i] = new(key)
			keys[i].init(fmt.Append(nil, i), 1, needs)
		}
		m := &panesModel{readings: map[paneKey][]int64{}, first: -width, last: -1}
		active := map[*key]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "operations") {
			k := rapid.SampledFrom(keys).Draw(t, "key")
			n := rapid.Int64Range(-99, 99).Draw(t, "reading")
			switch rapid.IntRange(0, 5).Draw(t, "operation") {
			case 0:
				m.first += rapid.Int64Range(0, 4).Draw(t, "move")
				m.last = m.first + width - 1
				p.move(m.first, m.last)
			case 1:
				index := rapid.Int64Range(m.first, m.last).Draw(t, "late")
				m.readings[paneKey{k, index}] = append(m.readings[paneKey{k, index}], n)
				if p.high < m.last { // a late reading follows a row
					p.move(m.first, m.last)
				}
				p.addLate(k, index, 0, stamp.Time{}, exact.Int(n))
			case 2:
				checkArrived(t, &p, m, keys, active)
			default:
				index := m.last + rapid.Int64Range(1, 9).Draw(t, "ahead")
				m.readings[paneKey{k, index}] = append(m.readings[paneKey{k, index}], n)
				p.pane(k, index).parts[0].Add(stamp.Time{}, exact.Int(n))
			}
			checkWindows(t, m, keys, needs)
		}
	})
}

// checkWindows compares the windows of the keys with those of the model.
func checkWindows(t *rapid.T, m *panesModel, keys []*key, needs agg.Needs) {
	for _, k := range keys {
		want, panes := m.inside(k)
		w, sum := &k.windows[0], int64(0)
		for _, n := range want {
			sum += n
		}
		got := string(w.Sum().Append(nil, -1))
		if w.Len() != int64(len(want)) || int(k.panesInside) != panes || len(want) > 0 && got != fmt.Sprint(sum) {
			t.Fatalf("key %s: %d readings in %d panes, sum %s; want %v in %d panes", k.text, w.Len(), k.panesInside, got, want, panes)
		}
		if !needs.MinMax || len(want) == 0 {
			continue
		}
		least, _ := w.Min()
		most, _ := w.Max()
		if least != exact.Int(slices.Min(want)) || most != exact.Int(slices.Max(want)) {
			t.Fatalf("key %s: from %v to %v; want %v", k.text, least, most, want)
		}
	}
}

// checkArrived takes the keys that have arrived: those that have a pane inside and are not
// active, in order. Then it leaves inactive those whose panes have left, as rows do.
func checkArrived(t *rapid.T, p *panes, m *panesModel, keys []*key, active map[*key]bool) {
	var want []*key
	for _, k := range keys {
		_, panes := m.inside(k)
		if panes > 0 && !active[k] {
			want = append(want, k)
		}
	}
	inside, got := p.arrivedInside(), slices.Clone(p.takeArrived())
	if !slices.Equal(got, want) || !slices.Equal(inside, want) {
		t.Fatalf("%d keys arrived, %d of them inside; want %d", len(got), len(inside), len(want))
	}
	for _, k := range keys {
		active[k] = k.panesInside > 0
		k.active = active[k]
	}
}
