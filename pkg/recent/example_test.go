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

// A series has the minimum, maximum and mean of each column, so a single high reading
// is seen however many readings a column stands for.
func ExampleView_Series() {
	records := recent.New(recent.Options{Keep: 100, Bytes: 1 << 20, Machine: batch.Path{"machine"}, Time: batch.Path{"timestamp"}})
	in := ndjson.NewRecords(records.Plan(), ndjson.Options{})
	in.Reset(strings.NewReader(`{"timestamp":"2024-05-06T08:00:00Z","temperature":70}
{"timestamp":"2024-05-06T08:00:10Z","temperature":71.5}
{"timestamp":"2024-05-06T08:00:20Z","temperature":98}
{"timestamp":"2024-05-06T08:00:30Z","temperature":70.5}
`), "-")
	for {
		record, err := in.Next()
		if err != nil {
			break
		}
		records.Push(record)
	}
	records.Publish()

	series := records.View().Series(recent.SeriesQuery{Fields: []batch.Path{{"temperature"}}, Points: 2})
	field := series.Fields[0]
	for _, c := range field.Columns {
		fmt.Printf("from record %d: %d readings, %v to %v, mean %s\n", c.At.Seq, c.Count, c.Min.Float(), c.Max.Float(), c.Mean.Append(nil, -1))
	}
	fmt.Println("anomalies:", field.AnomalyCount)
	// Output:
	// from record 1: 2 readings, 70 to 71.5, mean 70.75
	// from record 3: 2 readings, 70.5 to 98, mean 84.25
	// anomalies: 1
}
