package ndjson_test

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"weir/pkg/batch"
	"weir/pkg/ndjson"
)

// TestPathsEnterArrays: in an array, a name of a path is the index of an element. (Prometheus
// writes a sample as [time, value].)
func TestPathsEnterArrays(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		`{"value":[1545847868.509,2.5],"k":["a","b"]}`:            `2018-12-26 18:11:08 "b" 2.5`,
		`{"value":{"0":1545847868,"1":7},"k":{"1":"b"}}`:          `2018-12-26 18:11:08 "b" 7`,
		`{"value":[1545847868,[[1]]],"k":[1,"\u0062"]}`:           `:22: not a number: [[1]]`,
		`{"value":[1545847868],"k":[1]}`:                          `2018-12-26 18:11:08 null`,
		`{ "value" : [ 1545847868 , 3 ] , "k" : [ null , true ]}`: `2018-12-26 18:11:08 true 3`,
		`{"value":[1,2],"value":[1545847868,4],"k":[0,{}]}`:       `the key "k.1" is neither`,
		`{"value":[],"k":[]}`:                                     `no "value.0", which should hold the time`,
		`{"value":[[1],2],"k":[]}`:                                `not a time: [1]`,
		`{"value":"x","k":"y"}`:                                   `no "value.0", which should hold the time`,
	} {
		rd := ndjson.NewRecords(batch.Plan{Time: batch.Path{"value", "0"}, Numbers: []batch.Path{{"value", "1"}}, Key: []batch.Path{{"k", "1"}}}, ndjson.Options{})
		rd.Reset(strings.NewReader(strings.Repeat(line+"\n", 3)), "in")
		for {
			r, err := rd.Next()
			if err == io.EOF {
				break
			}
			var bad *batch.LineError
			if err == nil {
				bad = r.Judge()
			}
			var got string
			switch {
			case err != nil:
				got = err.Error()
			case bad != nil:
				got = bad.Error()
			default:
				got = fmt.Sprintf("2018-12-26 18:11:%02d %s", r.Time().Sec%60, r.Key())
				for i := range r.Len() {
					_, d := r.At(i)
					got += " " + string(d.Append(nil))
				}
			}
			if !strings.Contains(got, want) {
				t.Errorf("%s: %s, want %s", line, got, want)
			}
		}
	}
}
