package recent_test

import (
	"fmt"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
	"weir/pkg/recent"
)

// Records with Keep 3 has the three newest. A query without After
// selects the newest matching records, and returns them oldest first.
func ExampleView_Select() {
	records := recent.New(recent.Options{Keep: 3, Bytes: 1 << 20, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
	in := ndjson.NewRecords(records.Plan(), ndjson.Options{})
	in.Reset(strings.NewReader(`{"machine":"m1","n":1}
{"machine":"m2","n":2}
{"machine":"m1","n":3}
{"machine":"m2","n":4}
`), "-")
	for {
		record, err := in.Next()
		if err != nil {
			break
		}
		records.Push(record)
	}
	records.Publish() // makes the records visible to views

	view := records.View()
	for _, r := range view.Select(recent.Query{Limit: 2}).Records {
		fmt.Println(r.Seq, string(r.Raw))
	}
	m2 := "m2"
	fmt.Println("machine m2:", len(view.Select(recent.Query{Machine: &m2, Limit: -1}).Records))
	fmt.Println("held:", view.Held, "of", view.Kept)
	// Output:
	// 3 {"machine":"m1","n":3}
	// 4 {"machine":"m2","n":4}
	// machine m2: 2
	// held: 3 of 4
}
