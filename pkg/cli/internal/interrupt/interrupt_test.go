package interrupt

import (
	"testing"
	"testing/synctest"
	"time"
)

// TestEndStalled: the end is StallLimit after the call, or after the last progress if that was
// later; and while there is progress, there is none.
func TestEndStalled(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ before, progress, want time.Duration }{
		{time.Hour, 0, StallLimit},                         // blocked long before the signal
		{0, 0, StallLimit},                                 // blocked at the signal
		{0, 30 * time.Second, 30*time.Second + StallLimit}, // later
	} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			last := began.Add(c.progress - c.before)
			ended := time.Duration(0)
			EndStalled(func() time.Duration { return max(0, time.Since(last)) }, func() { ended = time.Since(began) })
			if ended < c.want || ended > c.want+stallCheck {
				t.Errorf("%+v: the end was after %v", c, ended)
			}
		})
	}
}
