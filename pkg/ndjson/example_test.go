package ndjson_test

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// A Plan with a nested path. A record without the member, or with null, is good but has
// no reading.
func ExampleRecords() {
	input := `{"machine":"m1","motor":{"rpm":1450,"load":0.5}}
{"machine":"m2","motor":{"load":0.25,"rpm":1.2e3}}
{"machine":"m1","motor":{"rpm":null}}
`
	plan := batch.Plan{
		Numbers: []batch.Path{{"motor", "rpm"}},
		Key:     []batch.Path{{"machine"}},
	}
	rd := ndjson.NewRecords(plan, ndjson.Options{})
	rd.Reset(strings.NewReader(input), "in.jsonl")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%s:", r.Key())
		for i := range r.Len() {
			slot, number := r.At(i)
			fmt.Printf(" %s=%v", r.Name(slot), number.Float())
		}
		fmt.Println()
	}
	// Output:
	// "m1": "motor.rpm"=1450
	// "m2": "motor.rpm"=1200
	// "m1":
}

// A bad line is an error with its position. The lines around it are good.
func ExampleRecords_lineError() {
	input := `{"duration":20}
{"duration":2O}
{"duration":31}
`
	rd := ndjson.NewRecords(batch.Plan{}, ndjson.Options{})
	rd.Reset(strings.NewReader(input), "events.json")
	for {
		r, err := rd.Next()
		if err == io.EOF {
			break
		}
		var bad *batch.LineError
		switch {
		case errors.As(err, &bad):
			fmt.Println(bad)
			fmt.Printf("  %s\n  %*s\n", bad.Text, bad.At+1, "^")
		case err != nil:
			fmt.Println("reading failed:", err)
			return
		default:
			fmt.Printf("%s\n", r.Raw())
		}
	}
	// Output:
	// {"duration":20}
	// events.json:2:13: not a number: 2O
	//   {"duration":2O}
	//               ^
	// {"duration":31}
}
