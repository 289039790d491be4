package sim_test

import (
	"fmt"
	"os"
	"strings"
	"time"

	"weir/pkg/sim"
	"weir/pkg/stamp"
)

// A simulation of one machine with a fault, and the truth about it. The same options always
// produce the same records.
func Example() {
	var truth strings.Builder
	player := sim.Player{
		Source: sim.New(sim.Options{
			Units:    1,
			Seed:     9,
			Start:    stamp.Time{Sec: 1714982400}, // 2024-05-06T08:00:00Z
			Interval: 10 * time.Second,
			Count:    4,
			Faults:   []sim.Fault{sim.Spike},
			Gap:      3, // a fault after 1 to 5 readings
			Truth:    &truth,
		}),
		Out: os.Stdout, // without a Pace, all at once
	}
	if err := player.Run(); err != nil {
		fmt.Println(err)
	}
	fmt.Print(truth.String())
	// Output:
	// {"timestamp":"2024-05-06T08:00:00Z","machine":"m1","temperature":18.8,"speed":0,"status":"IDLE"}
	// {"timestamp":"2024-05-06T08:00:10Z","machine":"m1","temperature":18.6,"speed":0,"status":"IDLE"}
	// {"timestamp":"2024-05-06T08:00:20Z","machine":"m1","temperature":90.3,"speed":0,"status":"IDLE"}
	// {"timestamp":"2024-05-06T08:00:30Z","machine":"m1","temperature":22.8,"speed":58,"status":"STARTED"}
	// {"fault":"spike","machine":"m1","timestamp":"2024-05-06T08:00:20Z","line":3,"field":"temperature","value":90.3,"clean":18.6}
}
