package ndjson_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"weir/pkg/batch"
	"weir/pkg/exact"
	"weir/pkg/ndjson"
)

// A Plan with a nested path. A record without the member, or with null, is good but has
// no reading.
func ExampleReader() {
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
func ExampleLineError() {
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

// A Writer copies a record's bytes and adds a member.
func ExampleWriter() {
	rd := ndjson.NewRecords(batch.Plan{Omit: "mean"}, ndjson.Options{})
	rd.Reset(strings.NewReader(`{ "t": 70.50, "mean": "an old one" }`), "in.jsonl")
	r, err := rd.Next()
	if err != nil {
		fmt.Println(err)
		return
	}
	w := lines.New(os.Stdout, 2)
	w.Record(r)
	w.Name([]byte(`"mean"`))
	w.Object()
	w.Name([]byte(`"t"`))
	w.Value(exact.Count(70))
	w.Close()
	w.End()
	if err := w.Flush(); err != nil {
		fmt.Println(err)
	}
	// Output:
	// { "t": 70.50,"mean":{"t":70} }
}

// A dot separates the names of a path, unless it is escaped.
func ExampleParsePath() {
	for _, typed := range []string{`temperature`, `motor.rpm`, `motor\.rpm`, `motor..rpm`} {
		path, err := batch.ParsePath(typed)
		if err != nil {
			fmt.Println("error:", err)
			continue
		}
		fmt.Printf("%d name(s): %q\n", len(path), []string(path))
	}
	// Output:
	// 1 name(s): ["temperature"]
	// 2 name(s): ["motor" "rpm"]
	// 1 name(s): ["motor.rpm"]
	// error: the field "motor..rpm" has an empty name between its dots (write \. for a literal dot)
}
