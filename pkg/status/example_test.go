package status_test

import (
	"fmt"
	"time"

	"weir/pkg/status"
)

// A machine has a status as soon as one was set. Setting the same word again does
// not change the time.
func ExampleStore() {
	var store status.Store = status.NewMemory(status.Options{Words: []string{"IDLE", "STARTED", "COMPLETED"}})
	now := time.Date(2024, 5, 6, 8, 0, 0, 0, time.UTC)
	set := func(machine, word string) {
		s, err := store.Set(status.Request{Machine: machine, Word: word, Time: now})
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(s.Word, "since", s.Since.Format(time.TimeOnly))
	}
	set("m1", "STARTED")
	now = now.Add(time.Minute)
	set("m1", "STARTED")
	set("m1", "BROKEN")
	set("", "IDLE")

	all, err := store.All()
	fmt.Println(all.Whole.Word, all.Machines["m1"].Word, len(all.Machines), err)

	history, err := store.History(status.Query{Limit: 1})
	fmt.Println(history[0].Seq, history[0].Word, err)
	// Output:
	// STARTED since 08:00:00
	// STARTED since 08:00:00
	// not a status that can be set
	// IDLE since 08:01:00
	// IDLE STARTED 1 <nil>
	// 2 IDLE <nil>
}
