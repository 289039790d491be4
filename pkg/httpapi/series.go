package httpapi

import (
	"fmt"
	"net/http"

	"weir/pkg/httpapi/internal/reply"
	"weir/pkg/httpapi/internal/representation"
	"weir/pkg/httpapi/internal/series"
)

// getSeries answers GET /series with the readings of fields among the kept records, in as
// many columns as a chart has pixels. Each column has its minimum, maximum and mean, so no
// spike is hidden. Means are exact.
//
// Parameters; each may be given once, field up to 16 times:
//
//   - field=PATH: a member that has numbers, as -f of the commands names it: temperature,
//     moving_averages.temperature, values.0. Required.
//   - machine=NAME: only records of this machine.
//   - points=N: the number of columns, 1 to 4000; 600 by default.
//   - from=TIME, to=TIME: only records from this time on, up to this one. See since of
//     getData.
//   - last=SPAN, such as 10m: the newest ten minutes, up to the newest time of any kept
//     record.
//
// The answer, 200:
//
//	{"machine":"m1","by":"time","from":1714982400000,"to":1714983000000,"newest_seq":1234,"records":1000,
//	 "series":[{"field":"temperature","count":1000,"mean":71.2,"min":60,"max":98,
//	   "at":[MS,…],"mins":[…],"maxs":[…],"means":[…],"counts":[…],
//	   "anomaly_count":3,"anomalies":[{"at":MS,"value":98,"percent":37.6}]}],
//	 "gaps":[[MS,MS],…],"gap_count":1}
//
// Columns divide the time from from to to into equal parts; only those with readings are
// listed. Times are in milliseconds since the epoch, with a fraction if they have one; at
// is that of the first reading in the column. If less than half of the records have a time,
// and none was asked for, by is "record", and numbers of records stand for the times.
// no_time is how many records were left out because they have no time, if there are any.
//
// Anomalies are readings more than 20 % away from the mean; the 100 largest are listed, in
// order of time. A gap is a distance between two consecutive records of more than five
// times the median distance; see recent.View.Series. The 1,000 longest are listed.
//
// If no record has a field, missing lists it, and did_you_mean has what was probably meant:
// "missing":["temprature"],"did_you_mean":{"temprature":"temperature"}.
//
// Other answers: 304 if no record has come since; 400 if a parameter is wrong; 429 if too
// many series are being computed, or too many bytes are in flight; both with Retry-After.
func (h *Handler) getSeries(w http.ResponseWriter, r *http.Request) *reply.Problem {
	q, p := series.Parse(r.URL.RawQuery)
	if p != nil || representation.NotModified(w, r, h.seriesTag(h.o.Records.View().Seq())) {
		return p
	}
	answer := h.series.Get(q, h.o.Records)
	if answer == nil {
		return reply.Problemf(http.StatusTooManyRequests, "too many series are being computed: try again later").RetryAfter(retryAfter)
	}
	w.Header().Set("ETag", h.seriesTag(answer.Seq))
	return sendShared(w, "application/json", answer.Text)
}

// seriesTag returns the ETag of a series: the records that are kept, and so their series,
// are determined by the number of the newest one.
func (h *Handler) seriesTag(seq uint64) string { return fmt.Sprintf(`"%s-s%d"`, h.boot, seq) }
