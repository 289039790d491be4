//go:build linux

package powercut

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

var rounds = flag.Int("rounds", 12, "power cuts")

// TestPowerCut: what was acknowledged before a power cut is in the store after it. The
// same with less syncing loses changes.
func TestPowerCut(t *testing.T) {
	needDisks(t)
	if testing.Short() {
		*rounds = min(*rounds, 3)
	}
	random := rand.New(rand.NewPCG(14, uint64(*rounds)))
	var table strings.Builder
	fmt.Fprintf(&table, "%7s %13s %5s %21s %13s\n", "round", "acknowledged", "lost", "control acknowledged", "control lost")
	var sums [4]int
	for round := range *rounds {
		// The first changes of a new store matter too: its file must be there.
		enough := 1 + random.IntN(1+40*min(round, 10))
		acknowledged, lost := powerCut(t, durable, enough)
		controlAcknowledged, controlLost := powerCut(t, control, enough)
		for i, n := range []int{acknowledged, lost, controlAcknowledged, controlLost} {
			sums[i] += n
		}
		fmt.Fprintf(&table, "%7d %13d %5d %21d %13d\n", round+1, acknowledged, lost, controlAcknowledged, controlLost)
	}
	fmt.Fprintf(&table, "%7s %13d %5d %21d %13d", "sum", sums[0], sums[1], sums[2], sums[3])
	t.Logf("power cuts under load of 16 clients\n%s", table.String())
	if sums[1] != 0 {
		t.Errorf("%d acknowledged changes were lost", sums[1])
	}
	if sums[3] == 0 {
		t.Error("the control has lost nothing, so these power cuts show nothing")
	}
}

// powerCut cuts the power of a new store when clients have had enough changes
// acknowledged.
func powerCut(t *testing.T, program string, enough int) (acknowledged, lost int) {
	t.Helper()
	disk := newExt4(t, t.TempDir(), 64<<20)
	d := start(t, program, disk.Dir)
	var l load
	l.run(d, 16, enough, func() {
		l.stop()
		disk.Cut()
	})
	d.kill()
	disk.Remount()
	return len(l.acknowledged), missing(t, disk.Dir, l.acknowledged)
}
