package tee

import "testing"

// TestGarbageIsBounded: the collector lets minGarbage come together, and as much
// again as the records have; it is set anew only if these have grown or shrunk by
// more than a quarter.
func TestGarbageIsBounded(t *testing.T) {
	t.Parallel()
	for live, want := range map[int64]int{0: 400, 1 << 20: 400, 16 << 20: 200, 64 << 20: 125, 1 << 40: 100} {
		got := gcPercent(live)
		if got != want {
			t.Errorf("%d bytes of records: %d, want %d", live, got, want)
		}
	}
	var c collector
	for _, step := range []struct{ live, want int64 }{
		{0, minGarbage / 3}, {minGarbage / 3, minGarbage / 3}, {16 << 20, 16 << 20}, {20 << 20, 16 << 20}, {21 << 20, 21 << 20}, {12 << 20, 12 << 20}, {0, minGarbage / 3},
	} {
		c.adapt(step.live)
		if c.live != step.want {
			t.Errorf("with %d bytes, it is set for %d, want %d", step.live, c.live, step.want)
		}
	}
}
