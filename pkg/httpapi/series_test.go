package httpapi

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// readingsOfTwo are readings of two machines, with a spike and a gap.
const readingsOfTwo = `{"timestamp":"2024-05-06T08:00:00Z","machine":"m1","t":70,"avg":{"t":70.5},"v":[1,2]}
{"timestamp":"2024-05-06T08:00:10Z","machine":"m1","t":0.1,"avg":{"t":null},"v":[1,2.5]}
{"timestamp":"2024-05-06T08:00:20.0005Z","machine":"m1","t":0.2,"v":"none"}
{"timestamp":"2024-05-06T08:00:30Z","machine":"m2","t":1000}
{"timestamp":"2024-05-06T08:10:00Z","machine":"m1","t":71}
{"machine":"m1","t":5}
`

// TestSeries: the answer has the readings of each field in columns, as JSON.
func TestSeries(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, readingsOfTwo))
	for target, want := range map[string]string{
		"/series?machine=m1&field=t&field=avg.t&field=v.1&points=2": `{"machine":"m1","by":"time","from":1714982400000,"to":1714983000000,"newest_seq":6,"records":4,"no_time":1,
			"series":[{"field":"t","count":4,"mean":35.325,"min":0.1,"max":71,"at":[1714982400000,1714983000000],"mins":[0.1,71],"maxs":[70,71],"means":[23.433333333333334,71],"counts":[3,1],
			 "anomaly_count":4,"anomalies":[{"at":1714982400000,"value":70,"percent":98.15994338287332},{"at":1714982410000,"value":0.1,"percent":-99.7169143665959},{"at":1714982420000.5,"value":0.2,"percent":-99.43382873319179},{"at":1714983000000,"value":71,"percent":100.99079971691437}]},
			{"field":"avg.t","count":1,"mean":70.5,"min":70.5,"max":70.5,"at":[1714982400000],"mins":[70.5],"maxs":[70.5],"means":[70.5],"counts":[1],"anomaly_count":0,"anomalies":[]},
			{"field":"v.1","count":2,"mean":2.25,"min":2,"max":2.5,"at":[1714982400000],"mins":[2],"maxs":[2.5],"means":[2.25],"counts":[2],"anomaly_count":0,"anomalies":[]}],
			"gaps":[[1714982420000.5,1714983000000]],"gap_count":1}`,
		"/series?field=t&last=5s&points=1": `{"machine":null,"by":"time","from":1714982995000,"to":1714983000000,"newest_seq":6,"records":1,"no_time":1,
			"series":[{"field":"t","count":1,"mean":71,"min":71,"max":71,"at":[1714983000000],"mins":[71],"maxs":[71],"means":[71],"counts":[1],"anomaly_count":0,"anomalies":[]}],"gaps":[],"gap_count":0}`,
		"/series?machine=m3&field=t": `{"machine":"m3","by":"record","from":null,"to":null,"newest_seq":6,"records":0,
			"series":[{"field":"t","count":0,"mean":null,"min":null,"max":null,"at":[],"mins":[],"maxs":[],"means":[],"counts":[],"anomaly_count":0,"anomalies":[]}],"gaps":[],"gap_count":0}`,
		"/series?machine=m2&field=tt&field=nothing&from=1714982430000&to=2024-05-06T08:00:30Z": `{"machine":"m2","by":"time","from":1714982430000,"to":1714982430000,"newest_seq":6,"records":1,
			"series":[{"field":"tt","count":0,"mean":null,"min":null,"max":null,"at":[],"mins":[],"maxs":[],"means":[],"counts":[],"anomaly_count":0,"anomalies":[]},
			{"field":"nothing","count":0,"mean":null,"min":null,"max":null,"at":[],"mins":[],"maxs":[],"means":[],"counts":[],"anomaly_count":0,"anomalies":[]}],"gaps":[],"gap_count":0,
			"missing":["tt","nothing"]}`,
	} {
		w := ask(h, "GET", target, "")
		want = strings.ReplaceAll(strings.ReplaceAll(want, "\t", ""), "\n ", "")
		want = strings.ReplaceAll(want, "\n", "") + "\n"
		if w.Code != 200 || w.Body.String() != want || !json.Valid(w.Body.Bytes()) || w.Header().Get("Content-Type") != "application/json" {
			t.Errorf("%s: %d\ngot  %s\nwant %s", target, w.Code, w.Body, want)
		}
	}
	w := ask(newHandler(newRecords(t, `{"temperature":1,"a.b":{"c":2}}`)), "GET", "/series?field=temprature&field=a%5C.b.d&field=a%5C.b.c", "")
	if !strings.HasSuffix(w.Body.String(), `"missing":["temprature","a\\.b.d"],"did_you_mean":{"a\\.b.d":"a\\.b.c","temprature":"temperature"}}`+"\n") {
		t.Errorf("%s", w.Body)
	}
}

// TestSeriesProblems: a parameter that is wrong is named, with what would be right.
func TestSeriesProblems(t *testing.T) {
	t.Parallel()
	h := newHandler(newRecords(t, readingsOfTwo))
	for target, want := range map[string]string{
		"/series":                                                  `field is missing: name a field that has numbers, as in ?field=temperature","parameter":"field"`,
		"/series?feild=t":                                          `"did_you_mean":"field"`,
		"/series?field=t&machine=a&machine=b":                      `machine is given more than once`,
		"/series?field=t&field=t":                                  `field: \"t\" is given twice`,
		"/series?field=a..b":                                       `has an empty name between its dots`,
		"/series?field=":                                           `field: a field needs a name`,
		"/series?field=t&points=0":                                 `points: \"0\" is not a whole number from 1 to 4000`,
		"/series?field=t&points=4001":                              `"parameter":"points","value":"4001"`,
		"/series?field=t&last=10":                                  `"parameter":"last"`,
		"/series?field=t&last=0s":                                  `last: must be longer than 0, as in 10m`,
		"/series?field=t&last=10m&to=1714982430":                   `last cannot be combined with from and to`,
		"/series?field=t&from=yesterday":                           `\"yesterday\" is not a time: write it as in 2024-05-06T08:00:00Z"`,
		"/series?field=t&from=1714982431&to=1714982430":            `to is before from`,
		"/series?field=t&" + strings.Join(fieldParameters(16), ""): `at most 16 fields can be asked for at a time`,
	} {
		w := ask(h, "GET", target, "")
		if w.Code != 400 || !strings.Contains(w.Body.String(), want) {
			t.Errorf("%s: %d %s, want %s", target, w.Code, w.Body, want)
		}
		checkProblem(t, target, w.Code, w.Header(), w.Body.Bytes())
	}
}

// fieldParameters returns n different parameters.
func fieldParameters(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprintf("field=f%d&", i))
	}
	return list
}

// TestSeriesConditions: an answer is 304 until a record comes.
func TestSeriesConditions(t *testing.T) {
	t.Parallel()
	b := newRecords(t, readingsOfTwo)
	h := newHandler(b)
	tag := ask(h, "GET", "/series?field=t", "").Header().Get("ETag")
	w := ask(h, "GET", "/series?field=t", "", "If-None-Match: "+tag)
	if w.Code != 304 || w.Body.Len() > 0 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	push(t, b, `{"t":1}`)
	w = ask(h, "GET", "/series?field=t", "", "If-None-Match: "+tag)
	if w.Code != 200 || !strings.Contains(w.Body.String(), `"newest_seq":7`) || w.Header().Get("ETag") == tag {
		t.Errorf("after a record: %d %s", w.Code, w.Body)
	}
}
