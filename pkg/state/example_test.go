package state_test

import (
	"bytes"
	"fmt"
	"os"

	"weir/pkg/agg"
	"weir/pkg/exact"
	"weir/pkg/stamp"
	"weir/pkg/state"
	"weir/pkg/window"
)

// An aggregate is written, and read back.
func Example() {
	need := agg.Needs{Squares: true, MinMax: true, FirstLast: true, Quantiles: true}
	readings := window.NewPart(need)
	for i, text := range []string{"70", "71", "70.5"} {
		d, _ := exact.Parse([]byte(text))
		readings.Add(stamp.Time{Sec: 1714962390 + int64(i)}, d)
	}

	var file bytes.Buffer
	w := state.NewWriter(&file, state.Header{Tool: "stats", Flags: []state.Flag{{Name: "by", Value: "machine"}}})
	w.SetFields([][]byte{[]byte(`"temperature"`)})
	w.Line("field")
	w.Key([]byte(`"m1"`))
	w.Field(0)
	c := readings.Contents()
	w.Contents(&c, need)
	_ = w.Close()
	os.Stdout.Write(file.Bytes())

	r, _ := state.Parse(file.Bytes())
	r.Fields()
	for r.Next("field") {
		key, field := r.Key(), r.Field()
		part := window.NewPart(need)
		part.Restore(r.Contents(need))
		fmt.Printf("%s, field %d: median %s, sd %s\n", key, field, part.Quantile(1, 2).Append(nil, -1), part.SD().Append(nil, -1))
	}
	fmt.Println(r.Done())
	// Output:
	// {"weir":"state","version":1,"tool":"stats","flags":{"by":"machine"}}
	// {"kind":"fields","names":["temperature"]}
	// {"kind":"field","key":["m1"],"field":"temperature","count":3,"sum":"211.5","squares":"14911.25","min":70,"max":71,"first":{"time":"1714962390","value":70},"last":{"time":"1714962392","value":70.5},"values":"r 70 70.5 71"}
	// {"kind":"end","lines":3,"crc32c":"ee067c12"}
	// "m1", field 0: median 70.5, sd 0.5
	// <nil>
}
