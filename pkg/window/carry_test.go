package window

import (
	"math/big"
	"slices"
	"testing"
	"time"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/internal/oracle"
	"weir/pkg/stamp"

	"pgregory.net/rapid"
)

// TestTWAIsTheAverageOfEachInstant: the time-weighted average of a window that moves, with
// readings that are late, is the mean over its instants of the value that was read last before
// each, as far as it is not too old for the time until the next one.
func TestTWAIsTheAverageOfEachInstant(t *testing.T) {
	t.Parallel()
	const step, length = 10, 3 // an instant is a second
	rapid.Check(t, func(t *rapid.T) {
		gap := rapid.Int64Range(0, 60).Draw(t, "gap")
		need := agg.Needs{Series: true}
		s := NewSpan(need)
		s.CarryForward(agg.Carry{Gap: time.Duration(gap) * time.Second})
		parts := map[int64]*Part{}
		var all []agg.Timed
		draw := func(index int64) agg.Timed {
			sec := index*step + rapid.Int64Range(0, step-1).Draw(t, "second")
			return agg.Timed{Time: stamp.Time{Sec: sec}, Value: exact.Int(rapid.Int64Range(-3, 3).Draw(t, "value"))}
		}
		for index := range int64(12) {
			p := NewPart(need)
			parts[index] = &p
			for range rapid.IntRange(0, 3).Draw(t, "readings") {
				r := draw(index)
				p.Add(r.Time, r.Value)
				all = append(all, r)
			}
			s.Enter(index, &p)
			first := index - length + 1
			left := parts[first-1]
			if left != nil {
				s.Leave(first-1, left)
			}
			for range rapid.IntRange(0, 2).Draw(t, "late") {
				late := rapid.Int64Range(0, index).Draw(t, "step")
				r := draw(late)
				all = append(all, r)
				if late < first {
					s.SetBefore(r)
				} else {
					s.Late(late, parts[late], r.Time, r.Value)
				}
			}
			from, to := first*step, (index+1)*step
			s.SetBounds(stamp.Time{Sec: from}, stamp.Time{Sec: to})
			got := string(s.TWA().Append(nil, -1))
			want := averageOfInstants(all, from, to, gap)
			if got != want {
				t.Fatalf("gap %d, from %d to %d: %s, want %s, of %v", gap, from, to, got, want, all)
			}
		}
	})
}

// averageOfInstants is the average over the seconds from one to another.
func averageOfInstants(all []agg.Timed, from, to, gap int64) string {
	sorted := slices.SortedFunc(slices.Values(all), agg.Timed.Compare)
	sum, n := new(big.Rat), int64(0)
	for sec := from; sec < to; sec++ {
		i := slices.IndexFunc(sorted, func(r agg.Timed) bool { return r.Time.Sec > sec })
		next := to
		if i < 0 {
			i = len(sorted)
		} else {
			next = sorted[i].Time.Sec
		}
		if i > 0 && next-sorted[i-1].Time.Sec <= gap {
			sum.Add(sum, oracle.Number(string(sorted[i-1].Value.Append(nil))))
			n++
		}
	}
	if n == 0 {
		return "null"
	}
	return oracle.Float(sum.Quo(sum, big.NewRat(n, 1)), -1)
}

// TestTWAOfNothing: without a reading it is null, and once all are forgotten.
func TestTWAOfNothing(t *testing.T) {
	t.Parallel()
	s := NewSpan(agg.Needs{Series: true})
	s.CarryForward(agg.Carry{Gap: time.Hour})
	s.SetBounds(stamp.Time{Sec: 100}, stamp.Time{Sec: 200})
	none := NewSpan(agg.Needs{})
	if !s.TWA().IsNull() || !none.TWA().IsNull() {
		t.Error("a window without a reading has an average")
	}
	s.SetBefore(agg.Timed{Time: stamp.Time{Sec: 50}, Value: exact.Int(7)})
	s.SetBefore(agg.Timed{Time: stamp.Time{Sec: 40}, Value: exact.Int(9)}) // it is older
	got := string(s.TWA().Append(nil, -1))
	if got != "7" {
		t.Errorf("a value that is carried into an empty window gives %s, want 7", got)
	}
	s.ForgetBefore()
	if !s.TWA().IsNull() {
		t.Error("what was forgotten is carried")
	}
}
